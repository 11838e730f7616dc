using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Hybrid.Tests.Queueing;
using HybridGen.Pipelines;
using HybridGen.Queueing;
using HybridGen.Revising;
using HybridGen.Telemetry;

namespace HybridGen.Hybrid.Tests.Telemetry;

public sealed class TelemetryTests(MiniEngine mini)
{
    private static readonly GenerateOptions Few = new() { Draft = new DraftOptions { MaxTokens = 12, Sampling = new Sampling.Greedy() } };

    private static readonly string[] Stages = ["hybridgen.score", "hybridgen.remask", "hybridgen.refill", "hybridgen.judge"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AGenerationIsOneTreeOfSpansAcrossTheThreads()
    {
        using var source = new ActivitySource("caller");
        using var spans = new Spans("caller");
        using (var caller = source.StartActivity("caller")) await mini.Engine.GenerateAsync(new DraftPrompt.Raw("I recieved teh packige"), Few, Token);

        var generate = spans.Single("hybridgen.generate");
        Assert.Equal($"{generate.GetTagItem("gen_ai.operation.name")} drafter", generate.DisplayName);
        Assert.Equal(spans.Single("caller").SpanId, generate.ParentSpanId);
        Assert.Equal(generate.SpanId, spans.Single("hybridgen.draft").ParentSpanId);
        var revise = spans.Single("hybridgen.revise");
        Assert.Equal(generate.SpanId, revise.ParentSpanId);
        foreach (var stage in Stages)
        {
            Assert.NotEmpty(spans.Named(stage));
            Assert.All(spans.Named(stage), span => Assert.Equal(revise.SpanId, span.ParentSpanId));
        }
    }

    [Fact]
    public async Task RequestsAtOnceKeepTheirSpansApart()
    {
        using var source = new ActivitySource("caller");
        using var spans = new Spans("caller");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            using var caller = source.StartActivity($"caller {i}");
            await mini.Engine.ReviseAsync($"I recieved teh packige {i}.", ReviseOptions.Fix, cancellationToken: Token);
        }, Token)));
        var callers = spans.All.Where(span => span.Source.Name == "caller").ToDictionary(span => span.TraceId);
        Assert.Equal(6, callers.Count);
        foreach (var trace in spans.All.Where(span => span.Source.Name == HybridGenTelemetry.SourceName).GroupBy(span => span.TraceId))
        {
            var revise = Assert.Single(trace, span => span.OperationName == "hybridgen.revise");
            Assert.Equal(callers[trace.Key].SpanId, revise.ParentSpanId);
            Assert.All(trace.Where(span => span != revise), span => Assert.Equal(revise.SpanId, span.ParentSpanId));
        }
    }

    [Fact]
    public async Task SpansSayWhatWasAskedAndWhatItTook()
    {
        using var spans = new Spans();
        var generation = await mini.Engine.GenerateAsync(new DraftPrompt.Raw("The old town"), Few, Token);
        var generate = spans.Single("hybridgen.generate");
        Assert.Equal("text_completion", generate.GetTagItem("gen_ai.operation.name"));
        Assert.Equal("drafter", generate.GetTagItem("gen_ai.request.model"));
        Assert.Equal(generation.Draft.Completion.PromptTokens, generate.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal(generation.Draft.Tokens.Count, generate.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal(["length"], Assert.IsType<string[]>(generate.GetTagItem("gen_ai.response.finish_reasons")));
        var revise = spans.Single("hybridgen.revise");
        Assert.Equal(generation.Revision!.Forwards, revise.GetTagItem("hybridgen.forwards"));
        Assert.Equal(generation.Revision.Words, revise.GetTagItem("hybridgen.words"));
        Assert.DoesNotContain(spans.All.SelectMany(span => span.TagObjects), tag => tag.Value is string text && text.Contains("old town", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AGenerationIsToldInTheNamesOfTheConventions()
    {
        using var spans = new Spans();
        using var numbers = new Numbers();
        var options = Few with { Revise = null, Drafts = 2, Draft = new DraftOptions { MaxTokens = 8, StopStrings = ["xyz"], Sampling = new Sampling.Random { Temperature = 0.5, Seed = 3, Penalties = new() { Presence = 1 } } } };
        var generation = await mini.Engine.GenerateAsync(new DraftPrompt.Raw("The old town"), options, Token);
        var span = spans.Single("hybridgen.generate");
        Assert.Equal((8, 0.5, 3L, 1.0, "text"), (span.GetTagItem("gen_ai.request.max_tokens"), span.GetTagItem("gen_ai.request.temperature"), span.GetTagItem("gen_ai.request.seed"), span.GetTagItem("gen_ai.request.presence_penalty"), span.GetTagItem("gen_ai.output.type")));
        Assert.Equal(["xyz"], Assert.IsType<string[]>(span.GetTagItem("gen_ai.request.stop_sequences")));
        var written = generation.Drafts.Sum(ranked => ranked.Draft.Tokens.Count);
        Assert.Equal(written, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal(written + generation.Draft.Completion.PromptTokens, numbers.Sum("gen_ai.client.token.usage"));
        Assert.Equal(["input", "output"], numbers.Tags("gen_ai.client.token.usage", "gen_ai.token.type"));
        Assert.Equal("drafter", Assert.Single(numbers.Tags("gen_ai.client.operation.duration", "gen_ai.request.model")));
    }

    [Fact]
    public void MessagesHaveCallsAnswersAndWhyTheyEnded()
    {
        var call = new ToolCall("1", "f", JsonElement.Parse("""{"a":2}"""));
        var prompt = new DraftPrompt.Chat([new ChatTurn("assistant", "") { ToolCalls = [call], Thinking = "t" }, new ChatTurn("tool", "4") { ToolCallId = "1" }]);
        Assert.Equal(
            """[{"role":"assistant","parts":[{"type":"reasoning","content":"t"},{"type":"tool_call","id":"1","name":"f","arguments":{"a":2}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":"4"}]}]""",
            MessageText.Of(prompt));
        var draft = Draft.From([], new DraftCompleted(StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero) { Message = DraftedMessage.Of("x", [new MessagePiece(MessagePieceKind.ToolCall, new(0, 1)) { ToolCalls = [call] }]) });
        Assert.Equal("""[{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"f","arguments":{"a":2}}],"finish_reason":"tool_call"}]""", MessageText.Of(new Generation(draft, null)));
    }

    [Fact]
    public async Task TextsAreInSpansOnlyWhereTheyAreAskedFor()
    {
        using var spans = new Spans();
        AppContext.SetSwitch(HybridGenTelemetry.CaptureContentSwitch, true);
        try
        {
            await mini.Engine.ReviseAsync("I recieved teh packige.", ReviseOptions.Fix, cancellationToken: Token);
            await mini.Engine.GenerateAsync(DraftPrompt.User("Say \"hi\""), Few with { Revise = null }, Token);
        }
        finally
        {
            AppContext.SetSwitch(HybridGenTelemetry.CaptureContentSwitch, false);
        }

        Assert.Equal(("I recieved teh packige.", "I received the package."), (spans.Single("hybridgen.revise").GetTagItem("hybridgen.input"), spans.Single("hybridgen.revise").GetTagItem("hybridgen.output")));
        Assert.Equal("""[{"role":"user","parts":[{"type":"text","content":"Say \u0022hi\u0022"}]}]""", spans.Single("hybridgen.generate").GetTagItem("gen_ai.input.messages"));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(null, "true", true)]
    [InlineData(null, "yes", false)]
    [InlineData(false, "true", false)]
    [InlineData(true, null, true)]
    public void TheSwitchGoesBeforeTheVariable(bool? isOn, string? variable, bool captures) => Assert.Equal(captures, HybridGenTelemetry.Captures(isOn, variable));

    [Fact]
    public async Task AFailureIsAnErrorAndACancellationIsNone()
    {
        using var spans = new Spans();
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = "no-such-folder", DrafterPath = "no-such.gguf" });
        await Assert.ThrowsAnyAsync<DraftingException>(() => engine.GenerateAsync(DraftPrompt.User("a"), cancellationToken: Token));
        var generate = spans.Single("hybridgen.generate");
        Assert.Equal(ActivityStatusCode.Error, generate.Status);
        Assert.StartsWith("HybridGen.Drafting.", (string)generate.GetTagItem("error.type")!, StringComparison.Ordinal);
        Assert.Equal(generate.SpanId, spans.Single("hybridgen.load").ParentSpanId);
        Assert.Equal("no-such.gguf", spans.Single("hybridgen.load").GetTagItem("hybridgen.path"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ReviseAsync("a", cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(ActivityStatusCode.Unset, spans.Single("hybridgen.revise").Status);
        Assert.NotNull(spans.Single("hybridgen.revise").GetTagItem("error.type"));
    }

    [Fact]
    public async Task APipelineThatRevisesInBetweenTellsOfEachBlock()
    {
        using var spans = new Spans();
        await using var engine = new HybridGenEngine(
            new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null }, (_, _, _) => Task.FromResult<IDrafter>(new FakeSessionDrafter("I recieved it. She recieved it. He recieved it.")));
        await engine.GenerateAsync(DraftPrompt.User("a"), new GenerateOptions { Pipeline = new Pipeline.Interleaved { BlockTokens = 4 } }, Token);
        var generate = spans.Single("hybridgen.generate");
        Assert.True(spans.Named("hybridgen.draft").Count > 1);
        Assert.True(spans.Named("hybridgen.revise").Count > 1);
        Assert.All(spans.Named("hybridgen.draft").Concat(spans.Named("hybridgen.revise")), span => Assert.Equal(generate.SpanId, span.ParentSpanId));
    }

    [Fact]
    public async Task NumbersAreWhatTheRequestsReport()
    {
        using var numbers = new Numbers();
        var generation = await mini.Engine.GenerateAsync(new DraftPrompt.Raw("I recieved teh packige"), Few, Token);
        var revision = await mini.Engine.ReviseAsync("I recieved teh packige.", ReviseOptions.Fix, cancellationToken: Token);
        Assert.Equal(generation.Draft.Tokens.Count, numbers.Sum("hybridgen.draft.tokens"));
        Assert.Equal(generation.Revision!.Forwards + revision.Forwards, numbers.Sum("hybridgen.revise.forwards"));
        Assert.Equal(generation.Revision.Words + revision.Words, numbers.Sum("hybridgen.revise.words"));
        Assert.Equal(generation.Revision.Edits.Count + revision.Edits.Count, numbers.Sum("hybridgen.revise.edits"));
        Assert.Equal(generation.Revision.JudgeTokens + revision.JudgeTokens, numbers.Sum("hybridgen.judge.tokens"));
        Assert.Equal(["generate", "revise", "revise"], numbers.Tags("hybridgen.operation.duration", "hybridgen.operation").Order());
        Assert.Superset(new HashSet<object?> { "draft", "score", "judge" }, numbers.Tags("hybridgen.stage.duration", "hybridgen.stage").ToHashSet());
        Assert.Equal(3, numbers.Of("hybridgen.queue.duration").Count);
        Assert.Equal("drafter", Assert.Single(numbers.Tags("hybridgen.draft.rate", "gen_ai.request.model")));
        Assert.True(Assert.Single(numbers.Of("hybridgen.draft.rate")) > 0);
    }

    [Fact]
    public async Task TheQueueTellsHowManyWaitAndWhoIsRefused()
    {
        using var numbers = new Numbers();
        var drafter = new GatedDrafter();
        await using var engine = new HybridGenEngine(new HybridGenOptions { QueueLimit = 1 }, (_, _, _) => Task.FromResult<IDrafter>(drafter));
        var first = engine.GenerateAsync(new DraftPrompt.Raw("a"), Few with { Revise = null }, Token);
        await drafter.BegunAsync(Token);
        var second = engine.GenerateAsync(new DraftPrompt.Raw("b"), Few with { Revise = null }, Token);
        await Assert.ThrowsAsync<EngineBusyException>(() => engine.GenerateAsync(new DraftPrompt.Raw("c"), Few, Token));
        Assert.Equal(1, numbers.Now("hybridgen.queue.depth"));
        drafter.Open();
        await Task.WhenAll(first, second);
        Assert.Equal(0, numbers.Now("hybridgen.queue.depth"));
        Assert.Equal([null, null, typeof(EngineBusyException).FullName], numbers.Tags("hybridgen.operation.duration", "error.type").Order());
    }

    [Fact]
    public async Task WithoutAListenerThereIsNoSpan()
    {
        Activity? seen = null;
        await mini.Engine.ReviseAsync("I recieved teh packige.", new ReviseOptions { OnStep = _ => seen = Activity.Current }, cancellationToken: Token);
        Assert.Null(seen);
    }

    /// <summary>The spans that end.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly List<Activity> _spans = [];
        private readonly ActivityListener _listener;

        public Spans(params string[] more)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == HybridGenTelemetry.SourceName || more.Contains(source.Name),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span =>
                {
                    lock (_spans) _spans.Add(span);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> All
        {
            get
            {
                lock (_spans) return [.. _spans];
            }
        }

        public List<Activity> Named(string name) => [.. All.Where(span => span.OperationName == name)];

        public Activity Single(string name) => Assert.Single(Named(name));

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>What the meter measures.</summary>
    private sealed class Numbers : IDisposable
    {
        private readonly List<(string Name, double Value, Dictionary<string, object?> Tags)> _measured = [];
        private readonly MeterListener _listener = new();

        public Numbers()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == HybridGenTelemetry.MeterName) listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public List<double> Of(string name)
        {
            lock (_measured) return [.. _measured.Where(measured => measured.Name == name).Select(measured => measured.Value)];
        }

        public double Sum(string name) => Of(name).Sum();

        public List<object?> Tags(string name, string tag)
        {
            lock (_measured) return [.. _measured.Where(measured => measured.Name == name).Select(measured => measured.Tags.GetValueOrDefault(tag))];
        }

        public double Now(string name)
        {
            _listener.RecordObservableInstruments();
            return Of(name)[^1];
        }

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_measured) _measured.Add((instrument.Name, value, tags.ToArray().ToDictionary()));
        }
    }
}
