using HybridGen.Drafting;

namespace HybridGen.Editing;

/// <summary>One accepted change.</summary>
/// <param name="Span">Where the change lies in the input text.</param>
/// <param name="Before">What stood there.</param>
/// <param name="After">What stands there now.</param>
/// <param name="Kind">Where the new text came from.</param>
/// <param name="Gain">
/// How much more probable the refiner finds the text with the change, in nats; above 0. Where a drafter judged too, the joint score
/// (<see cref="Judging.DrafterJudge"/>).
/// </param>
/// <param name="Pass">The pass that made it, from 1.</param>
public sealed record Edit(TextSpan Span, string Before, string After, EditKind Kind, double Gain, int Pass);

/// <summary>Where the new text of an edit came from.</summary>
public enum EditKind
{
    /// <summary>A word of the lexicon near to what was written.</summary>
    Spelling,

    /// <summary>A word that is often confused with what was written.</summary>
    Confusion,

    /// <summary>A name or term as the rest of the text writes it.</summary>
    Consistency,

    /// <summary>The same word in its usual capitals.</summary>
    Case,

    /// <summary>Two words that were written as one.</summary>
    Split,

    /// <summary>The refiner's own proposal for a remasked place.</summary>
    Refill,

    /// <summary>One of the drafter's alternatives for the word.</summary>
    Alternative,

    /// <summary>A word that was missing.</summary>
    Insertion,

    /// <summary>A word that was too much.</summary>
    Deletion,

    /// <summary>What the caller put in place of a proposal.</summary>
    Caller,
}
