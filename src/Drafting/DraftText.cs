using System.Text;

namespace HybridGen.Drafting;

/// <summary>
/// Turns tokens' bytes into the draft's text: joins characters that are spread over tokens, holds back what may become a stop string, and
/// gives each token its place.
/// </summary>
internal sealed class DraftText(IReadOnlyList<string> stopStrings)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly Queue<DraftToken> _held = new();
    private readonly StringBuilder _heldText = new();
    private int _length;

    /// <summary>The stop string that was written, after which nothing is part of the draft; <see langword="null"/> before.</summary>
    public string? StopString { get; private set; }

    /// <summary>Whether a stop string was written.</summary>
    public bool IsStopped => StopString is not null;

    /// <summary>Adds a token; returns those whose text is certain now.</summary>
    /// <param name="token">The token, its text and span still open.</param>
    /// <param name="bytes">Its bytes.</param>
    public List<DraftToken> Add(DraftToken token, ReadOnlySpan<byte> bytes)
    {
        var characters = new char[_decoder.GetCharCount(bytes, flush: false)];
        _decoder.GetChars(bytes, characters, flush: false);
        var text = new string(characters);
        _held.Enqueue(token with { Text = text });
        _heldText.Append(text);
        var held = _heldText.ToString();
        if (FirstStop(held) is not { } stop) return Release(held.Length - MayBecomeStop(held), cut: false);
        StopString = stop.Text;
        return Release(stop.Start, cut: true);
    }

    /// <summary>Ends the draft; returns the tokens that were held back. Bytes of an unfinished character are left out.</summary>
    public List<DraftToken> End() => Release(_heldText.Length, cut: false);

    /// <summary>
    /// The stop string that is complete first, and where it begins; of several, the longest. So it does not matter how the text falls into tokens.
    /// </summary>
    private (int Start, string Text)? FirstStop(string text)
    {
        var found = stopStrings.Select(stop => (Start: text.IndexOf(stop, StringComparison.Ordinal), Text: stop)).Where(stop => stop.Start >= 0).ToList();
        return found.Count == 0 ? null : found.MinBy(stop => (stop.Start + stop.Text.Length, stop.Start));
    }

    /// <summary>Length of the longest end of a text that is the start of a stop string.</summary>
    private int MayBecomeStop(string text) => stopStrings.Select(stop => Overlap(text, stop)).DefaultIfEmpty(0).Max();

    private static int Overlap(string text, string stop)
    {
        for (var length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length))) return length;
        return 0;
    }

    /// <summary>Releases whole tokens up to a place of the held text; with <paramref name="cut"/> also the part of one that ends there.</summary>
    private List<DraftToken> Release(int upTo, bool cut)
    {
        var released = new List<DraftToken>();
        var at = 0;
        while (_held.TryPeek(out var token) && at + token.Text.Length <= upTo)
        {
            at += token.Text.Length;
            released.Add(Place(_held.Dequeue()));
        }

        if (cut && at < upTo && _held.TryDequeue(out var last)) released.Add(Place(last with { Text = last.Text[..(upTo - at)] }));
        _heldText.Remove(0, at);
        return released;
    }

    private DraftToken Place(DraftToken token)
    {
        var placed = token with { Span = new TextSpan(_length, token.Text.Length) };
        _length += token.Text.Length;
        return placed;
    }
}
