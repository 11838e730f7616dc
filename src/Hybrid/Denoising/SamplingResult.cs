namespace HybridGen.Denoising;

/// <summary>A canvas after its last step.</summary>
/// <param name="Ids">Its tokens, given ones included, up to the end of the text.</param>
/// <param name="Sources">Where each came from.</param>
/// <param name="PromptLength">Tokens in front of the first that was written.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Runs">Tokens that stand over and over; see <see cref="RunRule"/>.</param>
/// <param name="Steps">Steps that were made.</param>
/// <param name="Forwards">Passes through the network; the canvases of one call share them.</param>
internal sealed record SamplingResult(
    IReadOnlyList<int> Ids,
    IReadOnlyList<TokenSource> Sources,
    int PromptLength,
    SamplingEnd Reason,
    IReadOnlyList<RepeatedRun> Runs,
    int Steps,
    int Forwards)
{
    /// <summary>Positions that went through the network, over all passes and rows.</summary>
    public long Positions { get; init; }
}

/// <summary>Where a token came from.</summary>
/// <param name="Kind">Who wrote it.</param>
/// <param name="Step">The step that did, from 1; 0 for given ones.</param>
/// <param name="Confidence">The probability that the model gave it then; 1 for given ones.</param>
public readonly record struct TokenSource(TokenSourceKind Kind, int Step, double Confidence);

/// <summary>Who wrote a token.</summary>
public enum TokenSourceKind
{
    /// <summary>Nobody yet: it is masked.</summary>
    Masked,

    /// <summary>It was given, and is kept.</summary>
    Given,

    /// <summary>It was given, and might have been changed.</summary>
    Draft,

    /// <summary>The model, and it was committed.</summary>
    Committed,

    /// <summary>The caller, in answer to a step.</summary>
    Caller,

    /// <summary>The model's proposal at the time when the run was cut short.</summary>
    Guessed,
}

/// <summary>Why a canvas ended.</summary>
public enum SamplingEnd
{
    /// <summary>Every masked place is written.</summary>
    Filled,

    /// <summary>The model ended the text.</summary>
    EndOfText,

    /// <summary>The model ended the text before it wrote anything.</summary>
    Empty,

    /// <summary>The largest length is reached, and the text has no end.</summary>
    MaxTokens,

    /// <summary>No allowed token is left for some places; they are still masked.</summary>
    NothingAllowed,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>The caller stopped it.</summary>
    Stopped,

    /// <summary>The largest number of passes through the network is used up.</summary>
    MaxForwards,

    /// <summary>The time is used up.</summary>
    TimeBudget,
}
