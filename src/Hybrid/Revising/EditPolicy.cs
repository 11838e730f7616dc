using System.Runtime.CompilerServices;
using HybridGen.Judging;

namespace HybridGen.Revising;

/// <summary>What a revision may change, and how sure it must be.</summary>
public abstract record EditPolicy
{
    private EditPolicy() { }

    /// <summary>
    /// Mends misspelled, confused and inconsistently written words: a word changes only to one of its near forms (lexicon, common
    /// confusions, the document's own names, near words that the drafter considered).
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

    /// <summary>Only makes the ways agree in which one text writes its names and terms.</summary>
    public sealed record Consistency : EditPolicy
    {
        /// <summary>Least gain of a change, in nats: higher changes less and is right more often.</summary>
        /// <value>0 or more; default 2.</value>
        public double MinGain { get; init => field = Nats(value); } = 2;
    }

    /// <summary>
    /// Mends grammar and leaves the meaning: articles, prepositions, pronouns and auxiliaries give way to their like, other common words to forms
    /// of the same word; missing small words are added and doubled ones dropped. Names, rare words and capitals stay. The families are English.
    /// </summary>
    public sealed record Fluency : EditPolicy
    {
        /// <summary>Least gain of a change, in nats: higher changes less.</summary>
        /// <value>0 or more; default 6: of 400 words that are right none should change. Where a drafter judges too, <see cref="DrafterJudge.MinGain"/> stands in its place for replaced words.</value>
        public double MinGain { get; init => field = Nats(value); } = 6;

        /// <summary>How the engine's judge is heard; <see langword="null"/> leaves the refiner alone.</summary>
        /// <value>Default: a judge that looks at what the refiner prefers, with the same least gain.</value>
        public DrafterJudge? Judge { get; init; } = new() { From = 0, MinGain = 6 };
    }

    /// <summary>Rewrites any word that is not protected, also by several or by none, wherever the refiner finds the text more probable so.</summary>
    public sealed record Free : EditPolicy
    {
        /// <summary>Least gain of a change, in nats: higher changes less.</summary>
        /// <value>0 or more; default 2.</value>
        public double MinGain { get; init => field = Nats(value); } = 2;
    }

    private static double Nats(double value, [CallerMemberName] string name = "") => value is >= 0 and <= 1000
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a number of nats from 0 to 1000.");
}
