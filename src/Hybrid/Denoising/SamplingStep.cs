namespace HybridGen.Denoising;

/// <summary>A token for a place.</summary>
/// <param name="Position">The place on the canvas.</param>
/// <param name="Id">The token.</param>
/// <param name="Confidence">The probability that the model gives it.</param>
public readonly record struct TokenChoice(int Position, int Id, double Confidence);

/// <summary>What one step did to a canvas.</summary>
public sealed record SamplingStep
{
    /// <summary>Number of the step, from 1; it goes on over blocks.</summary>
    public required int Step { get; init; }

    /// <summary>Which of the canvases, from 0.</summary>
    public required int Canvas { get; init; }

    /// <summary>The canvas after the step.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The canvas after the step as a text, a light shade (U+2591) for each mask; null where ids are all there is.</summary>
    public string? Text { get; init; }

    /// <summary>Positions that are masked after the step.</summary>
    public required IReadOnlyList<int> Masked { get; init; }

    /// <summary>What the model proposed in this step, committed or not.</summary>
    public required IReadOnlyList<TokenChoice> Proposed { get; init; }

    /// <summary>What was committed and still stands.</summary>
    public required IReadOnlyList<TokenChoice> Committed { get; init; }

    /// <summary>Positions that were masked again.</summary>
    public required IReadOnlyList<int> Remasked { get; init; }
}

/// <summary>A caller's answer to a step; only places that the model writes can be touched.</summary>
public sealed record StepResponse
{
    /// <summary>Leaves everything as it is.</summary>
    public static StepResponse Accept { get; } = new();

    /// <summary>Ends the run; what is still masked gets the model's last proposals, marked as guesses.</summary>
    public static StepResponse Stop { get; } = new() { Stops = true };

    /// <summary>Positions to mask again; the token that stands there is not proposed for them again.</summary>
    public IReadOnlyList<int> Reject { get; init; } = [];

    /// <summary>Tokens to write, by position; they are kept from then on.</summary>
    public IReadOnlyDictionary<int, int> Replace { get; init; } = new Dictionary<int, int>();

    /// <summary>Whether the run ends.</summary>
    public bool Stops { get; init; }
}

/// <summary>What a caller adds to a logit.</summary>
/// <param name="Position">The place; -1 for every one.</param>
/// <param name="Id">The token.</param>
/// <param name="Bias">Added to its logit; negative infinity forbids it.</param>
public readonly record struct LogitBias(int Position, int Id, float Bias);
