using HybridGen.Drafting;

namespace HybridGen.Attributing;

/// <summary>Makes spans that share or leave out characters follow each other without gaps.</summary>
internal static class Tiling
{
    /// <summary>
    /// Spans that tile a text: a character that several tokens share goes to the last of them, what lies between tokens to the one behind it, and what
    /// lies after all of them to the last.
    /// </summary>
    /// <param name="length">Length of the text in UTF-16 units.</param>
    /// <param name="spans">Spans in order of their starts.</param>
    public static TextSpan[] Of(int length, IReadOnlyList<TextSpan> spans)
    {
        var tiles = new TextSpan[spans.Count];
        for (int i = 0, start = 0; i < spans.Count; i++)
        {
            var end = i + 1 < spans.Count ? Math.Max(start, Math.Min(spans[i].End, spans[i + 1].Start)) : length;
            tiles[i] = new TextSpan(start, end - start);
            start = end;
        }

        return tiles;
    }
}
