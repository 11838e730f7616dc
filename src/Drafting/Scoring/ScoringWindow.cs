namespace HybridGen.Drafting;

/// <summary>A part of a text that a model reads at once.</summary>
/// <param name="Start">The first token that is read, after what stands before every text.</param>
/// <param name="End">Just past the last one that is read.</param>
/// <param name="From">The first token that is scored; those before it are context. The token at <see cref="End"/> is the last.</param>
internal readonly record struct ScoringWindow(int Start, int End, int From)
{
    /// <summary>Cuts a text: its first window is as long as there is room, and every further one begins with the second half of the one before.</summary>
    /// <param name="tokens">Tokens of the text, with what stands before it.</param>
    /// <param name="lead">How many stand before it; they stand before every window.</param>
    /// <param name="size">Tokens that there is room for, above <paramref name="lead"/>.</param>
    /// <returns>Windows that score every token but the first once; none where there is none to score.</returns>
    public static IEnumerable<ScoringWindow> Cut(int tokens, int lead, int size)
    {
        var room = Math.Max(2, size - lead);
        for (int start = lead, from = 1; from < tokens;)
        {
            // The last token need not be read: nobody asks what follows it.
            var end = Math.Min(tokens - 1, start + room);
            yield return new ScoringWindow(start, end, from);
            (start, from) = (end - (room / 2), end + 1);
        }
    }
}
