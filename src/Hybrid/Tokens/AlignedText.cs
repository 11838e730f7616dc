using System.Text;
using HybridGen.Drafting;

namespace HybridGen.Tokens;

/// <summary>A text on its way to tokens, each of whose characters knows which part of the original it stands for.</summary>
internal sealed class AlignedText
{
    private readonly int _offset;

    // Spans of each UTF-16 unit in the original; null where the text is the original from _offset on.
    private readonly int[]? _starts;
    private readonly int[]? _ends;

    /// <summary>An original text.</summary>
    public AlignedText(string text) : this(text, 0, null, null) { }

    /// <summary>Characters with their places in an original.</summary>
    public AlignedText(IReadOnlyCollection<AlignedRune> runes)
    {
        var length = runes.Sum(rune => rune.Rune.Utf16SequenceLength);
        var text = new StringBuilder(length);
        (_starts, _ends) = (new int[length], new int[length]);
        foreach (var (rune, origin) in runes)
        {
            var at = text.Length;
            text.Append(rune.ToString());
            Array.Fill(_starts, origin.Start, at, text.Length - at);
            Array.Fill(_ends, origin.End, at, text.Length - at);
        }

        Text = text.ToString();
    }

    private AlignedText(string text, int offset, int[]? starts, int[]? ends) => (Text, _offset, _starts, _ends) = (text, offset, starts, ends);

    /// <summary>The text as it is now.</summary>
    public string Text { get; }

    /// <summary>The part of the original that a part of this text stands for.</summary>
    /// <param name="start">The first UTF-16 unit.</param>
    /// <param name="length">Number of UTF-16 units, above 0; no surrogate pair may be cut.</param>
    public TextSpan Origin(int start, int length)
    {
        if (_starts is null) return new TextSpan(_offset + start, length);
        return new TextSpan(_starts[start], _ends![start + length - 1] - _starts[start]);
    }

    /// <summary>A part of the text.</summary>
    public AlignedText Slice(int start, int length)
    {
        if (length == Text.Length) return this;
        var text = Text.Substring(start, length);
        return _starts is null ? new AlignedText(text, _offset + start, null, null) : new AlignedText(text, 0, _starts[start..(start + length)], _ends![start..(start + length)]);
    }

    /// <summary>The text, not empty, behind a space that stands for its first character as well.</summary>
    public AlignedText BehindSpace()
    {
        var first = Origin(0, char.IsSurrogatePair(Text, 0) ? 2 : 1);
        return new AlignedText([new AlignedRune(new Rune(' '), first), .. Runes()]);
    }

    /// <summary>The characters one by one.</summary>
    public List<AlignedRune> Runes()
    {
        var runes = new List<AlignedRune>(Text.Length);
        var at = 0;
        foreach (var rune in Text.EnumerateRunes())
        {
            runes.Add(new AlignedRune(rune, Origin(at, rune.Utf16SequenceLength)));
            at += rune.Utf16SequenceLength;
        }

        return runes;
    }
}

/// <summary>A character and the part of the original text that it stands for.</summary>
internal readonly record struct AlignedRune(Rune Rune, TextSpan Origin);
