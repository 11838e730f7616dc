namespace HybridGen.Candidates;

/// <summary>
/// Finds the lexicon's words near a misspelling without a scan: two words within distance d share a form that is left when at most d
/// letters are deleted from each (symmetric deletion; Garbe 2012, after Mor and Fraenkel 1982).
/// </summary>
/// <remarks>Deletions are kept as hashes only, so a found word may be farther away than asked for: the caller measures it.</remarks>
internal sealed class DeletionIndex
{
    private const int MaxDistance = 2;
    private const int BucketBits = 22;

    private readonly int[] _starts = new int[(1 << BucketBits) + 1];
    private readonly int[] _words;

    public DeletionIndex(string[] words)
    {
        foreach (var word in words) Deletions(word, MaxDistance, hash => _starts[hash + 1]++);
        for (var i = 1; i < _starts.Length; i++) _starts[i] += _starts[i - 1];
        _words = new int[_starts[^1]];
        var next = _starts.AsSpan(0, _starts.Length - 1).ToArray();
        for (var i = 0; i < words.Length; i++)
        {
            var word = i;
            Deletions(words[i], MaxDistance, hash => _words[next[hash]++] = word);
        }
    }

    /// <summary>Adds the places of all words within <paramref name="distance"/>, and of some beyond.</summary>
    public void Near(string word, int distance, HashSet<int> found) =>
        Deletions(word, distance, hash =>
        {
            for (var i = _starts[hash]; i < _starts[hash + 1]; i++) found.Add(_words[i]);
        });

    private static void Deletions(string word, int distance, Action<int> visit)
    {
        visit(Hash(word, -1, -1));
        for (var i = 0; i < word.Length; i++)
        {
            visit(Hash(word, i, -1));
            for (var j = i + 1; distance > 1 && j < word.Length; j++) visit(Hash(word, i, j));
        }
    }

    /// <summary>FNV-1a over the letters that are left.</summary>
    private static int Hash(string word, int first, int second)
    {
        var hash = 2166136261u;
        for (var i = 0; i < word.Length; i++)
            if (i != first && i != second) hash = (hash ^ word[i]) * 16777619u;
        return (int)((hash ^ (hash >> BucketBits)) & ((1 << BucketBits) - 1));
    }
}
