using System.Runtime.CompilerServices;
using HybridGen.Judging;

namespace HybridGen.Revising;

/// <summary>What a revision may change, and how sure it must be.</summary>
public abstract record EditPolicy
{
    private EditPolicy() { }

    /// <summary>
    /// Mends misspelled, confused and inconsistently written words: a word changes only to one of its near forms (lexicon, common
    /// confusions, the document's own names).
    /// </summary>
    public sealed record Spelling : EditPolicy
    {
        /// <summary>Least gain of a change, in nats: higher changes less and is right more often.</summary>
        /// <value>0 or more; default 2. Where a drafter judges too, <see cref="DrafterJudge.MinGain"/> stands in its place.</value>
        public double MinGain { get; init => field = Nats(value); } = 2;

        /// <summary>How the engine's judge is heard (<see cref="HybridGenOptions.JudgePath"/>); <see langword="null"/> leaves the refiner alone, which is faster.</summary>
        /// <value>Default: a judge with its defaults.</value>
        public DrafterJudge? Judge { get; init; } = new();
    }

    /// <summary>
    /// Rewrites words that do not fit their sentence: the most doubtful are remasked and written anew by the refiner, which sees both
    /// sides of them.
    /// </summary>
    public sealed record Fluency : EditPolicy
    {
        /// <summary>Least gain of a change, in nats: higher changes less.</summary>
        /// <value>0 or more; default 2.</value>
        public double MinGain { get; init => field = Nats(value); } = 2;

        /// <summary>Largest share of the words that one pass remasks.</summary>
        /// <value>Above 0, at most 1; default 0.25.</value>
        public double RemaskShare
        {
            get;
            init => field = value is > 0 and <= 1
                ? value
                : throw new ArgumentOutOfRangeException(nameof(RemaskShare), value, "RemaskShare must be above 0 and at most 1.");
        } = 0.25;
    }

    private static double Nats(double value, [CallerMemberName] string name = "") => value is >= 0 and <= 1000
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a number of nats from 0 to 1000.");
}
