using System.Threading.Channels;
using HybridGen.Drafting;
using HybridGen.Protecting;
using HybridGen.Schedules;
using HybridGen.Scoring;
using HybridGen.Selecting;
using HybridGen.Steering;

namespace HybridGen.Revising;

/// <summary>How a text is revised.</summary>
public sealed record ReviseOptions
{
    /// <summary>Only mends spelling and consistency.</summary>
    public static ReviseOptions Fix { get; } = new() { Policies = [new EditPolicy.Spelling()] };

    /// <summary>The policies, applied one after the other.</summary>
    /// <value>At least one; default <see cref="EditPolicy.Spelling"/>, then <see cref="EditPolicy.Fluency"/>.</value>
    public IReadOnlyList<EditPolicy> Policies
    {
        get;
        init => field = value is { Count: > 0 }
            ? value
            : throw new ArgumentException("A revision needs at least one policy.", nameof(Policies));
    } = [new EditPolicy.Spelling(), new EditPolicy.Fluency()];

    /// <summary>Largest number of passes of each policy; a policy ends early when a pass finds nothing that was not tried before.</summary>
    /// <value>1 to 100; default 1.</value>
    public int Passes { get; init => field = InRange(value, 1, 100); } = 1;

    /// <summary>Largest share of a window's words that one pass remasks, before <see cref="Schedule"/>.</summary>
    /// <remarks>To mend spelling <c>mini</c> remasks nothing: it is the largest share of words that a pass changes then.</remarks>
    /// <value>Above 0, at most 1; <see langword="null"/> (default) is the policy's own.</value>
    public double? RemaskShare
    {
        get;
        init => field = value is null or (> 0 and <= 1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(RemaskShare), value, "RemaskShare must be above 0 and at most 1.");
    }

    /// <summary>How the share falls from pass to pass: pass p of P remasks the share that is noise at time 1 - (p - 1) / P.</summary>
    /// <value>Default: <see cref="NoiseSchedule.Linear"/>.</value>
    public NoiseSchedule Schedule { get; init => field = NotNull(value); } = new NoiseSchedule.Linear();

    /// <summary>Which doubtful words are remasked first.</summary>
    /// <value>Default: <see cref="RemaskStrategy.Margin"/>.</value>
    public RemaskStrategy Strategy { get; init => field = NotNull(value); } = new RemaskStrategy.Margin();

    /// <summary>How doubtful words are found.</summary>
    /// <value><see langword="null"/> (default): <see cref="SuspicionScoring.VisibleErrors"/> where the refiner was trained on them, else <see cref="SuspicionScoring.StridedMasking"/>; mending spelling with <c>mini</c> always reads its pointer.</value>
    public SuspicionScoring? Scoring { get; init; }

    /// <summary>How often one word may be remasked over all passes of a policy.</summary>
    /// <value>1 to 100; default 3 (T2M, arXiv 2604.18738, uses 1 to 5).</value>
    public int MaxRemasksPerWord { get; init => field = InRange(value, 1, 100); } = 3;

    /// <summary>How many words of a window are remasked at a time, whatever the share.</summary>
    /// <value>1 or more; default 64.</value>
    public int MaxRemasksPerStep { get; init => field = InRange(value, 1, int.MaxValue); } = 64;

    /// <summary>Temperature of refilled words: 0 always takes the most probable ones.</summary>
    /// <value>0 to 10; default 0.</value>
    public double Temperature { get; init => field = InRange(value, 0, 10); }

    /// <summary>Proposals that are judged for each remasked place.</summary>
    /// <value>1 to 32; default 4.</value>
    public int Candidates { get; init => field = InRange(value, 1, 32); } = 4;

    /// <summary>Fixes everything that is drawn.</summary>
    /// <value>Default 0.</value>
    public int Seed { get; init; }

    /// <summary>Windows that may go through the refiner before the revision ends with what it has.</summary>
    /// <value>1 or more; <see langword="null"/> (default) sets no limit. It is looked at between batches of windows.</value>
    public int? MaxForwards { get; init => field = value is { } count ? InRange(count, 1, int.MaxValue) : null; }

    /// <summary>Time after which the revision ends with what it has.</summary>
    /// <value>Above zero; <see langword="null"/> (default) sets no limit. It is looked at between batches of windows.</value>
    public TimeSpan? TimeBudget
    {
        get;
        init => field = value is null || value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(TimeBudget), value, "TimeBudget must be above zero.");
    }

    /// <summary>The part of the text that may change; what stands around it is only read.</summary>
    /// <value><see langword="null"/> (default): all of it. Windows that lie outside of it do not go through the refiner.</value>
    public TextSpan? Part { get; init; }

    /// <summary>Parts of the text that stay byte for byte, such as what a model thought or its calls of tools; they are only read.</summary>
    /// <value>In order, apart from each other; default: none. Windows that lie inside of one do not go through the refiner.</value>
    public IReadOnlyList<TextSpan> Kept
    {
        get;
        init => field = NotNull(value).Zip(value.Skip(1)).All(pair => pair.First.End <= pair.Second.Start) ? value : throw new ArgumentException("The parts that are kept overlap, or are not in order.", nameof(Kept));
    } = [];

    /// <summary>What must not change besides code, addresses and identifiers.</summary>
    public Protection Protection { get; init => field = NotNull(value); } = new();

    /// <summary>What may stand where; a proposal that breaks one is never considered.</summary>
    public IReadOnlyList<SlotConstraint> Constraints { get; init => field = NotNull(value); } = [];

    /// <summary>Nats that the caller adds to a proposal's gain: above 0 speaks for it, minus infinity forbids it.</summary>
    /// <value><see langword="null"/> (default) adds nothing. It is called on the refiner's thread.</value>
    public Func<ProposedChange, double>? Attribute { get; init; }

    /// <summary>Sees each step and may steer it.</summary>
    /// <value><see langword="null"/> (default) lets every step be. It is called on the refiner's thread, before the step's changes are made.</value>
    public Action<RevisionStep>? OnStep { get; init; }

    /// <summary>The draft that the text comes from, for <see cref="SuspicionScoring.DrafterSnapshot"/> and for the drafter's alternatives.</summary>
    /// <value><see langword="null"/> (default): there is none. It is used where its text is the text that is revised.</value>
    public Draft? Draft { get; init; }

    /// <summary>How many of the words that the drafter could have written in a doubtful word's place compete with it, where there is a <see cref="Draft"/>.</summary>
    /// <remarks>
    /// They come from the tokens that the draft reports (<see cref="DraftOptions.Alternatives"/>). A policy takes those of them that it would take
    /// from the refiner: mending spelling those that are near, fluency those that are akin, free rewriting all.
    /// </remarks>
    /// <value>0 to 64; default 3. 0 leaves the drafter's alternatives out.</value>
    public int DraftAlternatives { get; init => field = InRange(value, 0, 64); } = 3;

    private static int InRange(int value, int least, int most, [System.Runtime.CompilerServices.CallerMemberName] string name = "") =>
        value >= least && value <= most ? value : throw new ArgumentOutOfRangeException(name, value, most == int.MaxValue ? $"{name} must be {least} or more." : $"{name} must be {least} to {most}.");

    private static double InRange(double value, double least, double most, [System.Runtime.CompilerServices.CallerMemberName] string name = "") =>
        value >= least && value <= most ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {least} to {most}.");

    private static T NotNull<T>(T value, [System.Runtime.CompilerServices.CallerMemberName] string name = "") => value ?? throw new ArgumentNullException(name);
}

/// <summary>How far a revision has come.</summary>
/// <param name="Policy">The policy at work.</param>
/// <param name="Pass">Its pass, from 1.</param>
/// <param name="Done">Characters (UTF-16) of the text up to which this pass has come.</param>
/// <param name="Total">Characters of the text.</param>
/// <param name="Edits">Changes accepted so far.</param>
public readonly record struct ReviseProgress(EditPolicy Policy, int Pass, int Done, int Total, int Edits);

/// <summary>Writes down how far a revision has come.</summary>
internal sealed class StepWriter(ChannelWriter<ReviseProgress> steps) : IProgress<ReviseProgress>
{
    public void Report(ReviseProgress value) => steps.TryWrite(value);
}
