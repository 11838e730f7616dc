using System.Runtime.CompilerServices;
using HybridGen.Drafting;

namespace HybridGen.Judging;

/// <summary>How much a drafter has to say about the refiner's proposals for spelling.</summary>
/// <remarks>
/// The refiner knows how people mistype and what is near, a drafter knows what people write: together they are right more often than either. For
/// each doubtful word, score = the refiner's gain + <see cref="Weight"/> times (log p(text with the form) - log p(text with the draft's word)), over
/// the changed word and the tail after it, with the other sure corrections of its line made in both; the best form replaces the word
/// where its score is above <see cref="MinGain"/>. Of names and capitals the refiner judges alone: it reads the document and the writer's
/// habits, the drafter one line.
/// </remarks>
public sealed record DrafterJudge
{
    // Between the mini drafter (9 M) and SmolLM2-135M, the two that were measured.
    private const long Large = 50_000_000;

    /// <summary>The drafter's weight.</summary>
    /// <value>0 to 100; <see langword="null"/> (default) goes by the drafter's size: 1 from 50 M weights on, else 0.4.</value>
    public double? Weight { get; init => field = value is null ? value : InRange(value.Value, 0, 100); }

    /// <summary>Least score of a change, in nats: higher changes less and is right more often.</summary>
    /// <value>0 to 1000; <see langword="null"/> (default) goes by the drafter's size: 6 from 50 M weights on, else 4.5.</value>
    public double? MinGain { get; init => field = value is null ? value : InRange(value.Value, 0, 1000); }

    /// <summary>The refiner's gain from which on a form is looked at, in nats; lower finds more errors and costs more.</summary>
    /// <value>-100 to 100; default -4.</value>
    public double From { get; init => field = InRange(value, -100, 100); } = -4;

    /// <summary>Tokens after the changed word that count beside it.</summary>
    /// <value>0 to 64; default 4.</value>
    public int Tail { get; init => field = (int)InRange(value, 0, 64); } = 4;

    /// <summary>Largest number of forms that compete with the draft's word.</summary>
    /// <value>1 to 7; default 3.</value>
    public int MaxForms { get; init => field = (int)InRange(value, 1, 7); } = 3;

    /// <summary>The weight for a drafter.</summary>
    internal double WeightOf(IDraftScorer drafter) => Weight ?? (drafter.ParameterCount >= Large ? 1 : 0.4);

    /// <summary>The least score for a drafter.</summary>
    internal double MinGainOf(IDraftScorer drafter) => MinGain ?? (drafter.ParameterCount >= Large ? 6 : 4.5);

    private static double InRange(double value, double least, double most, [CallerMemberName] string name = "") => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {least} to {most}.");
}
