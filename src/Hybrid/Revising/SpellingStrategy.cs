using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Models.Mini;
using HybridGen.Scoring;
using HybridGen.Selecting;
using HybridGen.Telemetry;

namespace HybridGen.Revising;

/// <summary>Doubts words of which the mini refiner's pointer finds a near form more probable; writes that form.</summary>
/// <param name="scorer">The pointer.</param>
/// <param name="minGain">Least gain of a change, in nats.</param>
/// <param name="selection">How many words a pass changes.</param>
/// <param name="onlyDocument">Whether only the document's own names are candidates.</param>
/// <remarks>
/// The score of a text is what the pointer gives its words, each given the text as it was written: a sum over words, which no change lowers. Beyond
/// that a window with a change that is less than sure is read again as it would stand, and must not have become more doubtful.
/// </remarks>
internal sealed class SpellingStrategy(MiniScorer scorer, double minGain, RemaskSelection selection, bool onlyDocument = false) : Strategy
{
    /// <summary>
    /// Gain beyond the margin, in nats, from which another look has never taken back what the first saw: windows without a lesser change are
    /// spared it.
    /// </summary>
    private const double Sure = 3;

    public override Step Propose(IReadOnlyList<Canvas> canvases, PassContext pass)
    {
        var gains = Gains(canvases);
        var repairs = new List<Repair>();
        var remasked = new HashSet<(int, int)>();
        for (var canvas = 0; canvas < canvases.Count; canvas++)
            for (var i = 0; i < canvases[canvas].Words.Count; i++)
                if (Best(canvas, i, canvases[canvas].Words[i], gains[canvas][i], pass) is { } repair)
                {
                    remasked.Add((canvas, i));
                    repairs.Add(repair);
                }

        return new Step(Scores(gains), remasked, [.. selection.Select(repairs, canvases, pass.Share)], Measure(canvases, gains));
    }

    /// <summary>Minus all doubt: by how much the best form of each word beats the one that is written.</summary>
    public override float[] Measure(IReadOnlyList<Canvas> canvases) => Measure(canvases, Gains(canvases));

    public override IEnumerable<IReadOnlyList<Repair>> Fallen(IReadOnlyList<Canvas> canvases, Step step, IReadOnlyList<Repair> repairs, PassContext pass)
    {
        var unsure = repairs.Where(repair => repair.Gain < minGain + Sure).Select(repair => repair.Canvas).ToHashSet();
        return base.Fallen(canvases, step, [.. repairs.Where(repair => unsure.Contains(repair.Canvas))], pass);
    }

    public static float[] Measure(IReadOnlyList<Canvas> canvases, float[][][] gains) =>
        [.. gains.Select((words, canvas) => -words.Select((forms, i) => canvases[canvas].Words[i].IsProtected ? 0 : forms.DefaultIfEmpty(0).Max()).Sum())];

    private Repair? Best(int canvas, int index, CanvasWord word, float[] gains, PassContext pass)
    {
        Repair? best = null;
        if (word.IsProtected) return best;
        for (var form = 1; form < gains.Length; form++)
        {
            if (gains[form] <= Math.Max(minGain, best?.Gain ?? 0)) continue;
            var candidate = word.Candidates[form - 1].Candidate;
            var prior = pass.Limits.Bias(pass.Text, word.Word.Span, candidate.Form, candidate.EditKind);
            var gain = gains[form] + prior;
            if (gain > Math.Max(minGain, best?.Gain ?? 0)) best = new Repair(canvas, index, 1, word.Word.Span, candidate.Form, candidate.EditKind, gain) { Prior = prior };
        }

        return best;
    }

    private float[][][] Gains(IReadOnlyList<Canvas> canvases) => Gains(scorer, canvases, onlyDocument);

    /// <summary>By how much each form of each word beats the draft's, in nats; the draft's 0 first, empty for a word without candidates.</summary>
    public static float[][][] Gains(MiniScorer scorer, IReadOnlyList<Canvas> canvases, bool onlyDocument = false)
    {
        var scores = Stage.Of(Stage.Score, () => scorer.Score(canvases));
        for (var canvas = 0; canvas < canvases.Count; canvas++)
            for (var i = 0; i < scores[canvas].Length; i++)
                scores[canvas][i] = [.. scores[canvas][i].Select((form, rank) => Takes(canvases[canvas].Words[i], rank, onlyDocument) ? form - scores[canvas][i][0] : float.NegativeInfinity)];
        return scores;
    }

    private static bool Takes(CanvasWord word, int rank, bool onlyDocument) => rank == 0 || !onlyDocument || word.Candidates[rank - 1].Candidate.Kind == CandidateKind.Document;

    public static WordScore[][] Scores(float[][][] gains) =>
        [.. gains.Select(words => words.Select(forms => WordScore.Relative(forms.DefaultIfEmpty(0).Max())).ToArray())];
}
