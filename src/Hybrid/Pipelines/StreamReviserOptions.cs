using System.Runtime.CompilerServices;
using HybridGen.Revising;

namespace HybridGen.Pipelines;

/// <summary>How a text is revised while it comes in.</summary>
public sealed record StreamReviserOptions
{
    /// <summary>What to change.</summary>
    public ReviseOptions Revise { get; init => field = value ?? throw new ArgumentNullException(nameof(Revise)); } = new();

    /// <summary>Characters (UTF-16) after which a block is revised, as far as its last whole sentence.</summary>
    /// <value>1 or more; default 160.</value>
    public int BlockLength { get; init => field = AtLeastOne(value); } = 160;

    /// <summary>Characters (UTF-16) after which a block without the end of a sentence is revised as far as its last white space.</summary>
    /// <value>1 or more; default 1,000.</value>
    public int MaxBlockLength { get; init => field = AtLeastOne(value); } = 1_000;

    /// <summary>The longest that a text waits for its sentence to end; it is then revised as far as its last white space.</summary>
    /// <value>Above zero, or <see cref="Timeout.InfiniteTimeSpan"/>; default 3 seconds.</value>
    public TimeSpan MaxDelay
    {
        get;
        init => field = value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxDelay), value, "MaxDelay must be above zero, or infinite.");
    } = TimeSpan.FromSeconds(3);

    /// <summary>How much of what was revised before is read with a block, in characters (UTF-16): names that are written there are known.</summary>
    /// <value>0 or more; default 20,000.</value>
    public int ContextLength
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(ContextLength), value, "ContextLength must be 0 or more.");
    } = 20_000;

    /// <summary>The clock that <see cref="MaxDelay"/> goes by.</summary>
    public TimeProvider Clock { get; init => field = value ?? throw new ArgumentNullException(nameof(Clock)); } = TimeProvider.System;

    private static int AtLeastOne(int value, [CallerMemberName] string name = "") => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 1 or more.");
}
