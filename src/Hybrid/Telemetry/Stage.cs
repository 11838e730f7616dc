using System.Diagnostics;
using HybridGen.Drafting;

namespace HybridGen.Telemetry;

/// <summary>A part of an operation as a span and a duration; it belongs to the operation in whose flow it begins.</summary>
internal readonly struct Stage : IDisposable
{
    public const string Load = "load";
    public const string Draft = "draft";
    public const string Score = "score";
    public const string Remask = "remask";
    public const string Refill = "refill";
    public const string Judge = "judge";

    private readonly string _name;
    private readonly long _started;
    private readonly Activity? _span;

    private Stage(string name)
    {
        (_name, _started) = (name, Stopwatch.GetTimestamp());
        _span = Instruments.Source.StartActivity($"{HybridGenTelemetry.Prefix}{name}");
    }

    /// <summary>Begins a stage.</summary>
    public static Stage Begin(string name) => new(name);

    /// <summary>Does a stage's work.</summary>
    public static T Of<T>(string name, Func<T> work)
    {
        using var stage = Begin(name);
        return work();
    }

    public Stage With(string key, object? value)
    {
        _span?.SetTag(key, value);
        return this;
    }

    /// <summary>Tells that it failed.</summary>
    /// <returns>Always <see langword="false"/>: as an exception filter it lets every exception pass.</returns>
    public bool Fail(Exception failure)
    {
        _span?.SetTag("error.type", failure.GetType().FullName);
        if (failure is not OperationCanceledException) _span?.SetStatus(ActivityStatusCode.Error, failure.Message);
        return false;
    }

    public void Dispose()
    {
        _span?.Dispose();
        Instruments.Staged(_name, _started);
    }
}

/// <summary>Draft streams as stages.</summary>
internal static class DraftStage
{
    /// <summary>Tells of a draft while it is read.</summary>
    public static async IAsyncEnumerable<DraftUpdate> Told(this IAsyncEnumerable<DraftUpdate> updates, string model)
    {
        using var stage = Stage.Begin(Stage.Draft).With("gen_ai.request.model", model);
        var tokens = 0;
        await foreach (var update in updates.ConfigureAwait(false))
        {
            if (update is DraftToken) tokens++;
            if (update is DraftCompleted end) Tell(stage, model, end.WrittenTokens ?? tokens, end);
            yield return update;
        }
    }

    /// <summary>Tells of drafts that were written side by side.</summary>
    public static async Task<IReadOnlyList<Draft>> Told(Func<Task<IReadOnlyList<Draft>>> write, string model)
    {
        using var stage = Stage.Begin(Stage.Draft).With("gen_ai.request.model", model);
        var drafts = await write().ConfigureAwait(false);
        foreach (var draft in drafts) Tell(stage, model, draft.WrittenTokens, draft.Completion);
        return drafts;
    }

    private static void Tell(Stage stage, string model, int tokens, DraftCompleted end)
    {
        stage.With("gen_ai.usage.input_tokens", end.PromptTokens).With("gen_ai.usage.output_tokens", tokens);
        Instruments.Drafted(model, tokens, end);
    }
}
