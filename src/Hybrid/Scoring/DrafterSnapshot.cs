using HybridGen.Attributing;
using HybridGen.Canvases;
using HybridGen.Drafting;

namespace HybridGen.Scoring;

/// <summary>The drafter's log-probabilities at the time it wrote, carried over from its tokens to the words.</summary>
internal sealed class DrafterSnapshot(Draft draft) : IWordScoring
{
    private readonly LogProbabilityProfile _profile = new(draft);

    public WordScore[][] Score(IReadOnlyList<Canvas> canvases)
    {
        var shares = _profile.Onto([.. canvases.SelectMany(canvas => canvas.Words.Select(word => word.Word.Span))]);
        var next = 0;
        return [.. canvases.Select(canvas => canvas.Words.Select(_ => WordScore.Of((float)shares[next++])).ToArray())];
    }
}
