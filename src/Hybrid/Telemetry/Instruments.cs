using System.Diagnostics;
using System.Diagnostics.Metrics;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Telemetry;

/// <summary>The source of spans and the meter of all engines of the process.</summary>
internal static class Instruments
{
    private static readonly Meter Meter = new(HybridGenTelemetry.MeterName, Version);
    private static readonly Histogram<double> Operations = Seconds("hybridgen.operation.duration", "Time of a call of the engine, waiting included.");
    private static readonly Histogram<double> Stages = Seconds("hybridgen.stage.duration", "Time of a stage of a call.");
    private static readonly Histogram<double> Queued = Seconds("hybridgen.queue.duration", "Time that a request waited for a place.");
    private static readonly Counter<long> DraftTokens = Meter.CreateCounter<long>("hybridgen.draft.tokens", "{token}", "Tokens that drafters wrote.");
    private static readonly Histogram<double> DraftRate = Meter.CreateHistogram<double>("hybridgen.draft.rate", "{token}/s", "Tokens that a drafter wrote in a second, its prompt's reading apart.");
    private static readonly Counter<long> Forwards = Meter.CreateCounter<long>("hybridgen.revise.forwards", "{window}", "Windows that went through the refiner.");
    private static readonly Counter<long> Words = Meter.CreateCounter<long>("hybridgen.revise.words", "{word}", "Words that revisions looked at.");
    private static readonly Counter<long> Edits = Meter.CreateCounter<long>("hybridgen.revise.edits", "{edit}", "Changes that revisions made.");
    private static readonly Counter<long> JudgeTokens = Meter.CreateCounter<long>("hybridgen.judge.tokens", "{token}", "Tokens that drafters read as judges.");
    private static int _waiting;

    static Instruments() => Meter.CreateObservableUpDownCounter("hybridgen.queue.depth", () => Volatile.Read(ref _waiting), "{request}", "Requests that wait for a place.");

    public static ActivitySource Source { get; } = new(HybridGenTelemetry.SourceName, Version);

    private static string? Version => typeof(Instruments).Assembly.GetName().Version?.ToString(3);

    public static void CountWaiting(int change) => Interlocked.Add(ref _waiting, change);

    public static void Waited(long started)
    {
        if (Queued.Enabled) Queued.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    public static void Operated(string operation, TimeSpan duration, string? error)
    {
        if (!Operations.Enabled) return;
        var tags = new TagList { { "hybridgen.operation", operation } };
        if (error is not null) tags.Add("error.type", error);
        Operations.Record(duration.TotalSeconds, tags);
    }

    public static void Staged(string stage, long started)
    {
        if (Stages.Enabled) Stages.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("hybridgen.stage", stage));
    }

    public static void Drafted(string model, int tokens, DraftCompleted end)
    {
        var tag = new KeyValuePair<string, object?>("gen_ai.request.model", model);
        DraftTokens.Add(tokens, tag);
        if (tokens > 0 && end.DraftDuration > TimeSpan.Zero) DraftRate.Record(tokens / end.DraftDuration.TotalSeconds, tag);
    }

    public static void Revised(Revision revision)
    {
        Forwards.Add(revision.Forwards);
        Words.Add(revision.Words);
        Edits.Add(revision.Edits.Count);
        JudgeTokens.Add(revision.JudgeTokens);
    }

    private static Histogram<double> Seconds(string name, string description) => Meter.CreateHistogram<double>(name, "s", description);
}
