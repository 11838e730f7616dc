namespace HybridGen.Drafting;

/// <summary>A half-open range of a text, in UTF-16 code units.</summary>
/// <param name="Start">Index of the first code unit, from 0.</param>
/// <param name="Length">Number of code units; 0 for an insertion point.</param>
public readonly record struct TextSpan(int Start, int Length)
{
    /// <summary>Index just past the last code unit.</summary>
    public int End => Start + Length;

    /// <summary>The range from a start to just before an end.</summary>
    public static TextSpan Between(int start, int end) => new(start, end - start);

    /// <summary>Returns the part of <paramref name="text"/> that the span covers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span does not lie inside the text.</exception>
    public ReadOnlySpan<char> Of(string text) => text.AsSpan(Start, Length);
}
