using System.Text;

namespace HybridGen.Plugin;

/// <summary>Final text that comes bit by bit, of which so much is sent as no stop string can begin in.</summary>
/// <param name="stopStrings">The stop strings.</param>
internal sealed class SettledText(IReadOnlyList<string> stopStrings)
{
    private readonly StringBuilder _text = new();
    private readonly int _held = stopStrings.Select(stop => stop.Length - 1).DefaultIfEmpty(0).Max();

    /// <summary>Characters that were sent.</summary>
    public int Sent { get; private set; }

    /// <summary>Takes in more of the text.</summary>
    /// <returns>The words that can be sent now.</returns>
    public List<string> Add(string content)
    {
        var text = _text.Append(content).ToString();
        var stop = stopStrings.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(text.Length - _held).Min();
        var words = FinalText.Words(text[Sent..]).ToList();
        var ready = words.TakeWhile((word, i) => Sent + words.Take(i + 1).Sum(one => one.Length) <= stop).ToList();
        Sent += ready.Sum(word => word.Length);
        return ready;
    }
}
