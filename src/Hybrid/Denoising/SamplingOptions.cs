using System.Runtime.CompilerServices;
using HybridGen.Schedules;

namespace HybridGen.Denoising;

/// <summary>How masked places are written.</summary>
/// <remarks>Names and defaults are the reference projects' own; where those have no safeguard, the safeguard is on here.</remarks>
public sealed record SamplingOptions
{
    /// <summary>Steps for the whole text; each block gets its share. Steps that follow no schedule may be fewer.</summary>
    /// <value>1 or more; default 128.</value>
    public int Steps { get; init => field = AtLeast(value, 1); } = 128;

    /// <summary>How many tokens the steps commit.</summary>
    /// <value>Default: linear noise.</value>
    public TransferSchedule Schedule { get; init; } = new TransferSchedule.ByNoise(new NoiseSchedule.Linear());

    /// <summary>By what proposals are ordered.</summary>
    /// <value>Default: their probability.</value>
    public Confidence Confidence { get; init; } = new Confidence.Probability();

    /// <summary>Which proposals are committed.</summary>
    /// <value>Default: all with a probability of 0.9, at least as many as the schedule says.</value>
    public Acceptance Acceptance { get; init; } = new Acceptance.Threshold { KeepsSchedule = true };

    /// <summary>Largest number of tokens that a step commits.</summary>
    /// <value>1 or more; default <see langword="null"/>: no limit.</value>
    public int? MaxPerStep { get; init => field = value is null ? null : AtLeast(value.Value, 1); }

    /// <summary>Temperature of the draw (Gumbel noise in double precision); 0 takes the most probable token.</summary>
    /// <value>0 or more; default 0.</value>
    public double Temperature { get; init => field = NotNegative(value); }

    /// <summary>How many of the most probable tokens a draw chooses from.</summary>
    /// <value>1 or more; default <see langword="null"/>: all.</value>
    public int? TopK { get; init => field = value is null ? null : AtLeast(value.Value, 1); }

    /// <summary>A draw chooses from the most probable tokens that together have this probability.</summary>
    /// <value>Above 0, at most 1; default 1.</value>
    public double TopP
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(TopP), value, "TopP must be above 0 and at most 1.");
    } = 1;

    /// <summary>Noise in the order of the proposals: their rating divided by this gets Gumbel noise (Dream's alg_temp); 0 for none.</summary>
    /// <value>0 or more; default 0.</value>
    public double OrderTemperature { get; init => field = NotNegative(value); }

    /// <summary>Seed of every draw; the same seed gives the same noise on every device, though a device rounds in its own way.</summary>
    /// <value>Default <see langword="null"/>: another one each time.</value>
    public ulong? Seed { get; init; }

    /// <summary>Scale w of classifier-free guidance: logits = u + (w + 1) · (c − u), where u sees given tokens masked; 0 for none.</summary>
    /// <value>0 or more; default 0. Above 0 each step costs twice as much.</value>
    public double GuidanceScale { get; init => field = NotNegative(value); }

    /// <summary>Given tokens that guidance leaves visible.</summary>
    public IReadOnlyList<int> GuidanceKeeps { get; init; } = [];

    /// <summary>What passes through the network take over from earlier ones.</summary>
    /// <value>Default: <see cref="CacheRule.Exact"/>, which changes nothing but the time.</value>
    public CacheRule Cache { get; init => field = value ?? throw new ArgumentNullException(nameof(Cache)); } = new CacheRule.Exact();

    /// <summary>Tokens that do not exist: their logits are negative infinity.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Tokens that count nothing in the confidence; they are proposed all the same (dllm's begin_suppress_tokens).</summary>
    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>Tokens that are never chosen; they keep their part in the confidence.</summary>
    public IReadOnlyList<int> ForbidTokens { get; init; } = [];

    /// <summary>Whether the mask itself is never chosen; it keeps its part in the confidence.</summary>
    /// <value>Default: true. No reference sampler forbids it.</value>
    public bool ForbidsMask { get; init; } = true;

    /// <summary>Whether ids that stand for no text are never chosen; they keep their part in the confidence.</summary>
    /// <value>Default: true. No reference sampler forbids them.</value>
    public bool ForbidsIdsWithoutText { get; init; } = true;

    /// <summary>The only tokens that may stand at a position, by position of the canvas. Confidence is their probability among themselves.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<int>> Allowed { get; init; } = new Dictionary<int, IReadOnlyList<int>>();

    /// <summary>Added to logits in every step.</summary>
    public IReadOnlyList<LogitBias> Bias { get; init; } = [];

    /// <summary>What a caller adds to logits in a step, given the canvas before it; called on the refiner's thread.</summary>
    public Func<IReadOnlyList<int>, IEnumerable<LogitBias>>? Scorer { get; init; }

    /// <summary>Which tokens are masked again after a step.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public Remasking? Remasking { get; init; }

    /// <summary>How often one place is masked again, whatever the reason.</summary>
    /// <value>0 or more; default 3. A place that was rejected once more stays masked.</value>
    public int MaxRemasks { get; init => field = AtLeast(value, 0); } = 3;

    /// <summary>What an end of text does.</summary>
    /// <value>Default: the first one ends the text.</value>
    public EndRule End { get; init; } = new EndRule.First();

    /// <summary>What is done about one token written over and over.</summary>
    /// <value>Default: from 8 on, all but the first are written anew.</value>
    public RunRule Runs { get; init; } = new RunRule.Remasked();

    /// <summary>Whether confidence is that of the distribution which was drawn from, filtered and tempered (Dream), not the model's own (LLaDA).</summary>
    public bool RatesFiltered { get; init; }

    /// <summary>Whether confidence is computed in double precision (LLaDA), which tells apart places that are all but certain; else single (dllm, Dream).</summary>
    /// <value>Default: true.</value>
    public bool DoublePrecision { get; init; } = true;

    /// <summary>Largest number of passes through the network.</summary>
    /// <value>0 or more; default <see langword="null"/>: no limit.</value>
    public int? MaxForwards { get; init => field = value is null ? null : AtLeast(value.Value, 0); }

    /// <summary>Time after which no further pass is begun.</summary>
    /// <value>0 or more; default <see langword="null"/>: no limit.</value>
    public TimeSpan? TimeBudget
    {
        get;
        init => field = value is null || value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(TimeBudget), value, "TimeBudget must not be negative.");
    }

    /// <summary>Told of each step of each canvas, on the refiner's thread; its answer is followed before the next step.</summary>
    public Func<SamplingStep, StepResponse>? OnStep { get; init; }

    /// <summary>What the time budget is measured with.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Draws from [0, 1) for acceptance, order and remasking; null for the seed's.</summary>
    internal Func<double>? Uniform { get; init; }

    private static int AtLeast(int value, int least, [CallerMemberName] string name = "") => value >= least
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {least} or more.");

    private static double NotNegative(double value, [CallerMemberName] string name = "") => value is >= 0 and < double.PositiveInfinity
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a number of 0 or more.");
}
