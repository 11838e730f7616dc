using HybridGen.Canvases;
using HybridGen.Scoring;
using HybridGen.Telemetry;

namespace HybridGen.Judging;

/// <summary>A place of a canvas and the forms that compete for it.</summary>
/// <param name="Canvas">The canvas.</param>
/// <param name="First">Its first word that the forms replace.</param>
/// <param name="Count">Words that they replace; 0 inserts before <paramref name="First"/>.</param>
/// <param name="Forms">The forms as tokens; an empty one deletes.</param>
internal sealed record SlotContest(Canvas Canvas, int First, int Count, IReadOnlyList<int[]> Forms);

/// <summary>Masked pseudo-log-likelihood of competing forms in context.</summary>
/// <remarks>
/// Salazar et al. 2020; inside a form each token is masked together with those after it, as Kauf and Ivanova 2023 ("A Better Way to Do Masked
/// Language Model Scoring", section 3) do, since a rest of a word gives its beginning away.
/// </remarks>
internal sealed class PseudoLikelihood(Predictor predictor)
{
    /// <summary>
    /// Words on each side of a place that are read to judge it: a row for each token of each form costs by its length, and what is further away
    /// hardly turns a comparison of two forms; see docs/decisions/0010.
    /// </summary>
    public const int Context = 16;

    /// <summary>log p of each form of each contest, in nats; 0 for an empty form.</summary>
    public float[][] Score(IReadOnlyList<SlotContest> contests) => Stage.Of(Stage.Judge, () => ScoreNear([.. contests.Select(Near)]));

    private float[][] ScoreNear(List<SlotContest> contests)
    {
        var rows = new List<int[]>();
        var queries = new List<Query>();
        var owners = new List<(int SlotContest, int Form)>();
        for (var contest = 0; contest < contests.Count; contest++)
            for (var form = 0; form < contests[contest].Forms.Count; form++)
                for (var token = 0; token < contests[contest].Forms[form].Length; token++)
                {
                    var (row, start) = Row(contests[contest], contests[contest].Forms[form]);
                    queries.Add(new Query(rows.Count, start + token, contests[contest].Forms[form][token]));
                    row.AsSpan(start + token, contests[contest].Forms[form].Length - token).Fill(predictor.Denoiser.Descriptor.MaskId);
                    rows.Add(row);
                    owners.Add((contest, form));
                }

        var scores = contests.Select(contest => new float[contest.Forms.Count]).ToArray();
        foreach (var (answer, owner) in predictor.Predict(rows, queries).Zip(owners)) scores[owner.SlotContest][owner.Form] += answer.LogProbability;
        return scores;
    }

    /// <summary>
    /// The same with what the form does to its neighbours: log p of the form and of the words around it, each given the rest, plus a word's usual surprise for each word, so that
    /// a longer text is not worse for its length.
    /// </summary>
    /// <param name="wide">The contests.</param>
    /// <param name="neighbours">Words on each side that are scored too.</param>
    /// <param name="wordPrior">What a word is worth, in nats: its usual surprise.</param>
    public float[][] ScoreAround(IReadOnlyList<SlotContest> wide, int neighbours, float wordPrior)
    {
        using var stage = Stage.Begin(Stage.Judge);
        var contests = wide.Select(Near).ToList();
        var inner = ScoreNear(contests);
        var rows = new List<int[]>();
        var asked = new List<Query>();
        var owners = new List<(int SlotContest, int Form)>();
        for (var contest = 0; contest < contests.Count; contest++)
            for (var form = 0; form < contests[contest].Forms.Count; form++)
                foreach (var (ids, positions) in Around(contests[contest], contests[contest].Forms[form], neighbours))
                {
                    foreach (var (position, target) in positions)
                    {
                        asked.Add(new Query(rows.Count, position, target));
                        owners.Add((contest, form));
                    }

                    rows.Add(ids);
                }

        foreach (var (answer, owner) in predictor.Predict(rows, asked).Zip(owners)) inner[owner.SlotContest][owner.Form] += answer.LogProbability;
        for (var contest = 0; contest < contests.Count; contest++)
            for (var form = 0; form < contests[contest].Forms.Count; form++)
                if (contests[contest].Forms[form].Length > 0) inner[contest][form] += wordPrior;
        return inner;
    }

    /// <summary>A contest with no more of its canvas than is read to judge it.</summary>
    private static SlotContest Near(SlotContest contest)
    {
        var (from, to) = (Math.Max(0, contest.First - Context), Math.Min(contest.Canvas.Words.Count, contest.First + contest.Count + Context));
        return contest with { Canvas = contest.Canvas with { Words = [.. contest.Canvas.Words.Skip(from).Take(to - from)] }, First = contest.First - from };
    }

    /// <summary>The canvas with a form in place, and where the form begins.</summary>
    private (int[] Row, int Start) Row(SlotContest contest, int[] form)
    {
        var row = Place(contest, form);
        return (row.Ids, row.Starts[contest.First]);
    }

    private TokenRow Place(SlotContest contest, int[] form)
    {
        var words = contest.Canvas.Words.Select(word => word.Draft.Tokens).ToList();
        words.RemoveRange(contest.First, contest.Count);
        words.Insert(contest.First, form);
        return TokenRow.Of(words, predictor.Denoiser.Descriptor);
    }

    /// <summary>One row for each neighbour of the place, with that neighbour masked.</summary>
    private IEnumerable<(int[] Ids, (int Position, int Target)[] Asked)> Around(SlotContest contest, int[] form, int neighbours)
    {
        var row = Place(contest, form);
        for (var word = Math.Max(0, contest.First - neighbours); word <= Math.Min(row.Words - 1, contest.First + neighbours); word++)
        {
            if (word == contest.First) continue;
            var masked = row.Masked(other => other == word, predictor.Denoiser.Descriptor.MaskId);
            yield return (masked, [.. row.Positions(word).Select(position => (position, row.Ids[position]))]);
        }
    }
}
