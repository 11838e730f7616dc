using System.Diagnostics;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Telemetry;

/// <summary>A call of an engine as a span and a duration.</summary>
internal sealed class Operation : IDisposable
{
    public const string Generate = "generate";
    public const string Revise = "revise";
    public const string Score = "score_text";
    public const string Diffuse = "diffuse";
    public const string Infill = "infill";

    private readonly string _name;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Activity? _span;
    private (string Name, string Model)? _asked;
    private string? _error;

    public Operation(string name)
    {
        _name = name;
        _span = Instruments.Source.StartActivity($"{HybridGenTelemetry.Prefix}{name}");
        _span?.SetTag("gen_ai.provider.name", "hybridgen");
    }

    /// <summary>The time since its beginning.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    private Activity? Wanted => _span is { IsAllDataRequested: true } ? _span : null;

    /// <summary>Tells what is asked for.</summary>
    public void Ask(DraftPrompt prompt, DraftOptions options, string model)
    {
        var name = prompt is DraftPrompt.Raw ? "text_completion" : "chat";
        _asked = (name, model);
        if (Wanted is not { } span) return;
        span.DisplayName = $"{name} {model}";
        span.SetTag("gen_ai.operation.name", name).SetTag("gen_ai.request.model", model);
        RequestTags.Set(span, options);
        if (HybridGenTelemetry.CapturesContent) span.SetTag("gen_ai.input.messages", MessageText.Of(prompt));
    }

    /// <summary>Tells what is to be revised.</summary>
    public void Ask(string text)
    {
        if (Wanted is not { } span) return;
        span.SetTag("gen_ai.operation.name", _name);
        if (HybridGenTelemetry.CapturesContent) span.SetTag("hybridgen.input", text);
    }

    /// <summary>Tells what came of it.</summary>
    public void Answer(Generation generation)
    {
        var end = generation.Draft.Completion;
        var written = generation.Drafts.Count > 0 ? generation.Drafts.Sum(ranked => ranked.Draft.WrittenTokens) : generation.Draft.WrittenTokens;
        if (_asked is { } asked) Instruments.Used(asked.Name, asked.Model, end.PromptTokens, written);
        if (Wanted is not { } span) return;
        span.SetTag("gen_ai.usage.input_tokens", end.PromptTokens).SetTag("gen_ai.usage.output_tokens", written).SetTag("gen_ai.usage.cache_read.input_tokens", end.CachedTokens)
            .SetTag("gen_ai.response.finish_reasons", new[] { MessageText.FinishReason(generation) })
            .SetTag("hybridgen.edits", generation.Revision?.Edits.Count ?? 0);
        if (HybridGenTelemetry.CapturesContent) span.SetTag("gen_ai.output.messages", MessageText.Of(generation));
    }

    /// <inheritdoc cref="Answer(Generation)"/>
    public void Answer(Revision revision)
    {
        Instruments.Revised(revision);
        if (Wanted is not { } span) return;
        span.SetTag("hybridgen.words", revision.Words).SetTag("hybridgen.forwards", revision.Forwards).SetTag("hybridgen.edits", revision.Edits.Count)
            .SetTag("hybridgen.judge_tokens", revision.JudgeTokens).SetTag("hybridgen.ending", revision.Ending.ToString());
        if (HybridGenTelemetry.CapturesContent) span.SetTag("hybridgen.output", revision.Output);
    }

    /// <summary>Tells that it failed; a cancelled one has the type, but is no error.</summary>
    /// <returns>Always <see langword="false"/>: as an exception filter it lets every exception pass.</returns>
    public bool Fail(Exception failure)
    {
        _error = failure.GetType().FullName;
        _span?.SetTag("error.type", _error);
        if (failure is not OperationCanceledException) _span?.SetStatus(ActivityStatusCode.Error, failure.Message);
        return false;
    }

    public void Dispose()
    {
        _span?.Dispose();
        Instruments.Operated(_name, Elapsed, _error);
        if (_asked is { } asked) Instruments.Generated(asked.Name, asked.Model, Elapsed, _error);
    }
}
