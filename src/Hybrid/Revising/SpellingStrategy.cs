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
    public override double MinGain => policy.MinGain;

    public override Visibility Remasking => Visibility.Remasked;

    public override IReadOnlyList<Doubt> Select(MiniScorer scorer, IReadOnlyList<Canvas> canvases) =>
        [.. Gains(scorer, canvases).Where(doubt => !doubt.Word.IsProtected && doubt.Gains[Best(doubt.Gains)] > MinGain)];

    public override IEnumerable<Repair> Refill(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var refilled = Gains(scorer, canvases).ToDictionary(doubt => (doubt.Canvas, doubt.Index), doubt => doubt.Gains);
        foreach (var doubt in doubts)
        {
            var best = Best(doubt.Gains);
            var candidate = doubt.Word.Candidates[best - 1].Candidate;
            if (refilled[(doubt.Canvas, doubt.Index)][best] > -MinGain)
                yield return new Repair(doubt, candidate.Form, candidate.EditKind, doubt.Gains[best]);
        }
    }

    /// <summary>The best form that is not the draft.</summary>
    private static int Best(float[] gains) => 1 + System.Numerics.Tensors.TensorPrimitives.IndexOfMax(gains.AsSpan(1));

    /// <summary>What the refiner sees of each word that has candidates.</summary>
    public static IEnumerable<Doubt> Gains(MiniScorer scorer, IReadOnlyList<Canvas> canvases)
    {
        var scores = scorer.Score(canvases);
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
