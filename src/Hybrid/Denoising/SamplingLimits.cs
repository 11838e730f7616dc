namespace HybridGen.Denoising;

/// <summary>What ends a run before its time.</summary>
internal sealed class SamplingLimits(SamplingOptions options, CancellationToken cancellationToken)
{
    private readonly long _start = options.Clock.GetTimestamp();

    /// <summary>Passes through the network so far.</summary>
    public int Forwards { get; private set; }

    /// <summary>The limit that forbids a further pass, if one does.</summary>
    public SamplingEnd? Reached =>
        cancellationToken.IsCancellationRequested ? SamplingEnd.Cancelled
        : Forwards >= options.MaxForwards ? SamplingEnd.MaxForwards
        : options.Clock.GetElapsedTime(_start) >= options.TimeBudget ? SamplingEnd.TimeBudget
        : null;

    public void CountForward() => Forwards++;
}
