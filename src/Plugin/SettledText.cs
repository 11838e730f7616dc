namespace HybridGen.Plugin;

/// <summary>Final text that comes bit by bit, of which so much is sent as no stop string can begin in.</summary>
/// <param name="stopStrings">The stop strings.</param>
internal sealed class SettledText(IReadOnlyList<string> stopStrings)
{
    private readonly int _held = stopStrings.Select(stop => stop.Length - 1).DefaultIfEmpty(0).Max();
    private string _pending = "";

    /// <summary>Characters that were sent.</summary>
    public int Sent { get; private set; }

    /// <summary>Takes in more of the text.</summary>
    /// <returns>The words that can be sent now.</returns>
    public List<string> Add(string content)
    {
        _pending += content;
        // What was sent is followed by enough that no stop string begins in it.
        var left = stopStrings.Select(stop => _pending.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(_pending.Length - _held).Min();
        var ready = FinalText.Words(_pending).TakeWhile(word => (left -= word.Length) >= 0).ToList();
        var length = ready.Sum(word => word.Length);
        (Sent, _pending) = (Sent + length, _pending[length..]);
        return ready;
    }
}
