using HybridGen.Canvases;

namespace HybridGen.Scoring;

/// <summary>What the refiner thinks of a word where it stands.</summary>
/// <param name="LogProbability">Of the word as it is written, its tokens summed; nats.</param>
/// <param name="Best">Of the most probable tokens in its place, summed; nats.</param>
/// <param name="Entropy">Of its tokens' distributions, on average; nats, not a number where nobody needs it.</param>
/// <param name="BestIds">The most probable tokens in its place.</param>
internal readonly record struct WordScore(float LogProbability, float Best, float Entropy, int[] BestIds)
{
    /// <summary>How much more probable than the word the best in its place is; nats, 0 or more.</summary>
    public float Suspicion => Math.Max(0, Best - LogProbability);

    /// <summary>The score of a word of which only the differences between its forms are known.</summary>
    public static WordScore Relative(float suspicion) => new(float.NaN, float.NaN, float.NaN, []) { Best = suspicion, LogProbability = 0, IsRelative = true };

    /// <summary>The score of a word of which nothing but its own probability is known.</summary>
    public static WordScore Of(float logProbability) => new(logProbability, 0, float.NaN, []);

    /// <summary>Whether only <see cref="Suspicion"/> means something.</summary>
    public bool IsRelative { get; private init; }
}

/// <summary>Says how doubtful each word of a canvas is.</summary>
internal interface IWordScoring
{
    /// <summary>Scores of all words of all canvases, null for a word that has no token.</summary>
    WordScore[][] Score(IReadOnlyList<Canvas> canvases);
}
