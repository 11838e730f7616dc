using HybridGen.Drafting;

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
}
