using System.CommandLine;
using HybridGen.Drafting;
using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Bench;

/// <summary><c>drafting</c>: what batching and invariance cost beside one draft, and memory.</summary>
internal static class DraftingBench
{
    private const string One = "one draft, log-probabilities, entropy and 5 alternatives";

    private const string Bare = "bare loop of decode and argmax";

    private static readonly Option<int> Requests = new("--requests") { Description = "Short drafts over which memory is watched.", DefaultValueFactory = _ => 2_000 };
    private static readonly Option<int> Loads = new("--loads") { Description = "Times that the model is loaded and freed.", DefaultValueFactory = _ => 20 };

    public static Command Command()
    {
        var command = new Command("drafting", "Drafts in batches, and many times.") { GenerateBench.Prompt, GenerateBench.Tokens, Requests, Loads, Models.Drafter, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var run = new Setting(
            Path.GetFullPath(arguments.GetValue(Models.Drafter)!), arguments.GetValue(GenerateBench.Prompt)!, arguments.GetValue(GenerateBench.Tokens), arguments.GetValue(Models.Threads));
        var report = new Report($"drafting with {Path.GetFileName(run.Model)}");
        report.Add("threads", $"{run.Threads}");
        await RatesAsync(run, Math.Max(1, arguments.GetValue(Models.Runs)), report, cancellationToken);
        await RequestsAsync(run, arguments.GetValue(Requests), report, cancellationToken);
        await LoadsAsync(run, arguments.GetValue(Loads), report, cancellationToken);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    /// <summary>
    /// All ways in turn, in each run, so that what else the machine does falls on all; each with a thread of its own that ends with it, because
    /// the OpenMP teams of threads that rest would slow the one that works.
    /// </summary>
    private static async Task RatesAsync(Setting run, int runs, Report report, CancellationToken cancellationToken)
    {
        LlamaLibrary.EnsureLoaded();
        using var weights = LLamaWeights.LoadFromFile(run.Parameters);
        var rates = new Dictionary<string, List<double>>();
        for (var i = 0; i <= runs; i++)
        {
            if (i == 1) rates.Clear(); // the first run warms up
            Add(One, await RateAsync(weights, run, 1, isInvariant: false, cancellationToken));
            Add(Bare, await Task.Factory.StartNew(() => BareRate(weights, run), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            Add("one draft, batch-invariant", await RateAsync(weights, run, 1, isInvariant: true, cancellationToken));
            Add("eight drafts at once, together", await RateAsync(weights, run, 8, isInvariant: false, cancellationToken));
            Add("eight drafts at once, batch-invariant, together", await RateAsync(weights, run, 8, isInvariant: true, cancellationToken));
        }

        foreach (var (name, values) in rates) report.Add(name, Machine.Median(values), "tokens/s");
        foreach (var (name, values) in rates.Skip(2)) report.Add($"{name}, over one draft", Machine.Median(values.Zip(rates[One], (ours, theirs) => ours / theirs)));
        report.Add("one draft, over the bare loop", Machine.Median(rates[One].Zip(rates[Bare], (ours, theirs) => ours / theirs)));

        void Add(string name, double rate)
        {
            if (!rates.TryGetValue(name, out var values)) rates[name] = values = [];
            values.Add(rate);
        }
    }

    /// <summary>The rate after the first token of each.</summary>
    private static async Task<double> RateAsync(LLamaWeights weights, Setting run, int drafts, bool isInvariant, CancellationToken cancellationToken)
    {
        await using var drafter = LlamaDrafter.Over(weights, run.Options(drafts, isInvariant));
        var written = await Task.WhenAll(Enumerable.Range(0, drafts).Select(_ => run.DraftAsync(drafter, run.Tokens, cancellationToken)));
        return written.Sum(draft => draft.Tokens.Count - 1) / written.Max(draft => draft.Completion.DraftDuration.TotalSeconds);
    }

    private static double BareRate(LLamaWeights weights, Setting run)
    {
        using var context = weights.CreateContext(run.Parameters);
        return BareBench.Draft(weights, context, run.Prompt, run.Tokens).Rate;
    }

    private static async Task RequestsAsync(Setting run, int requests, Report report, CancellationToken cancellationToken)
    {
        await using var drafter = await LlamaDrafter.LoadAsync(run.Options(1, isInvariant: false), cancellationToken: cancellationToken);
        for (var i = 1; i <= requests; i++)
        {
            await run.DraftAsync(drafter, 4, cancellationToken);
            if (i == 1 || i % Math.Max(1, requests / 10) == 0) report.Add($"after {i} drafts", Machine.Mebibytes(), "MiB");
        }
    }

    private static async Task LoadsAsync(Setting run, int loads, Report report, CancellationToken cancellationToken)
    {
        for (var i = 1; i <= loads; i++)
        {
            await using (var drafter = await LlamaDrafter.LoadAsync(run.Options(1, isInvariant: false), cancellationToken: cancellationToken)) await run.DraftAsync(drafter, 4, cancellationToken);
            if (i == 1 || i % Math.Max(1, loads / 4) == 0) report.Add($"after {i} times loaded, used and freed", Machine.Mebibytes(), "MiB");
        }
    }

    private sealed record Setting(string Model, string Prompt, int Tokens, int Threads)
    {
        public ModelParams Parameters => new(Model) { LoadMode = LLamaLoadMode.MemoryMap, GpuLayerCount = 0, ContextSize = 1024, Threads = Threads, BatchThreads = Threads };

        public LlamaDrafterOptions Options(int sequences, bool isInvariant) => new() { ModelPath = Model, ContextSize = 1024, Sequences = sequences, IsBatchInvariant = isInvariant, Threads = Threads };

        public Task<Draft> DraftAsync(LlamaDrafter drafter, int tokens, CancellationToken cancellationToken) =>
            Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw(Prompt), new() { MaxTokens = tokens, Sampling = new Sampling.Greedy() }, cancellationToken), cancellationToken);
    }
}
