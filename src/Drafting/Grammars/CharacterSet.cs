namespace HybridGen.Drafting;

/// <summary>A set of Unicode characters; surrogates are none.</summary>
internal sealed class CharacterSet
{
    private const int Greatest = 0x10FFFF;

    private readonly (int First, int Last)[] _ranges;

    private CharacterSet(IEnumerable<(int First, int Last)> ranges) => _ranges = Join(ranges.SelectMany(WithoutSurrogates).OrderBy(range => range.First));

    /// <summary>Every character but U+0000, which ends a text to llama.cpp.</summary>
    public static CharacterSet Any { get; } = new([(1, Greatest)]);

    /// <summary>The ranges, in order and apart from each other.</summary>
    public IReadOnlyList<(int First, int Last)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    public static CharacterSet Of(params IEnumerable<(int First, int Last)> ranges) => new(ranges);

    public static CharacterSet Of(int character) => new([(character, character)]);

    /// <summary>Every character of <see cref="Any"/> that is not in it.</summary>
    public CharacterSet Complement()
    {
        var gaps = new List<(int, int)>();
        var next = 1;
        foreach (var (first, last) in _ranges)
        {
            if (first > next) gaps.Add((next, first - 1));
            next = Math.Max(next, last + 1);
        }

        if (next <= Greatest) gaps.Add((next, Greatest));
        return new CharacterSet(gaps);
    }

    public CharacterSet Union(CharacterSet other) => new(_ranges.Concat(other._ranges));

    public CharacterSet Intersect(CharacterSet other) => Complement().Union(other.Complement()).Complement();

    public bool Contains(int character) => Overlaps(character, character);

    /// <summary>Whether a character of a range is in it.</summary>
    public bool Overlaps(int first, int last)
    {
        foreach (var range in _ranges)
            if (range.Last >= first) return range.First <= last;
        return false;
    }

    private static IEnumerable<(int First, int Last)> WithoutSurrogates((int First, int Last) range)
    {
        if (range.First < 0xD800) yield return (range.First, Math.Min(range.Last, 0xD7FF));
        if (range.Last > 0xDFFF) yield return (Math.Max(range.First, 0xE000), range.Last);
    }

    private static (int, int)[] Join(IEnumerable<(int First, int Last)> ordered)
    {
        var joined = new List<(int First, int Last)>();
        foreach (var range in ordered)
            if (joined.Count > 0 && range.First <= joined[^1].Last + 1) joined[^1] = (joined[^1].First, Math.Max(joined[^1].Last, range.Last));
            else joined.Add(range);
        return [.. joined];
    }
}
