using HybridGen.Canvases;
using HybridGen.Models.Mini;

namespace HybridGen.Revising;

/// <summary>Doubts words of which a near form is more probable; writes that form.</summary>
/// <remarks>
/// The draft's letters stay in view when a word is remasked, so refilling is a second opinion on the same forms: without the word's
/// tokens, and with all its doubtful neighbours masked too.
/// </remarks>
internal sealed class SpellingStrategy(EditPolicy.Spelling policy) : Strategy
{
    /// <summary>
    /// Gain beyond the margin, in nats, from which a second look has never taken back what the first saw: windows that have no other doubt are
    /// spared it.
    /// </summary>
    private const double Certain = 3;

    public override double MinGain => policy.MinGain;

    public override Visibility Remasking => Visibility.Remasked;

    public override IReadOnlyList<Doubt> Select(MiniScorer scorer, IReadOnlyList<Canvas> canvases) =>
        [.. Gains(scorer, canvases).Where(doubt => !doubt.Word.IsProtected && doubt.Gains[Best(doubt.Gains)] > MinGain)];

    public override IEnumerable<Repair> Refill(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var refilled = LookAgain(scorer, canvases, doubts);
        foreach (var doubt in doubts)
        {
            var best = Best(doubt.Gains);
            var candidate = doubt.Word.Candidates[best - 1].Candidate;
            if (!refilled.TryGetValue((doubt.Canvas, doubt.Index), out var gains) || gains[best] > -MinGain)
                yield return new Repair(doubt, candidate.Form, candidate.EditKind, doubt.Gains[best]);
        }
    }

    /// <summary>The gains of all doubted words in windows where one of them is uncertain.</summary>
    private Dictionary<(int Canvas, int Index), float[]> LookAgain(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var uncertain = doubts.Where(doubt => doubt.Gains[Best(doubt.Gains)] < MinGain + Certain).Select(doubt => doubt.Canvas).Distinct().ToList();
        if (uncertain.Count == 0) return [];
        return Gains(scorer, uncertain.ConvertAll(canvas => canvases[canvas]), word => word.Visibility == Remasking)
            .ToDictionary(doubt => (uncertain[doubt.Canvas], doubt.Index), doubt => doubt.Gains);
    }

    /// <summary>The best form that is not the draft.</summary>
    private static int Best(float[] gains) => 1 + System.Numerics.Tensors.TensorPrimitives.IndexOfMax(gains.AsSpan(1));

    private static IEnumerable<Doubt> Gains(MiniScorer scorer, IReadOnlyList<Canvas> canvases, Func<CanvasWord, bool>? isAsked = null)
    {
        var scores = scorer.Score(canvases, isAsked: isAsked);
        for (var canvas = 0; canvas < canvases.Count; canvas++)
        {
            for (var i = 0; i < canvases[canvas].Words.Count; i++)
            {
                if (scores[canvas][i] is { Length: > 1 } forms)
                    yield return new Doubt(canvas, i, canvases[canvas].Words[i], Array.ConvertAll(forms, form => form - forms[0]));
            }
        }
    }
}
