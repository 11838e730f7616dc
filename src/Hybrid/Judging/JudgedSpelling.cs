using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Models.Mini;
using HybridGen.Revising;

namespace HybridGen.Judging;

/// <summary>A text that a drafter judges.</summary>
/// <param name="Text">The text; the canvases' words lie in it.</param>
/// <param name="Judge">The drafter.</param>
/// <param name="Count">Told of the tokens that it decoded.</param>
/// <param name="CancellationToken">Stops the drafter.</param>
internal sealed record JudgedText(string Text, IDraftScorer Judge, Action<int> Count, CancellationToken CancellationToken);

/// <summary>Doubts words of which a near form is not too improbable, and lets refiner and drafter choose together.</summary>
internal sealed class JudgedSpelling(double minGainAlone, DrafterJudge options, JudgedText judged) : Strategy
{
    /// <summary>The judge's verdicts have passed their own bound already.</summary>
    public override double MinGain => 0;

    public override Visibility Remasking => Visibility.Visible;

    public override IReadOnlyList<Doubt> Select(MiniScorer scorer, IReadOnlyList<Canvas> canvases) =>
        [.. SpellingStrategy.Gains(scorer, canvases).Where(doubt => !doubt.Word.IsProtected && doubt.Gains.Skip(1).Max() > options.From)];

    public override IEnumerable<Repair> Refill(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts)
    {
        var judge = new JointJudge(judged.Judge, options);
        var words = doubts.Select(Word).ToList();
        var verdicts = judge.Judge(judged.Text, words, judged.CancellationToken);
        judged.Count(judge.Tokens);
        foreach (var (doubt, word, verdict) in doubts.Zip(words, verdicts))
        {
            if (verdict is not { } change) continue;
            var candidate = word.Forms[change.Form];
            yield return new Repair(doubt, candidate.Text, candidate.Candidate.EditKind, change.Score);
        }
    }

    private DoubtedWord Word(Doubt doubt)
    {
        var forms = doubt.Word.Candidates.Select((form, i) => new DoubtedForm(form.Candidate, doubt.Gains[i + 1])).Where(form => form.Gain > options.From).OrderByDescending(form => form.Gain).ToList();
        var isSettled = !IsHeard(forms[0].Candidate);
        return new DoubtedWord(doubt.Word.Word.Span, [.. isSettled ? forms.Take(1) : forms.Where(form => IsHeard(form.Candidate))], forms[0].Gain > minGainAlone, isSettled);
    }

    /// <summary>
    /// Whether the drafter has a say: the document's names and the writer's capitals are for the refiner, which reads the document and its
    /// neighbourhood, where the drafter reads one line.
    /// </summary>
    private static bool IsHeard(Candidate candidate) => candidate.Kind is not (CandidateKind.Document or CandidateKind.Case);
}
