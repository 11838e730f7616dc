using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Models.Mini;
using HybridGen.Revising;
using HybridGen.Selecting;

namespace HybridGen.Judging;

/// <summary>A drafter that judges what the refiner proposes.</summary>
/// <param name="Drafter">The drafter.</param>
/// <param name="Count">Told of the tokens that it decoded.</param>
/// <param name="CancellationToken">Stops the drafter.</param>
internal sealed record SecondJudge(IDraftScorer Drafter, Action<int> Count, CancellationToken CancellationToken);

/// <summary>Doubts words of which a near form is not too improbable, and lets refiner and drafter choose together.</summary>
/// <remarks>
/// The score of a text is what the pointer gives its words, each given the text as it was written, plus the drafter's say. The pointer's part is a
/// sum over words and needs no second look; what the drafter says of two changes of a line is not the sum of what it says of each.
/// </remarks>
internal sealed class JudgedSpelling(MiniScorer scorer, double minGainAlone, RemaskSelection selection, DrafterJudge options, SecondJudge judge) : Strategy
{
    public override Step Propose(IReadOnlyList<Canvas> canvases, PassContext pass)
    {
        var gains = SpellingStrategy.Gains(scorer, canvases);
        var places = canvases.SelectMany((canvas, i) => canvas.Words.Select((word, j) => (Canvas: i, Index: j, Word: word)))
            .Select(place => (place.Canvas, place.Index, Doubted: Doubted(place.Word, gains[place.Canvas][place.Index], pass))).Where(place => place.Doubted is not null).ToList();
        var joint = new JointJudge(judge.Drafter, options);
        var verdicts = joint.Judge(pass.Text, places.Select(place => place.Doubted!), judge.CancellationToken);
        judge.Count(joint.Tokens);
        var judged = places.Zip(verdicts, (place, verdict) => (place.Canvas, place.Index, Doubted: place.Doubted!, Verdict: verdict)).ToList();
        var busy = judged.Where(word => !word.Doubted.IsSettled && (word.Doubted.IsSure || word.Verdict is not null)).CountBy(word => Line(word.Doubted)).ToDictionary();
        var repairs = judged.Where(word => word.Verdict is not null)
            .Select(word => Repair(word.Canvas, word.Index, word.Doubted, word.Verdict!.Value) with { IsOnlyOne = !word.Doubted.IsSettled && busy[Line(word.Doubted)] == 1 });
        return new Step(SpellingStrategy.Scores(gains), places.Select(place => (place.Canvas, place.Index)).ToHashSet(), [.. selection.Select(repairs, canvases, pass.Share)], []);

        int Line(DoubtedWord word) => pass.Text.AsSpan(0, word.Span.Start).LastIndexOfAny('\n', '\r');
    }

    public override float[] Measure(IReadOnlyList<Canvas> canvases) => SpellingStrategy.Measure(canvases, SpellingStrategy.Gains(scorer, canvases));

    /// <summary>Changes of a passage that lose together; one that was judged alone, in the line as it will stand, has won.</summary>
    public override IEnumerable<IReadOnlyList<Repair>> Fallen(IReadOnlyList<Canvas> canvases, Step step, IReadOnlyList<Repair> repairs, PassContext pass)
    {
        var joint = new JointJudge(judge.Drafter, options);
        var together = joint.Together(pass.Text, repairs, heard => heard is not [{ IsOnlyOne: true }] && heard.Sum(repair => repair.Alone) + joint.LeastSay(heard.Count) < 0, judge.CancellationToken);
        judge.Count(joint.Tokens);
        return together.Where(passage => !(passage.Repairs.Sum(repair => repair.Alone) + passage.Say >= -Guard.Tolerance)).Select(passage => passage.Repairs);
    }

    private static Repair Repair(int canvas, int index, DoubtedWord word, Verdict verdict) =>
        new(canvas, index, 1, word.Span, word.Forms[verdict.Form].Text, word.Forms[verdict.Form].Kind, verdict.Score)
        {
            Alone = word.Forms[verdict.Form].Gain,
            IsHeard = !word.IsSettled,
        };

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
