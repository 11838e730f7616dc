using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Models.Mini;
using HybridGen.Revising;

namespace HybridGen.Judging;

/// <summary>A drafter that judges what the refiner proposes.</summary>
/// <param name="Drafter">The drafter.</param>
/// <param name="Count">Told of the tokens that it decoded.</param>
/// <param name="CancellationToken">Stops the drafter.</param>
internal sealed record SecondJudge(IDraftScorer Drafter, Action<int> Count, CancellationToken CancellationToken);

/// <summary>Doubts words of which a near form is not too improbable, and lets refiner and drafter choose together.</summary>
/// <remarks>Each change has won with the other sure ones of its line made, so there is no measure of a whole window that could overrule it.</remarks>
internal sealed class JudgedSpelling(MiniScorer scorer, double minGainAlone, DrafterJudge options, SecondJudge judge) : Strategy
{
    public override Step Propose(IReadOnlyList<Canvas> canvases, PassContext pass)
    {
        var gains = SpellingStrategy.Gains(scorer, canvases);
        var places = canvases.SelectMany((canvas, i) => canvas.Words.Select((word, j) => (Canvas: i, Index: j, Word: word)))
            .Select(place => (place.Canvas, place.Index, Doubted: Doubted(place.Word, gains[place.Canvas][place.Index], pass))).Where(place => place.Doubted is not null).ToList();
        var joint = new JointJudge(judge.Drafter, options);
        var verdicts = joint.Judge(pass.Text, places.Select(place => place.Doubted!), judge.CancellationToken);
        judge.Count(joint.Tokens);
        var repairs = places.Zip(verdicts).Where(place => place.Second is not null).Select(place => Repair(place.First.Canvas, place.First.Index, place.First.Doubted!, place.Second!.Value));
        return new Step(SpellingStrategy.Scores(gains), places.Select(place => (place.Canvas, place.Index)).ToHashSet(), [.. repairs], []);
    }

    public override float[] Measure(IReadOnlyList<Canvas> canvases) => SpellingStrategy.Measure(canvases, SpellingStrategy.Gains(scorer, canvases));

    private static Repair Repair(int canvas, int index, DoubtedWord word, Verdict verdict) =>
        new(canvas, index, 1, word.Span, word.Forms[verdict.Form].Text, word.Forms[verdict.Form].Kind, verdict.Score);

    /// <summary>The word with its forms that are looked at; null where none is.</summary>
    private DoubtedWord? Doubted(CanvasWord word, float[] gains, PassContext pass)
    {
        if (word.IsProtected || gains.Length < 2 || gains.AsSpan(1).ContainsAnyExceptInRange(float.NegativeInfinity, (float)options.From) is false) return null;
        var forms = word.Candidates.Select((form, i) => (form.Candidate, Gain: gains[i + 1] + pass.Limits.Bias(pass.Text, word.Word.Span, form.Candidate.Form, form.Candidate.EditKind)))
            .Where(form => form.Gain > options.From).OrderByDescending(form => form.Gain).ToList();
        if (forms.Count == 0) return null;
        var isSettled = !IsHeard(forms[0].Candidate);
        var heard = isSettled ? forms.Take(1) : forms.Where(form => IsHeard(form.Candidate));
        return new DoubtedWord(word.Word.Span, [.. heard.Select(form => new DoubtedForm(form.Candidate.Form, form.Candidate.EditKind, form.Gain))], forms[0].Gain > minGainAlone, isSettled);
    }

    /// <summary>
    /// Whether the drafter has a say: the document's names and the writer's capitals are for the refiner, which reads the document and its
    /// neighbourhood, where the drafter reads one line.
    /// </summary>
    private static bool IsHeard(Candidate candidate) => candidate.Kind is not (CandidateKind.Document or CandidateKind.Case);
}
