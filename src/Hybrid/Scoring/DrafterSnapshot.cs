using HybridGen.Canvases;
using HybridGen.Drafting;

namespace HybridGen.Scoring;

/// <summary>The drafter's log-probabilities at the time it wrote, summed over each word's characters.</summary>
internal sealed class DrafterSnapshot : IWordScoring
{
    private readonly double[] _sums;

    public DrafterSnapshot(Draft draft)
    {
        // Every character has its share of its token, so that any span's value is a difference of two sums.
        _sums = new double[draft.Text.Length + 1];
        var pending = 0.0;
        foreach (var token in draft.Tokens)
        {
            pending += token.LogProbability;
            if (token.Span.Length == 0) continue;
            for (var i = token.Span.Start; i < token.Span.End; i++) _sums[i + 1] = _sums[i] + (pending / token.Span.Length);
            pending = 0;
        }
    }

    public WordScore[][] Score(IReadOnlyList<Canvas> canvases) => [.. canvases.Select(canvas => canvas.Words.Select(word => Score(word.Word.Span)).ToArray())];

    private WordScore Score(TextSpan span)
    {
        // The token of a word usually brings the space before it.
        var start = Math.Max(0, span.Start - 1);
        return span.End < _sums.Length ? WordScore.Of((float)(_sums[span.End] - _sums[start])) : default;
    }
}
