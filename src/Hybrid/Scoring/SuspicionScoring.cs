namespace HybridGen.Scoring;

/// <summary>How the refiner finds out which words of a text are doubtful.</summary>
/// <remarks>
/// The probability that an ordinary masked-diffusion model gives to a token that it can see means nothing: visible tokens were never
/// supervised (CDLM, arXiv 2512.15596). Each way here asks in a manner that does mean something; they differ in what they cost.
/// </remarks>
public abstract record SuspicionScoring
{
    private SuspicionScoring() { }

    /// <summary>
    /// Masked scores, exact up to the masked neighbours: each forward masks every n-th word as a whole and reads p(word | rest) there.
    /// Costs <see cref="Strides"/> forwards a window. Works with every refiner.
    /// </summary>
    public sealed record StridedMasking : SuspicionScoring
    {
        /// <summary>Words from one masked word to the next: more is nearer to leaving out one word at a time, and dearer.</summary>
        /// <value>2 to 64; default 6.</value>
        public int Strides
        {
            get;
            init => field = value is >= 2 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Strides), value, "Strides must be 2 to 64.");
        } = 6;
    }

    /// <summary>
    /// Masked scores of all words in one forward of twice the length: every token has a masked twin at the same position that sees everything
    /// but the word that it stands for (WINO, arXiv 2507.18578, section 3). Costs one forward of double length. Approximate, since the other
    /// tokens did see the word; not for refiners with shifted logits, nor for those that cannot see by a mask.
    /// </summary>
    public sealed record ShadowMasks : SuspicionScoring;

    /// <summary>
    /// The probability of each word as it stands, everything visible. Costs one forward a window. Only for refiners that were trained on visible errors (<c>mini</c>, GIDD).
    /// </summary>
    public sealed record VisibleErrors : SuspicionScoring;

    /// <summary>
    /// The drafter's log-probability of each word at the time it was written, for a text that comes with its draft. Costs no forward. A low one
    /// is often a legitimate branching point, so that this finds less than the masked scores do.
    /// </summary>
    public sealed record DrafterSnapshot : SuspicionScoring;
}
