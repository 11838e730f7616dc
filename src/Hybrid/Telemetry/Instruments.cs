using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Numerics;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Telemetry;

/// <summary>The source of spans and the meter of all engines of the process.</summary>
internal static class Instruments
{
    private static readonly Meter Meter = new(HybridGenTelemetry.MeterName, Version);
    private static readonly Histogram<double> Operations = Seconds("hybridgen.operation.duration", "Time of a call of the engine, waiting included.");
    private static readonly Histogram<double> Generations = Meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Time of a generation, waiting included.", advice: Bounds(0.01, 2, 14));
    private static readonly Histogram<long> Tokens = Meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of prompts, and of what was written.", advice: Bounds(1L, 4, 14));
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

    /// <summary>Counts a generation under the names of the semantic conventions for generative AI, which their dashboards know.</summary>
    public static void Generated(string name, string model, TimeSpan duration, string? error)
    {
        if (!Generations.Enabled) return;
        var tags = Asked(name, model);
        if (error is not null) tags.Add("error.type", error);
        Generations.Record(duration.TotalSeconds, tags);
    }

    /// <inheritdoc cref="Generated"/>
    public static void Used(string name, string model, int input, int output)
    {
        if (!Tokens.Enabled) return;
        Tokens.Record(input, [.. Asked(name, model), new("gen_ai.token.type", "input")]);
        Tokens.Record(output, [.. Asked(name, model), new("gen_ai.token.type", "output")]);
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

    private static TagList Asked(string name, string model) => new() { { "gen_ai.operation.name", name }, { "gen_ai.provider.name", "hybridgen" }, { "gen_ai.request.model", model } };

    // The conventions' own: each so many times the one before.
    private static InstrumentAdvice<T> Bounds<T>(T first, int factor, int count) where T : struct, INumber<T> =>
        new() { HistogramBucketBoundaries = [.. Enumerable.Range(0, count).Select(i => first * T.CreateChecked(Math.Pow(factor, i)))] };

    private static Histogram<double> Seconds(string name, string description) => Meter.CreateHistogram<double>(name, "s", description);
}
