using HybridGen.Drafting;
using HybridGen.Tokens;

namespace HybridGen.Attributing;

/// <summary>A token of a text that one model wrote and another revised.</summary>
/// <param name="Text">
/// Its text. A character whose bytes are spread over several tokens comes with the last of them; the others have an empty text.
/// </param>
/// <param name="Span">Where <paramref name="Text"/> lies in the final text, in UTF-16 units.</param>
/// <param name="Origin">Which model wrote it.</param>
/// <param name="LogProbability">
/// Natural log-probability that this model gave it, before temperature and filters; <see langword="null"/> where it is not known. What an edit left of a drafter's
/// token has the share of its UTF-16 units.
/// </param>
/// <param name="Id">Its id in that model's vocabulary; <see langword="null"/> for what is no whole token of it.</param>
public sealed record RevisedToken(string Text, TextSpan Span, TokenOrigin Origin, float? LogProbability, int? Id)
{
    /// <summary>The refiner's tokens of a text of its own; spans tile that text.</summary>
    /// <param name="text">What the refiner wrote.</param>
    /// <param name="tokens">Its tokens, as a tokenizer cuts it.</param>
    /// <param name="logProbabilities">The tokens' log-probabilities, where they are known.</param>
    internal static IReadOnlyList<RevisedToken> OfRefiner(string text, IReadOnlyList<Token> tokens, IReadOnlyList<float>? logProbabilities = null)
    {
        var spans = Tiling.Of(text.Length, [.. tokens.Select(token => token.Span)]);
        return [.. tokens.Select((token, i) => new RevisedToken(spans[i].Of(text).ToString(), spans[i], TokenOrigin.Refiner, logProbabilities?[i], token.Id))];
    }
}

/// <summary>Which model a token comes from.</summary>
public enum TokenOrigin
{
    /// <summary>The model that wrote the draft.</summary>
    Drafter,

    /// <summary>The model that revised it.</summary>
    Refiner,
}
