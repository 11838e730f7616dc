namespace HybridGen.Drafting;

/// <summary>Says how probable given texts are to a drafter.</summary>
/// <remarks>
/// A drafter that can do so implements this beside <see cref="IDrafter"/>. Implementations are safe for concurrent use; requests beyond the
/// first wait for their turn.
/// </remarks>
public interface IDraftScorer
{
    /// <summary>Name of the model.</summary>
    string ModelId { get; }

    /// <summary>Number of the model's weights.</summary>
    long ParameterCount { get; }

    /// <summary>Most tokens of a text whose variants can be compared.</summary>
    int MaxScoredTokens { get; }

    /// <summary>Reads a text as the drafter would and reports how probable it found each token, as a draft of the same text does.</summary>
    /// <param name="text">
    /// Any text. One that is longer than the model's context is read in windows, each of which begins with the second half of the one before:
    /// from the second on a token is scored after at least half a context, not after all that stands before it.
    /// </param>
    /// <param name="cancellationToken">Stops, also inside a running decode.</param>
    /// <returns>The tokens; their spans tile the text.</returns>
    /// <exception cref="DraftingException">The model failed, or does not give a text back as it was.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, CancellationToken cancellationToken = default);

    /// <summary>Compares texts with variants of them, each of which differs in one place.</summary>
    /// <param name="texts">The texts, each with its variants; they have nothing to do with each other.</param>
    /// <param name="tail">
    /// How many tokens after the changed place count beside it: what is written fits both what stands before and what comes after. 0 or more.
    /// </param>
    /// <param name="cancellationToken">Stops, also inside a running decode.</param>
    /// <returns>For each text a score for each of its variants.</returns>
    /// <remarks>
    /// A text is read once, up to its last variant; a variant is read from where it differs. Where the model puts nothing before a text, its
    /// end-of-text token stands there, so that a text's first word has a probability too. What is decoded at once does not change the
    /// result beyond rounding.
    /// </remarks>
    /// <exception cref="DraftingException">A text does not fit the model's context, or the model failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task<Comparison> CompareAsync(IReadOnlyList<TextVariants> texts, int tail, CancellationToken cancellationToken = default);
}

/// <summary>A token of a given text.</summary>
/// <param name="Id">The token's id in the drafter's vocabulary.</param>
/// <param name="Span">
/// Where it lies in the text. A character whose UTF-8 bytes are spread over several tokens lies in the last of them.
/// </param>
/// <param name="LogProbability">
/// Natural log-probability after what stands before it; <see langword="null"/> for the first token where the model has no begin-of-text token.
/// </param>
public readonly record struct ScoredToken(int Id, TextSpan Span, float? LogProbability);

/// <summary>A text and its variants.</summary>
/// <param name="Text">The text.</param>
/// <param name="Variants">The variants, in any order.</param>
public sealed record TextVariants(string Text, IReadOnlyList<TextVariant> Variants);

/// <summary>A text with one place changed.</summary>
/// <param name="Span">The place in the text.</param>
/// <param name="After">What stands there instead.</param>
public readonly record struct TextVariant(TextSpan Span, string After)
{
    /// <summary>The log-ratio from which on the variant matters, in nats: one that will hardly reach it is not read to its end.</summary>
    /// <value>Default: minus infinity, every variant is read to its end.</value>
    public double Least { get; init; } = double.NegativeInfinity;
}

/// <summary>What a variant is worth.</summary>
/// <param name="LogRatio">
/// log p(variant) - log p(text) over the changed place and the tail after it, in nats; of a variant that was given up, the most that could
/// still be expected of it.
/// </param>
/// <param name="IsComplete">Whether the variant was read to its end.</param>
public readonly record struct VariantScore(double LogRatio, bool IsComplete);

/// <summary>The scores of texts' variants, and what they cost.</summary>
/// <param name="Scores">For each text a score for each of its variants.</param>
/// <param name="TextTokens">Tokens of the texts themselves that were decoded.</param>
/// <param name="VariantTokens">Tokens of the variants that were decoded.</param>
public sealed record Comparison(IReadOnlyList<IReadOnlyList<VariantScore>> Scores, int TextTokens, int VariantTokens);
