namespace HybridGen.Words;

/// <summary>How often each form stands in a document, and which of them may be names.</summary>
internal sealed class DocumentWords
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _inOrder = [];

    public void Add(IEnumerable<Word> words)
    {
        foreach (var word in words)
        {
            if (word.Body.Length == 0) continue;
            ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_counts, word.Body, out var known);
            if (!known) _inOrder.Add(word.Body);
            count++;
        }
    }

    public int Count(string form) => _counts.GetValueOrDefault(form);

    /// <summary>The count as the model reads it: 0, 1, 2, 3-4, 5-9, more.</summary>
    public int Bucket(string form) => Count(form) switch
    {
        <= 2 and var few => few,
        <= 4 => 3,
        <= 9 => 4,
        _ => 5,
    };

    /// <summary>Every form in the order of its first place.</summary>
    public IReadOnlyList<string> Forms => _inOrder;
}
