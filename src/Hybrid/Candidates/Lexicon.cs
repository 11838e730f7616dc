using System.Globalization;
using HybridGen.Checkpoints;

namespace HybridGen.Candidates;

/// <summary>The words that the refiner has seen, how often, and how they are usually written.</summary>
internal sealed class Lexicon
{
    private readonly Dictionary<string, int> _places;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private Lexicon(List<string> words, List<int> counts, List<string> preferred)
    {
        (Words, Counts, Preferred) = ([.. words], [.. counts], [.. preferred]);
        _places = new Dictionary<string, int>(Words.Length, StringComparer.Ordinal);
        for (var i = 0; i < Words.Length; i++) _places.TryAdd(Words[i], i);
        _lookup = _places.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>A lexicon without words.</summary>
    public static Lexicon Empty { get; } = new([], [], []);

    /// <summary>The words in lower case.</summary>
    public string[] Words { get; }

    /// <summary>How often each was seen, at least 1.</summary>
    public int[] Counts { get; }

    /// <summary>How each is usually written: <c>English</c> for <c>english</c>.</summary>
    public string[] Preferred { get; }

    /// <summary>Reads lines of word, count and (optional) preferred spelling, separated by tabs.</summary>
    /// <exception cref="CheckpointFormatException">The file is missing, or a line has another form.</exception>
    public static Lexicon Read(string path)
    {
        List<string> words = [], preferred = [];
        List<int> counts = [];
        foreach (var line in CheckpointText.ReadLines(path))
        {
            var columns = line.Split('\t');
            if (columns.Length is < 2 or > 3 || !int.TryParse(columns[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
                throw new CheckpointFormatException($"'{path}', line {words.Count + 1}: expected word, count and preferred spelling separated by tabs.");
            words.Add(columns[0]);
            counts.Add(count);
            preferred.Add(columns.Length == 3 && columns[2].Length > 0 ? columns[2] : columns[0]);
        }

        return new Lexicon(words, counts, preferred);
    }

    /// <summary>How often a lower-case word was seen; 0 where it is unknown.</summary>
    public int Count(ReadOnlySpan<char> low) => _lookup.TryGetValue(low, out var place) ? Counts[place] : 0;

    /// <summary>The usual spelling of a lower-case word; the word itself where it is unknown.</summary>
    public string Prefer(string low) => _places.TryGetValue(low, out var place) ? Preferred[place] : low;

    /// <summary>The count as the model reads it, 0 (unknown) to 15, of a form in any case.</summary>
    public int Bucket(string form) => Bucket(Count(form.ToLowerInvariant()));

    /// <summary>A count as the model reads it, 0 to 15.</summary>
    public static int Bucket(int count) => count == 0 ? 0 : Math.Min(15, 1 + (int)Math.Floor(0.72 * Math.Log2(count)));
}
