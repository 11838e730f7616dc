using System.Diagnostics;
using HybridGen.Telemetry;

namespace HybridGen.Plugin.Tests;

/// <summary>What engines do for one test, by the spans that are its activity's children.</summary>
internal sealed class EngineWork : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Activity _test = new Activity("test").Start();
    private readonly ActivityListener _listener;
    private int _atWork;

    public EngineWork()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HybridGenTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = span => Count(span, 1),
            ActivityStopped = span => Count(span, -1),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Told of each part of the work that begins, by its span's name.</summary>
    public Action<string>? Begins { get; set; }

    /// <summary>Calls and stages that have begun and not ended.</summary>
    public int AtWork => Volatile.Read(ref _atWork);

    /// <summary>Waits until nothing is done and nobody waits.</summary>
    public async Task EndedAsync(HybridGenEngine engine)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (AtWork > 0 || engine.Waiting > 0) await Task.Delay(5, patience.Token);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _test.Dispose();
    }

    private void Count(Activity span, int change)
    {
        if (span.TraceId != _test.TraceId) return;
        Interlocked.Add(ref _atWork, change);
        if (change > 0) Begins?.Invoke(span.OperationName);
    }
}
