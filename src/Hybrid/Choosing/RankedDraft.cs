using HybridGen.Drafting;

namespace HybridGen.Choosing;

/// <summary>One of several drafts of a prompt, and what both models think of it.</summary>
/// <param name="Draft">The draft.</param>
/// <param name="LogProbability">
/// The drafter's: mean natural log-probability of a token; <see langword="null"/> where it does not say, or nothing was written.
/// </param>
/// <param name="Doubt">
/// The refiner's: mean suspicion of a word (<see cref="Scoring.ScoredWord.Suspicion"/>), nats; <see langword="null"/> where it was not asked, or the
/// draft has no words.
/// </param>
public sealed record RankedDraft(Draft Draft, double? LogProbability, double? Doubt)
{
    /// <summary>What the draft is worth, in nats: log-probability of a token less doubt of a word; what is not known counts nothing.</summary>
    /// <value>Minus infinity for a draft without a word.</value>
    /// <remarks>
    /// The log of the geometric mean of what each of the models thinks of the text: the drafter how likely each token is after what stands before
    /// it, the refiner how much likelier something else would be in a word's place. Both are means, so that long drafts are not worse than short
    /// ones, and both in nats, so that no weight must be found. The drafter's alone prefers dull texts, the refiner's alone does not know
    /// the prompt.
    /// </remarks>
    public double Score => string.IsNullOrWhiteSpace(Draft.Text) ? double.NegativeInfinity : (LogProbability ?? 0) - (Doubt ?? 0);
}
