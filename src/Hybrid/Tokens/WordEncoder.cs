namespace HybridGen.Tokens;

/// <summary>Encodes words one by one and remembers the common ones.</summary>
internal sealed class WordEncoder(Tokenizer tokenizer)
{
    private const int MostCached = 100_000;

    private readonly Dictionary<string, int[]> _cache = new(StringComparer.Ordinal);

    public Tokenizer Tokenizer => tokenizer;

    /// <summary>Whether a word's tokens tell whether a space is before it.</summary>
    public bool MarksSpaces { get; } = !tokenizer.Encode(" a").SequenceEqual(tokenizer.Encode("a"));

    /// <summary>The tokens of a word; its leading space is part of it.</summary>
    public int[] Encode(string word)
    {
        if (_cache.TryGetValue(word, out var tokens)) return tokens;
        if (_cache.Count >= MostCached) _cache.Clear();
        return _cache[word] = [.. tokenizer.Encode(word)];
    }
}
