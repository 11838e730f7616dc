using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using HybridGen.Drafting;
using HybridGen.Plugin;
using HybridGen.Plugin.Chat;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.ChatCompletion;

namespace HybridGen.Bench;

/// <summary><c>faces</c>: what each of the plugin's services costs over the engine itself, and many callers at once.</summary>
internal static class FacesBench
{
    private const string Prompt = "Tell me about the old town";

    private static readonly Option<int> Tokens = new("--tokens") { Description = "Tokens of an answer where the overhead is measured.", DefaultValueFactory = _ => 2_000 };
    private static readonly Option<int> Callers = new("--callers") { Description = "Callers at once.", DefaultValueFactory = _ => 64 };

    public static Command Command()
    {
        var command = new Command("faces", "Streams answers through the plugin's services and through the engine.") { Tokens, Callers, Models.Drafter, Models.Refiner, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var (runs, callers) = (Math.Max(1, arguments.GetValue(Models.Runs)), arguments.GetValue(Callers));
        var report = new Report("the plugin's services over the engine");
        await using (var instant = new HybridGenEngine(new InstantDrafter(arguments.GetValue(Tokens)))) await OverheadAsync(instant, arguments.GetValue(Tokens), runs, report, cancellationToken);
        await using var engine = Models.Engine(arguments, arguments.GetValue(Models.Drafter));
        await FirstTokenAsync(engine, runs, report, cancellationToken);
        await CallersAsync(engine, callers, report, cancellationToken);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    /// <summary>The ways to one answer of an engine, each as the number of pieces that it streams.</summary>
    private static (string Name, Func<CancellationToken, IAsyncEnumerable<object>> Stream)[] Faces(HybridGenEngine engine, int tokens, bool revise)
    {
        var settings = new HybridGenPromptExecutionSettings { MaxTokens = tokens, Temperature = 0, Revise = revise };
        var options = new GenerateOptions { Draft = new() { MaxTokens = tokens, Sampling = new Sampling.Greedy() }, Revise = revise ? new() : null };
        var (text, client) = (new HybridGenTextGenerationService(engine), new HybridGenChatClient(engine));
        var (completion, history) = (client.AsChatCompletionService(), new ChatHistory(Prompt));
        var chat = new ChatOptions { RawRepresentationFactory = _ => settings };
        return
        [
            ("engine", token => engine.StreamAsync(DraftPrompt.User(Prompt), options, token)),
            ("text generation", token => text.GetStreamingTextContentsAsync(Prompt, settings, cancellationToken: token)),
            ("chat client", token => client.GetStreamingResponseAsync([new(ChatRole.User, Prompt)], chat, token)),
            ("chat completion", token => completion.GetStreamingChatMessageContentsAsync(history, settings, cancellationToken: token)),
        ];
    }

    /// <summary>Time and bytes a token, with a drafter that takes none; the median of the differences in each run.</summary>
    private static async Task OverheadAsync(HybridGenEngine engine, int tokens, int runs, Report report, CancellationToken cancellationToken)
    {
        var faces = Faces(engine, tokens, revise: false);
        var costs = faces.ToDictionary(face => face.Name, _ => new List<(double Microseconds, double Bytes)>());
        for (var run = -20; run < runs; run++)
            foreach (var (name, stream) in faces)
            {
                var cost = await CostAsync(stream, tokens, cancellationToken);
                if (run >= 0) costs[name].Add(cost); // the first runs are compiled meanwhile
            }

        report.Add("tokens of an answer", $"{tokens}");
        var least = costs["engine"];
        report.Add("engine, a token", $"{Machine.Median(least.Select(cost => cost.Microseconds)):F2} µs, {Machine.Median(least.Select(cost => cost.Bytes)):F0} bytes");
        foreach (var (name, _) in faces.Skip(1))
        {
            var more = costs[name].Zip(least, (face, bare) => (Microseconds: face.Microseconds - bare.Microseconds, Bytes: face.Bytes - bare.Bytes)).ToList();
            report.Add($"{name}, a token more than the engine", $"{Machine.Median(more.Select(cost => cost.Microseconds)):F2} µs, {Machine.Median(more.Select(cost => cost.Bytes)):F0} bytes");
        }
    }

    private static async Task<(double Microseconds, double Bytes)> CostAsync(Func<CancellationToken, IAsyncEnumerable<object>> stream, int tokens, CancellationToken cancellationToken)
    {
        var (bytes, started) = (GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
        await foreach (var _ in stream(cancellationToken).ConfigureAwait(false)) { }
        var microseconds = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        return (microseconds / tokens, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)tokens);
    }

    /// <summary>From the call to the first piece of an answer: by the engine of a draft, by the services of the revised text.</summary>
    private static async Task FirstTokenAsync(HybridGenEngine engine, int runs, Report report, CancellationToken cancellationToken)
    {
        await engine.LoadAsync(cancellationToken: cancellationToken);
        foreach (var revise in new[] { false, true })
        {
            var faces = Faces(engine, 32, revise);
            var times = faces.ToDictionary(face => face.Name, _ => new List<double>());
            for (var run = -1; run < runs; run++)
                foreach (var (name, stream) in faces)
                {
                    var started = Stopwatch.GetTimestamp();
                    await foreach (var _ in stream(cancellationToken).ConfigureAwait(false)) break;
                    if (run >= 0) times[name].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

            foreach (var (name, _) in faces) report.Add($"{name}, first piece of 32 tokens{(revise ? ", revised" : "")}", Machine.Median(times[name]), "ms");
        }
    }

    private static async Task CallersAsync(HybridGenEngine engine, int callers, Report report, CancellationToken cancellationToken)
    {
        var client = new HybridGenChatClient(engine);
        var (alone, serial) = await TimedAsync(() => InTurnAsync(callers, AnswerAsync));
        var (together, parallel) = await TimedAsync(() => Task.WhenAll(Enumerable.Range(0, callers).Select(AnswerAsync)));
        report.Add($"{callers} callers of the chat client at once: answers that are the same as alone", $"{alone.Zip(together).Count(pair => pair.First == pair.Second)} of {callers}");
        report.Add($"{callers} callers, one after the other", serial, "s");
        report.Add($"{callers} callers at once, over one after the other", parallel / serial, "of the time");

        async Task<string> AnswerAsync(int number) => (await client.GetResponseAsync(
            [new(ChatRole.User, $"What happened on day {number}?")], new() { MaxOutputTokens = 16, Seed = number, Temperature = 0.8f }, cancellationToken)).Text;
    }

    private static async Task<string[]> InTurnAsync(int count, Func<int, Task<string>> answer)
    {
        var answers = new string[count];
        for (var i = 0; i < count; i++) answers[i] = await answer(i);
        return answers;
    }

    private static async Task<(T Result, double Seconds)> TimedAsync<T>(Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        return (await work(), Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Drafts words without computing anything.</summary>
    private sealed class InstantDrafter(int tokens) : IDrafter
    {
        public string ModelId => "instant";

        public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask.ConfigureAwait(false);
            for (var i = 0; i < tokens; i++) yield return new DraftToken(i, " town", new TextSpan(5 * i, 5), -1, 1, []);
            yield return new DraftCompleted(StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
