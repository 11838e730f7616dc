using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Editing;
using HybridGen.Models.Mini;
using HybridGen.Tokens;
using HybridGen.Words;

namespace HybridGen.Revising;

/// <summary>Doubts the least probable words of a window, hides them, and writes what fits between their neighbours.</summary>
/// <remarks>
/// A proposal must win twice: with the word hidden (it fits the sentence better) and with the draft's letters in view again (it is what
/// the writer may have meant). Neighbours of a doubted word are left alone: a hidden word is only guessed well from visible ones.
/// </remarks>
internal sealed class FluencyStrategy(EditPolicy.Fluency policy, Tokenizer tokenizer, CandidateSource candidates) : Strategy
{
    /// <summary>A word that the denoiser would copy with at least this log-probability is not doubted.</summary>
    private const float Sure = -0.7f;

    /// <summary>Frequency from which a word may be rewritten: some 800 occurrences among the lexicon's 30 million words.</summary>
    private const int Common = 8;

    public override double MinGain => policy.MinGain;

    public override Visibility Remasking => Visibility.Hidden;

    public override IReadOnlyList<Doubt> Select(MiniScorer scorer, IReadOnlyList<Canvas> canvases)
    {
        var scores = scorer.Score(canvases, normalise: true);
        return [.. canvases.SelectMany((canvas, i) => Select(i, canvas.Words, scores[i]))];
    }

    public override IEnumerable<Repair> Refill(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var proposed = Propose(scorer, canvases, doubts);
        var scores = scorer.Score([.. canvases.Select((canvas, i) => WithProposals(canvas, i, proposed))]);
        foreach (var (doubt, form, hiddenGain) in proposed.Values)
        {
            var seen = scores[doubt.Canvas][doubt.Index];
            yield return new Repair(doubt, form.Candidate.Form, EditKind.Refill, Math.Min(hiddenGain, seen[1] - seen[0]));
        }
    }

    private Dictionary<(int, int), (Doubt Doubt, CanvasForm Form, float Gain)> Propose(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var proposals = scorer.Propose(canvases).ToDictionary(hidden => (hidden.Canvas, hidden.Word), hidden => hidden.Proposal);
        var proposed = new Dictionary<(int, int), (Doubt, CanvasForm, float)>();
        foreach (var doubt in doubts)
        {
            var proposal = proposals[(doubt.Canvas, doubt.Index)];
            if (Read(proposal.Ids, doubt.Word, scorer.Config.Blank) is { } form)
                proposed[(doubt.Canvas, doubt.Index)] = (doubt, form, proposal.LogProbability - proposal.DraftLogProbability);
        }

        return proposed;
    }

    /// <summary>The canvas with every draft in view again, and the proposals as the only candidates.</summary>
    private static Canvas WithProposals(Canvas canvas, int index, Dictionary<(int, int), (Doubt Doubt, CanvasForm Form, float Gain)> proposed) =>
        new([.. canvas.Words.Select((word, i) => word with
        {
            Visibility = Visibility.Visible,
            Candidates = proposed.TryGetValue((index, i), out var proposal) ? [proposal.Form] : [],
        })]);

    private IEnumerable<Doubt> Select(int canvas, IReadOnlyList<CanvasWord> words, float[][] scores)
    {
        var most = (int)(policy.RemaskShare * words.Count);
        var taken = new HashSet<int>();
        foreach (var i in Enumerable.Range(0, words.Count).Where(i => MayChange(words[i]) && scores[i][0] < Sure).OrderBy(i => scores[i][0]))
            if (taken.Count < most && !taken.Contains(i - 1) && !taken.Contains(i + 1)) taken.Add(i);
        return taken.Order().Select(i => new Doubt(canvas, i, words[i], scores[i]));
    }

    /// <summary>Whether a word is a common one in small letters: rare words and names carry the meaning, and a small model must not guess at it.</summary>
    private static bool MayChange(CanvasWord word) =>
        !word.IsProtected && word.Draft.Candidate.Frequency >= Common && word.Word is { StartsWithLetter: true, Body.Length: > 1 } && !word.Word.Body.Any(char.IsUpper);

    /// <summary>The proposal as a form of the word, or null where it is no word or is the draft.</summary>
    private CanvasForm? Read(int[] ids, CanvasWord word, int blank)
    {
        var tokens = ids.AsSpan().TrimEnd(blank).ToArray();
        if (tokens.Length == 0 || tokens.Contains(blank)) return null;
        return WordSplitter.Split(tokenizer.Decode(tokens)) is [{ StartsWithLetter: true } only] && only.Spaced == word.Word.Spaced && only.Body != word.Word.Body
            ? new CanvasForm(candidates.Describe(word.Word.Body, only.Body), tokens, 0)
            : null;
    }
}
