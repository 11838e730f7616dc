using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Revising;

namespace HybridGen.Bench;

/// <summary><c>generate</c>: tokens a second of a greedy draft with log-probabilities, and what revising it costs beside it.</summary>
internal static class GenerateBench
{
    public static Option<string> Prompt { get; } = new("--prompt") { Description = "Text to go on with; no template is applied.", DefaultValueFactory = _ => "The history of the printing press begins" };

    public static Option<int> Tokens { get; } = new("--tokens") { Description = "Tokens to draft.", DefaultValueFactory = _ => 128 };

    private static readonly Option<bool> NoRevise = new("--no-revise") { Description = "Only drafts: the refiner is not loaded and not in the peak memory." };
    private static readonly Option<bool> JsonLine = new("--json") { Description = "Prints one run as one line of JSON and nothing else." };

    public static Command Command()
    {
        var command = new Command("generate", "Drafts and revises.") { Prompt, Tokens, NoRevise, JsonLine, Models.Drafter, Models.Refiner, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var engine = Models.Engine(arguments, arguments.GetValue(Models.Drafter));
        var revise = !arguments.GetValue(NoRevise);
        var watch = Stopwatch.StartNew();
        await engine.LoadAsync(drafter: true, refiner: revise, cancellationToken: cancellationToken);
        var load = watch.Elapsed.TotalSeconds;

        var json = arguments.GetValue(JsonLine);
        var measures = new List<DraftMeasure>();
        for (var run = 0; run < (json ? 1 : Math.Max(1, arguments.GetValue(Models.Runs))); run++)
            measures.Add(await MeasureAsync(engine, arguments, revise, load, cancellationToken));

        if (json) Console.WriteLine(JsonSerializer.Serialize(measures[0]));
        else await Describe(arguments.GetValue(Models.Drafter)!, measures).PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static async Task<DraftMeasure> MeasureAsync(HybridGenEngine engine, ParseResult arguments, bool revise, double load, CancellationToken cancellationToken)
    {
        var options = new GenerateOptions
        {
            Draft = new() { MaxTokens = arguments.GetValue(Tokens), Sampling = new Sampling.Greedy() },
            Revise = revise ? new ReviseOptions() : null,
        };
        var watch = Stopwatch.StartNew();
        var (first, last, tokens) = (0.0, 0.0, 0);
        await foreach (var update in engine.StreamAsync(new DraftPrompt.Raw(arguments.GetValue(Prompt)!), options, cancellationToken))
        {
            if (update is GenerationUpdate.Drafted)
            {
                last = watch.Elapsed.TotalSeconds;
                if (++tokens == 1) first = last;
            }
            else if (update is GenerationUpdate.Completed(var generation))
            {
                var rate = tokens > 1 ? (tokens - 1) / (last - first) : 0;
                return new(tokens, load, first, rate, Machine.PeakMebibytes(), generation.Draft.Text, generation.Revision?.Duration.TotalSeconds / last);
            }
        }

        throw new InvalidOperationException("The stream ended before the text was final.");
    }

    private static Report Describe(string drafter, List<DraftMeasure> measures)
    {
        var report = new Report($"generate with {Path.GetFileName(drafter)}");
        report.Add("tokens drafted", measures[0].Tokens);
        report.Add("load", measures[0].LoadSeconds, "s");
        report.Add($"first token, median of {measures.Count}", Machine.Median(measures.Select(m => m.PromptSeconds)), "s");
        report.Add("draft", Machine.Median(measures.Select(m => m.TokensPerSecond)), "tokens/s");
        if (measures[0].ReviseOverDraft is not null)
            report.Add("revision time over draft time", Machine.Median(measures.Select(m => m.ReviseOverDraft!.Value)));
        report.Add("peak memory", measures.Max(m => m.PeakMebibytes), "MiB");
        return report;
    }
}
