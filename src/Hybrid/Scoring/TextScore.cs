using HybridGen.Drafting;

namespace HybridGen.Scoring;

/// <summary>How doubtful each word of a text is.</summary>
/// <param name="Words">The words in text order; white space, and what no window holds, is left out.</param>
/// <param name="Forwards">Rows that went through the refiner.</param>
public sealed record TextScore(IReadOnlyList<ScoredWord> Words, int Forwards);

/// <summary>A word and what the refiner thinks of it.</summary>
/// <param name="Span">Where it lies, UTF-16 indices.</param>
/// <param name="Text">The word.</param>
/// <param name="LogProbability">log p(word | rest), nats, 0 at most.</param>
/// <param name="Suspicion">By how much the most probable tokens in its place beat it, nats, 0 or more.</param>
/// <param name="Entropy">How uncertain the refiner is of anything there, nats a token.</param>
/// <param name="Best">The most probable text in its place, of as many tokens.</param>
public sealed record ScoredWord(TextSpan Span, string Text, float LogProbability, float Suspicion, float Entropy, string Best);
