using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Judging;
using HybridGen.Scoring;
using HybridGen.Selecting;
using HybridGen.Telemetry;

namespace HybridGen.Revising;

/// <summary>
/// The loop over any denoiser: masked scores find doubtful words, the most doubtful are remasked, written anew in several lengths, and judged by
/// masked pseudo-log-likelihood against what stood there.
/// </summary>
internal sealed class MaskedStrategy(MaskedPolicy policy, IWordScoring scoring, IWordScoring measure, RemaskSelection selection, SpanFiller filler, PseudoLikelihood judge, int alternatives) : Strategy
{
    /// <summary>Words on each side whose probability decides over an inserted or deleted word.</summary>
    private const int Neighbours = 2;

    /// <summary>Words of a canvas around which an insertion or deletion is tried: it costs many rows.</summary>
    private const int MostLengthChanges = 3;

    /// <summary>What a word is worth in a measure of texts of different length, in nats: an English word's usual surprise.</summary>
    private const float WordPrior = 4;

    /// <summary>The drafter that judges rewritten words too, and how it is heard; null without one.</summary>
    public (DrafterJudge How, SecondJudge Judge)? Joint { get; init; }

    public override bool SettlesWindows => false;

    public override Step Propose(IReadOnlyList<Canvas> canvases, PassContext pass)
    {
        var scores = Stage.Of(Stage.Score, () => scoring.Score(canvases));
        var doubts = Stage.Of(Stage.Remask, () => canvases.SelectMany((canvas, i) => Doubts(canvas, scores[i], pass).Select(word => (Canvas: i, Word: word))).ToList());
        var repairs = Rewrite(canvases, doubts, pass);
        if (policy.MayChangeLength) repairs.AddRange(ChangeLength(canvases, scores, doubts, pass));
        var kept = Disjoint(repairs);
        return new Step(scores, doubts.ToHashSet(), kept, scoring == measure ? Measure(scores) : MeasureChanged(canvases, kept));
    }

    public override float[] Measure(IReadOnlyList<Canvas> canvases) => Measure(Stage.Of(Stage.Score, () => measure.Score(canvases)));

    protected override ILookup<int, double> Heard(IReadOnlyList<Repair> repairs, PassContext pass)
    {
        if (Joint is not { } joint) return base.Heard(repairs, pass);
        var judge = new JointJudge(joint.Judge.Drafter, joint.How);
        var heard = judge.Together(pass.Text, repairs, _ => true, joint.Judge.CancellationToken);
        joint.Judge.Count(judge.Tokens);
        return heard.ToLookup(passage => passage.Repairs[0].Canvas, passage => passage.Say);
    }

    /// <summary>The measures of the canvases that would change; nobody asks for the others'.</summary>
    private float[] MeasureChanged(IReadOnlyList<Canvas> canvases, List<Repair> repairs)
    {
        var measures = new float[canvases.Count];
        int[] changed = [.. repairs.Select(repair => repair.Canvas).Distinct()];
        foreach (var (canvas, value) in changed.Zip(Measure([.. changed.Select(canvas => canvases[canvas])]))) measures[canvas] = value;
        return measures;
    }

    private static float[] Measure(WordScore[][] scores) => [.. scores.Select(words => words.Sum(word => word.BestIds is null ? 0 : word.LogProbability + WordPrior))];

    private List<int> Doubts(Canvas canvas, WordScore[] scores, PassContext pass)
    {
        return selection.Select(canvas, scores, pass.Share, (word, score) => !word.IsProtected && policy.MayChange(word) && (score.Suspicion > policy.MinSuspicion || IsForced(word)), IsForced);

        bool IsForced(CanvasWord word) => pass.Forced.Contains(word.Word.Span.Start);
    }

    private List<Repair> Rewrite(IReadOnlyList<Canvas> canvases, List<(int Canvas, int Word)> doubts, PassContext pass)
    {
        var gaps = doubts.SelectMany(doubt => policy.Lengths(canvases[doubt.Canvas].Words[doubt.Word].Draft.Tokens.Length).Select(length => new SpanGap(doubt.Canvas, doubt.Word, 1, length))).ToList();
        var fillings = filler.Fill(canvases, gaps, Math.Max(policy.Proposals, alternatives)).ToLookup(filling => (filling.Gap.Canvas, filling.Gap.First));
        var contests = doubts.Select(doubt =>
        {
            var word = canvases[doubt.Canvas].Words[doubt.Word];
            var best = fillings[doubt].OrderByDescending(filling => filling.LogProbability).Select(filling => filling.Ids);
            return (doubt.Canvas, doubt.Word, Forms: Forms(word, best));
        }).Where(contest => contest.Forms.Count > 0).ToList();
        var judged = judge.Score([.. contests.Select(contest => new SlotContest(canvases[contest.Canvas], contest.Word, 1, [canvases[contest.Canvas].Words[contest.Word].Draft.Tokens, .. contest.Forms.Select(form => form.Tokens)]))]);
        var rated = contests.Zip(judged).Select(contest => Rate(contest.First.Canvas, contest.First.Word, canvases[contest.First.Canvas].Words[contest.First.Word], contest.First.Forms, contest.Second, pass)).ToList();
        return Joint is { } joint ? Judge(rated, joint.How, joint.Judge, pass) : [.. rated.Select(forms => forms[0]).Where(best => best.Gain > policy.MinGain)];
    }

    /// <summary>What competes with a word: what the policy and the refiner know, and beside it what the drafter could have written.</summary>
    private List<ProposedForm> Forms(CanvasWord word, IEnumerable<int[]> fillings) =>
        [.. policy.Forms(word, fillings).DistinctBy(form => form.Text).Take(Math.Max(policy.Proposals, alternatives + 3)).Concat(policy.Allowed(word, word.Drafted)).DistinctBy(form => form.Text)];

    /// <summary>The forms of a word as repairs, the best first.</summary>
    private static List<Repair> Rate(int canvas, int index, CanvasWord word, List<ProposedForm> forms, float[] scores, PassContext pass) =>
        [.. forms.Select((form, i) =>
        {
            var prior = form.Channel + pass.Limits.Bias(pass.Text, word.Word.Span, form.Text, form.Kind);
            return new Repair(canvas, index, 1, word.Word.Span, form.Text, form.Kind, scores[i + 1] - scores[0] + prior) { Prior = prior };
        }).OrderByDescending(repair => repair.Gain)];

    /// <summary>Lets the drafter choose too among the forms that the refiner finds good enough to look at.</summary>
    private List<Repair> Judge(List<List<Repair>> rated, DrafterJudge how, SecondJudge second, PassContext pass)
    {
        var open = rated.Where(forms => forms[0].Gain > how.From).OrderBy(forms => forms[0].Span.Start).ToList();
        var words = open.Select(forms => new DoubtedWord(forms[0].Span, [.. forms.Where(form => form.Gain > how.From).Select(form => new DoubtedForm(form.After, form.Kind, form.Gain))], forms[0].Gain > policy.MinGain, IsSettled: false));
        var joint = new JointJudge(second.Drafter, how);
        var verdicts = joint.Judge(pass.Text, words, second.CancellationToken);
        second.Count(joint.Tokens);
        return [.. open.Zip(verdicts).Where(word => word.Second is not null).Select(word => word.First[word.Second!.Value.Form] with { Gain = word.Second.Value.Score, IsHeard = true })];
    }

    /// <summary>Tries to drop the most doubtful words of each canvas, and to add one after them.</summary>
    private List<Repair> ChangeLength(IReadOnlyList<Canvas> canvases, WordScore[][] scores, List<(int Canvas, int Word)> doubts, PassContext pass)
    {
        var places = doubts.GroupBy(doubt => doubt.Canvas)
            .SelectMany(canvas => canvas.OrderByDescending(doubt => scores[doubt.Canvas][doubt.Word].Suspicion).Take(MostLengthChanges))
            // What a change of length must gain it can hardly gain where the text surprises by less.
            .Where(doubt => scores[doubt.Canvas][doubt.Word].Suspicion > policy.LengthMinGain)
            .Union(canvases.SelectMany((canvas, i) => Doubled(canvas).Select(word => (Canvas: i, Word: word)))).ToList();
        var added = filler.Fill(canvases, [.. places.Where(place => MaskedPolicy.MayInsertAfter(canvases[place.Canvas].Words, place.Word, pass.Text)).Select(place => new SpanGap(place.Canvas, place.Word + 1, 0, 1))], alternatives: 1);
        var contests = added.Select(filling => (filling.Gap.Canvas, filling.Gap.First, Count: 0, Form: policy.Inserted(filling.Ids)))
            .Where(contest => contest.Form is not null)
            .Concat(places.Where(place => policy.MayDelete(canvases[place.Canvas].Words, place.Word, pass.Text)).Select(place => (place.Canvas, First: place.Word, Count: 1, Form: (ProposedForm?)ProposedForm.Deleted)))
            .ToList();
        var judged = judge.ScoreAround([.. contests.Select(contest => new SlotContest(canvases[contest.Canvas], contest.First, contest.Count,
            [contest.Count == 0 ? [] : canvases[contest.Canvas].Words[contest.First].Draft.Tokens, contest.Form!.Tokens]))], Neighbours, WordPrior);
        return [.. contests.Zip(judged).Select(contest => LengthChange(contest.First.Canvas, canvases[contest.First.Canvas].Words, contest.First.First, contest.First.Count, contest.First.Form!, contest.Second[1] - contest.Second[0], pass)).OfType<Repair>()];
    }

    /// <summary>Words that say again what the word before them says.</summary>
    private static IEnumerable<int> Doubled(Canvas canvas) => Enumerable.Range(1, Math.Max(0, canvas.Words.Count - 1))
        .Where(word => canvas.Words[word] is { IsProtected: false, Word.StartsWithLetter: true } && IsDoubled(canvas.Words, word));

    private static bool IsDoubled(IReadOnlyList<CanvasWord> words, int word) => word > 0 && words[word].Word.Body == words[word - 1].Word.Body;

    private Repair? LengthChange(int canvas, IReadOnlyList<CanvasWord> words, int first, int count, ProposedForm form, float gain, PassContext pass)
    {
        var span = count == 0 ? new TextSpan(words[first - 1].Word.Span.End, 0) : Deleted(words[first].Word.Span, pass.Text);
        var after = count == 0 ? " " + form.Text : "";
        var kind = count == 0 ? EditKind.Insertion : EditKind.Deletion;
        var prior = pass.Limits.Bias(pass.Text, span, after, kind);
        var total = gain + prior;
        // That a word is missing or too much is easily fancied.
        var least = count == 1 && IsDoubled(words, first) ? policy.DoubledMinGain : policy.LengthMinGain;
        return total > least ? new Repair(canvas, first, count, span, after, kind, total) { Prior = prior } : null;
    }

    /// <summary>A word with the space before it, or after it where it begins a line.</summary>
    private static TextSpan Deleted(TextSpan word, string text) =>
        word.Start > 0 && text[word.Start - 1] == ' ' ? new TextSpan(word.Start - 1, word.Length + 1) : new TextSpan(word.Start, word.Length + 1);

    /// <summary>The best repairs that do not touch each other, in text order.</summary>
    private static List<Repair> Disjoint(List<Repair> repairs)
    {
        var kept = new List<Repair>();
        foreach (var repair in repairs.OrderByDescending(repair => repair.Gain))
            if (kept.TrueForAll(other => other.Span.End < repair.Span.Start || repair.Span.End < other.Span.Start)) kept.Add(repair);
        kept.Sort((a, b) => a.Span.Start.CompareTo(b.Span.Start));
        return kept;
    }
}
