namespace HybridGen.Drafting;

/// <summary>One item of a draft's stream: a token, or the end.</summary>
public abstract record DraftUpdate
{
    private protected DraftUpdate() { }
}

/// <summary>A token of the draft and the model's own view of it.</summary>
/// <param name="Id">The token's id in the drafter's vocabulary; <see langword="null"/> where the drafter does not say, as chat services do not.</param>
/// <param name="Text">
/// The text that the token adds to the draft. A character whose UTF-8 bytes are spread over several tokens comes with the last of them;
/// the others have an empty text.
/// </param>
/// <param name="Span">Where <paramref name="Text"/> lies in the draft.</param>
/// <param name="LogProbability">Natural log-probability of the token in the raw distribution: before temperature and filters; <see langword="null"/> where it is not known.</param>
/// <param name="Entropy">Entropy of that distribution, in nats; <see langword="null"/> where it is not known.</param>
/// <param name="Alternatives">The most probable tokens of that distribution, best first; the chosen one may be among them.</param>
public sealed record DraftToken(
    int? Id,
    string Text,
    TextSpan Span,
    float? LogProbability,
    float? Entropy,
    IReadOnlyList<TokenAlternative> Alternatives) : DraftUpdate
{
    /// <summary>The parts of the message that are certain with this token; what may become a mark, or a call of tools, is held back until it is.</summary>
    /// <value>
    /// Without marks of the model's: its own text. The pieces of all tokens and, after them, those that only the end made certain, tile the
    /// draft; <see cref="DraftedMessage.Pieces"/> of the <see cref="DraftCompleted.Message"/> has all of them, joined.
    /// </value>
    public IReadOnlyList<MessagePiece> Pieces
    {
        get => field ?? (Text.Length == 0 ? [] : [new MessagePiece(MessagePieceKind.Content, Span)]);
        init;
    }
}

/// <summary>A token that could have stood at a position.</summary>
/// <param name="Id">The token's id in the drafter's vocabulary.</param>
/// <param name="Text">The token's bytes as text; U+FFFD stands for bytes that are no whole character.</param>
/// <param name="LogProbability">Natural log-probability in the raw distribution.</param>
public readonly record struct TokenAlternative(int Id, string Text, float LogProbability);

/// <summary>The end of a draft.</summary>
/// <param name="Reason">Why the draft ended.</param>
/// <param name="PromptTokens">Tokens that the prompt took, template included.</param>
/// <param name="PromptDuration">Time to read the prompt.</param>
/// <param name="DraftDuration">Time from the first drafted token to the end.</param>
public sealed record DraftCompleted(StopReason Reason, int PromptTokens, TimeSpan PromptDuration, TimeSpan DraftDuration) : DraftUpdate
{
    /// <summary>The prompt's tokens in the drafter's vocabulary, template included.</summary>
    /// <value>Empty where the drafter does not say.</value>
    public IReadOnlyList<int> PromptIds { get; init; } = [];

    /// <summary>Tokens of the prompt that the session had read before, and that were not read again.</summary>
    /// <value>0 to <see cref="PromptTokens"/> - 1.</value>
    public int CachedTokens { get; init; }

    /// <summary>
    /// Whether the model refused to forget a part of what the session held, as recurrent ones do, so that the whole prompt was read anew.
    /// </summary>
    public bool IsCacheRefused { get; init; }

    /// <summary>Tokens that were written, where a service counts them itself: its stream's pieces are none.</summary>
    /// <value><see langword="null"/> for as many as the draft has; <see cref="Draft.WrittenTokens"/> always is a number.</value>
    public int? WrittenTokens { get; init; }

    /// <summary>Oldest turns of the conversation that were left out so that the prompt fits (<see cref="DraftOptions.Overflow"/>).</summary>
    public int DroppedTurns { get; init; }

    /// <summary>The draft as an assistant's turn.</summary>
    /// <value><see langword="null"/> where the model marks nothing, and all of the text is content; <see cref="Draft.Message"/> always is one.</value>
    public DraftedMessage? Message { get; init; }

    /// <summary>The stop string that ended the draft; of several that were complete at once, the longest.</summary>
    /// <value><see langword="null"/> where something else did.</value>
    public string? StopString { get; init; }
}

/// <summary>Why a draft ended.</summary>
public enum StopReason
{
    /// <summary>The model ended its text, or its <see cref="DraftOptions.Constraint"/> lets nothing follow.</summary>
    EndOfText,

    /// <summary>One of the stop strings was written; it is not part of the text.</summary>
    StopString,

    /// <summary>The draft reached <see cref="DraftOptions.MaxTokens"/>; under a <see cref="DraftOptions.Constraint"/> it may be incomplete.</summary>
    MaxTokens,

    /// <summary>The context was full.</summary>
    ContextFull,
}
