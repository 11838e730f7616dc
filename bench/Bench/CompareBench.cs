using System.CommandLine;
using System.Text.Json;

namespace HybridGen.Bench;

/// <summary><c>compare</c>: the same greedy draft here, by a bare loop and in Node, alternating, each run in a process of its own.</summary>
internal static class CompareBench
{
    private static readonly Option<FileInfo> Script = new Option<FileInfo>("--script") { Required = true, Description = "bench/node-draft.mjs" }.AcceptExistingOnly();

    public static Command Command()
    {
        var command = new Command("compare", "Drafts alternately here and with node-llama-cpp.") { Script, GenerateBench.Prompt, GenerateBench.Tokens, Models.Drafter, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var (prompt, tokens, threads) = (arguments.GetValue(GenerateBench.Prompt)!, $"{arguments.GetValue(GenerateBench.Tokens)}", $"{arguments.GetValue(Models.Threads)}");
        var model = Path.GetFullPath(arguments.GetValue(Models.Drafter)!);
        string[] here = [typeof(CompareBench).Assembly.Location, "generate", "--json", "--no-revise", "--drafter", model, "--prompt", prompt, "--tokens", tokens, "--threads", threads];
        string[] bare = [typeof(CompareBench).Assembly.Location, "bare", "--drafter", model, "--prompt", prompt, "--tokens", tokens, "--threads", threads];
        string[] node = [arguments.GetValue(Script)!.FullName, model, prompt, tokens, threads];

        var (ours, least, theirs) = (new List<DraftMeasure>(), new List<DraftMeasure>(), new List<DraftMeasure>());
        for (var run = 0; run < Math.Max(1, arguments.GetValue(Models.Runs)); run++)
        {
            ours.Add(await MeasureAsync("dotnet", here, cancellationToken));
            least.Add(await MeasureAsync("dotnet", bare, cancellationToken));
            theirs.Add(await MeasureAsync("node", node, cancellationToken));
        }

        var report = new Report($"draft of {Path.GetFileName(model)}: HybridGen and node-llama-cpp");
        report.Add("threads", threads);
        Describe(report, "HybridGen", ours);
        Describe(report, "bare loop over LLamaSharp", least);
        Describe(report, "node-llama-cpp", theirs);
        report.Add("HybridGen over the bare loop", Machine.Median(ours.Zip(least, (here, loop) => here.TokensPerSecond / loop.TokensPerSecond)));
        report.Add("HybridGen over node-llama-cpp", Rate(ours) / Rate(theirs));
        report.Add("same text", ours[0].Text == theirs[0].Text ? "yes" : "no");
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static async Task<DraftMeasure> MeasureAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var output = await ChildProcess.RunAsync(program, arguments, cancellationToken);
        return JsonSerializer.Deserialize<DraftMeasure>(output.Split('\n')[^1])!;
    }

    private static double Rate(List<DraftMeasure> measures) => Machine.Median(measures.Select(measure => measure.TokensPerSecond));

    private static void Describe(Report report, string name, List<DraftMeasure> measures)
    {
        report.Add($"{name}: tokens drafted", measures[0].Tokens);
        report.Add($"{name}: load, median of {measures.Count}", Machine.Median(measures.Select(m => m.LoadSeconds)), "s");
        report.Add($"{name}: first token", Machine.Median(measures.Select(m => m.PromptSeconds)), "s");
        report.Add($"{name}: draft", Rate(measures), "tokens/s");
        report.Add($"{name}: peak memory", measures.Max(m => m.PeakMebibytes), "MiB");
    }
}
