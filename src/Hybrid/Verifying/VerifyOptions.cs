using HybridGen.Models;

namespace HybridGen.Verifying;

/// <summary>How a checkpoint is verified.</summary>
public sealed record VerifyOptions
{
    /// <summary>Where and in which precision the model computes.</summary>
    /// <value>Default: F32, since what is expected was computed so, on the device that is found.</value>
    public DenoiserPlacement Placement { get; init; } = new() { Precision = DenoiserPrecision.F32 };

    /// <summary>Largest absolute difference of a logit that passes.</summary>
    /// <value>Above 0; <see langword="null"/> (default): 1e-4 in F32, 0.25 in F16, 1 in BF16: the tiny checkpoints differ by up to 0.18 and 0.79.</value>
    public double? Tolerance
    {
        get;
        init => field = value is null or (> 0 and < double.PositiveInfinity)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Tolerance), value, "Tolerance must be a number above 0.");
    }

    /// <summary>Threads of the model.</summary>
    /// <value>Default: the machine's processors.</value>
    public int Threads
    {
        get;
        init => field = value > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Threads), value, "Threads must be above 0.");
    } = Environment.ProcessorCount;
}
