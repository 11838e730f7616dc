using HybridGen.Canvases;
using HybridGen.Editing;
using HybridGen.Models.Mini;
using HybridGen.Tokens;
using HybridGen.Words;

namespace HybridGen.Revising;

/// <summary>Doubts the least probable words of a window, hides them, and writes what fits between their neighbours.</summary>
/// <remarks>Names, numbers and neighbours of a doubted word are left alone: a hidden word is only guessed well from visible ones.</remarks>
internal sealed class FluencyStrategy(EditPolicy.Fluency policy, ByteLevelTokenizer tokenizer) : Strategy
{
    /// <summary>A word that the denoiser would copy with at least this log-probability is not doubted.</summary>
    private const float Sure = -0.7f;

    public override double MinGain => policy.MinGain;

    public override Visibility Remasking => Visibility.Hidden;

    public override IReadOnlyList<Doubt> Select(MiniScorer scorer, IReadOnlyList<Canvas> canvases)
    {
        var scores = scorer.Score(canvases, normalise: true);
        return [.. canvases.SelectMany((canvas, i) => Select(i, canvas.Words, scores[i]))];
    }

    public override IEnumerable<Repair> Refill(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var proposals = scorer.Propose(canvases).ToDictionary(hidden => (hidden.Canvas, hidden.Word), hidden => hidden.Proposal);
        foreach (var doubt in doubts)
        {
            var proposal = proposals[(doubt.Canvas, doubt.Index)];
            if (Read(proposal.Ids, doubt.Word.Word, scorer.Config.Blank) is { } after)
                yield return new Repair(doubt, after, EditKind.Refill, proposal.LogProbability - proposal.DraftLogProbability);
        }
    }

    private IEnumerable<Doubt> Select(int canvas, IReadOnlyList<CanvasWord> words, float[][] scores)
    {
        var most = (int)(policy.RemaskShare * words.Count);
        var taken = new HashSet<int>();
        foreach (var i in Enumerable.Range(0, words.Count).Where(i => MayChange(words[i]) && scores[i][0] < Sure).OrderBy(i => scores[i][0]))
            if (taken.Count < most && !taken.Contains(i - 1) && !taken.Contains(i + 1)) taken.Add(i);
        return taken.Order().Select(i => new Doubt(canvas, i, words[i], scores[i]));
    }

    private static bool MayChange(CanvasWord word) => !word.IsProtected && word.Word.StartsWithLetter && word.Word.Body.All(letter => !char.IsUpper(letter));

    /// <summary>The proposal as a word, or null where it is none or is the draft.</summary>
    private string? Read(int[] ids, Word word, int blank)
    {
        var tokens = ids.AsSpan().TrimEnd(blank).ToArray();
        if (tokens.Length == 0 || tokens.Contains(blank)) return null;
        var words = WordSplitter.Split(tokenizer.Decode(tokens));
        return words is [{ StartsWithLetter: true } only] && only.Spaced == word.Spaced && only.Body != word.Body ? only.Body : null;
    }
}
