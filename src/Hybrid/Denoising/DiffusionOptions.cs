using System.Runtime.CompilerServices;

namespace HybridGen.Denoising;

/// <summary>How a text is written by diffusion alone.</summary>
public sealed record DiffusionOptions
{
    /// <summary>How masked places are written.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Largest number of tokens to write; the text ends earlier where the model ends it.</summary>
    /// <value>1 or more; default 128.</value>
    public int MaxNewTokens { get; init => field = AtLeastOne(value); } = 128;

    /// <summary>Tokens of a block; blocks are written one after the other.</summary>
    /// <value>1 or more; default <see langword="null"/>: what the model was trained with, else 32.</value>
    public int? BlockLength { get; init => field = value is null ? null : AtLeastOne(value.Value); }

    /// <summary>
    /// Whether the canvas grows by a block at a time until the text ends, so that its length need not be guessed; else all masks stand there from
    /// the start, and the model sees how much room there is (LLaDA).
    /// </summary>
    /// <value>Default: true.</value>
    public bool Grows { get; init; } = true;

    /// <summary>Whether control strings in the prompt, such as a chat template's, are read as control tokens; else they are text.</summary>
    /// <value>Default: false.</value>
    public bool ReadsControlTokens { get; init; }

    /// <summary>
    /// Steps of self-correction once the text is written, each of which replaces the token that the model would most surely write otherwise; for
    /// models that were trained on wrong tokens (GIDD).
    /// </summary>
    /// <value>0 or more; default 0. It ends earlier when the text agrees with the model.</value>
    public int CorrectionSteps
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(CorrectionSteps), value, "CorrectionSteps must be 0 or more.");
    }

    private static int AtLeastOne(int value, [CallerMemberName] string name = "") => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 1 or more.");
}

/// <summary>A text written by diffusion.</summary>
/// <param name="Text">What was written after the prompt, up to its end.</param>
/// <param name="Reason">Why it ended; <see cref="SamplingEnd.Empty"/> where the model ended it before it said anything.</param>
/// <param name="Tokens">The tokens of the text and where they came from, its end included.</param>
/// <param name="Runs">Tokens that stand over and over; positions are those of <paramref name="Tokens"/>.</param>
/// <param name="Steps">Steps that were made.</param>
/// <param name="Forwards">Passes through the network.</param>
public sealed record DiffusedText(
    string Text, SamplingEnd Reason, IReadOnlyList<DiffusedToken> Tokens, IReadOnlyList<RepeatedRun> Runs, int Steps, int Forwards)
{
    /// <summary>Positions that went through the network, over all passes: what a cache saves shows here.</summary>
    public long Positions { get; init; }

    /// <summary>Whether a limit or the caller ended it before its time; masks may then be filled with guesses.</summary>
    public bool IsCutShort => Reason is SamplingEnd.Cancelled or SamplingEnd.Stopped or SamplingEnd.MaxForwards or SamplingEnd.TimeBudget;
}

/// <summary>A written token.</summary>
/// <param name="Id">The token.</param>
/// <param name="Source">Who wrote it, when, and how sure it was.</param>
public readonly record struct DiffusedToken(int Id, TokenSource Source);
