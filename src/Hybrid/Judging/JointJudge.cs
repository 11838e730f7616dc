using HybridGen.Drafting;
using HybridGen.Revising;
using HybridGen.Telemetry;

namespace HybridGen.Judging;

/// <summary>Judges the refiner's proposals together with a drafter.</summary>
internal sealed class JointJudge(IDraftScorer drafter, DrafterJudge options)
{
    private readonly double _weight = options.WeightOf(drafter);
    private readonly double _minGain = options.MinGainOf(drafter);

    /// <summary>Tokens that the drafter decoded so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>Judges the doubted words of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="words">The words in text order.</param>
    /// <param name="cancellationToken">Stops, also inside a decode.</param>
    /// <returns>For each word what replaces it; null where it stays.</returns>
    public Verdict?[] Judge(string text, IEnumerable<DoubtedWord> words, CancellationToken cancellationToken)
    {
        using var stage = Stage.Begin(Stage.Judge);
        var contests = words.Select(word => new Contest(word, options.MaxForms, _weight, _minGain)).ToList();
        var passages = JudgedPassage.Cut(text, contests, drafter.MaxScoredTokens);
        if (passages.Count > 0)
        {
            // The thread that owns the refiner's tensors has nothing else to do meanwhile.
            var comparison = drafter.CompareAsync([.. passages.Select(passage => passage.Variants)], options.Tail, cancellationToken).GetAwaiter().GetResult();
            foreach (var (passage, scores) in passages.Zip(comparison.Scores)) passage.Hear(scores);
            Tokens += comparison.TextTokens + comparison.VariantTokens;
        }

        return [.. contests.Select(contest => contest.Decide())];
    }

    /// <summary>Asks the drafter about changes that are made together.</summary>
    /// <param name="text">The text.</param>
    /// <param name="repairs">The changes in text order, those too in which it has no say.</param>
    /// <param name="isOpen">Whether the drafter need be asked about the changes of a passage.</param>
    /// <param name="cancellationToken">Stops, also inside a decode.</param>
    /// <returns>
    /// For each passage that is open the changes in which the drafter has a say, and its say: the weight times (log p(text with all) - log p(text
    /// without those)), from the first to the tail after the last, at most <see cref="Contest.MostLogRatio"/> nats for each.
    /// </returns>
    public List<(IReadOnlyList<Repair> Repairs, double Say)> Together(string text, IReadOnlyList<Repair> repairs, Predicate<IReadOnlyList<Repair>> isOpen, CancellationToken cancellationToken)
    {
        using var stage = Stage.Begin(Stage.Judge);
        var passages = JointPassage.Cut(text, repairs, drafter.MaxScoredTokens).Where(passage => isOpen(passage.Heard)).ToList();
        if (passages.Count == 0) return [];
        var comparison = drafter.CompareAsync([.. passages.Select(passage => passage.Variants)], options.Tail, cancellationToken).GetAwaiter().GetResult();
        Tokens += comparison.TextTokens + comparison.VariantTokens;
        return [.. passages.Zip(comparison.Scores, (passage, scores) =>
            (passage.Heard, _weight * -Math.Clamp(scores[0].LogRatio, -Most(passage), Most(passage))))];

        static double Most(JointPassage passage) => Contest.MostLogRatio * passage.Heard.Count;
    }

    /// <summary>The least that the drafter's say in some changes can be, in nats.</summary>
    public double LeastSay(int changes) => -_weight * Contest.MostLogRatio * changes;
}
