using System.CommandLine;
using System.Diagnostics;
using HybridGen.Drafting;
using HybridGen.Pipelines;

namespace HybridGen.Bench;

/// <summary><c>pipelines</c>: the time of each pipeline over the time of the draft alone.</summary>
internal static class PipelinesBench
{
    private static readonly Option<int[]> EndTokens = new("--end-tokens") { Description = "Ids of tokens that end the drafter's text; they are banned, so that all drafts are equally long.", DefaultValueFactory = _ => [0, 1, 2], AllowMultipleArgumentsPerToken = true };

    private static readonly Option<int> BlockTokens = new("--block-tokens") { Description = "Tokens of a block.", DefaultValueFactory = _ => new Pipeline.Interleaved().BlockTokens };

    public static Command Command()
    {
        var command = new Command("pipelines", "Drafts and revises with each pipeline.") { GenerateBench.Prompt, GenerateBench.Tokens, BlockTokens, EndTokens, Models.Drafter, Models.Refiner, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var block = arguments.GetValue(BlockTokens);
        await using var engine = Models.Engine(arguments, judge: null);
        var draft = new DraftOptions
        {
            MaxTokens = arguments.GetValue(GenerateBench.Tokens),
            Sampling = new Sampling.Random { Seed = 1, LogitBias = [.. arguments.GetValue(EndTokens)!.Select(id => new LogitBias.OfToken(id, float.NegativeInfinity))] },
        };
        (string Name, GenerateOptions Options)[] ways =
        [
            ("draft alone", new() { Draft = draft, Revise = null }),
            ("draft, then revise", new() { Draft = draft }),
            ("interleaved", new() { Draft = draft, Pipeline = new Pipeline.Interleaved { BlockTokens = block } }),
            ("overlapped", new() { Draft = draft, Pipeline = new Pipeline.Overlapped { BlockTokens = block } }),
        ];
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
        var last = new Dictionary<string, Generation>();
        var prompt = new DraftPrompt.Raw(arguments.GetValue(GenerateBench.Prompt)!);
        for (var run = 0; run <= Math.Max(1, arguments.GetValue(Models.Runs)); run++)
            foreach (var (name, options) in ways)
            {
                var started = Stopwatch.GetTimestamp();
                var generation = await engine.GenerateAsync(prompt, options, cancellationToken);
                last[name] = generation;
                if (run > 0) times[name].Add(Stopwatch.GetElapsedTime(started).TotalSeconds); // the first run loads and warms up
            }

        var report = new Report($"pipelines with {Path.GetFileName(arguments.GetValue(Models.Drafter)!)}");
        report.Add("threads", $"{arguments.GetValue(Models.Threads)}");
        report.Add("tokens of a block", $"{block}");
        foreach (var (name, _) in ways)
        {
            report.Add($"{name}: {Words(last[name])} words, median of {times[name].Count}", Machine.Median(times[name]), "s");
            report.Add($"{name}: reading, then writing, in the last", $"{last[name].Draft.Completion.PromptDuration.TotalSeconds:F3} + {last[name].Draft.Completion.DraftDuration.TotalSeconds:F3}", "s");
            if (last[name].Revision is { } revision) report.Add($"{name}: revising, in the last", $"{revision.Duration.TotalSeconds:F3} s, {revision.Forwards} forwards, {revision.Edits.Count} edits");
        }

        foreach (var (name, _) in ways.Skip(1)) report.Add($"{name}, over the draft alone", Machine.Median(times[name].Zip(times[ways[0].Name], (ours, alone) => ours / alone)));
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static int Words(Generation generation) => generation.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
