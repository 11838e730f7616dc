using System.CommandLine;
using System.Diagnostics;
using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen.Bench;

/// <summary><c>fix</c>: words a second over a file, and how many of them changed; with gold text, a score script's verdict.</summary>
internal static class FixBench
{
    private static readonly Option<FileInfo> Source = new Option<FileInfo>("--source") { Required = true, Description = "Text to fix." }.AcceptExistingOnly();
    private static readonly Option<FileInfo> Gold = new Option<FileInfo>("--gold") { Description = "The right text, a line for a line; needs --score-script." }.AcceptExistingOnly();
    private static readonly Option<FileInfo> ScoreScript = new Option<FileInfo>("--score-script") { Description = "Python script that is called with source, output and gold." }.AcceptExistingOnly();
    private static readonly Option<string?> Output = new("--output") { Description = "Where the fixed text goes, for other score scripts; by default it is not kept." };

    public static Command Command()
    {
        var command = new Command("fix", "Fixes a file several times.") { Source, Gold, ScoreScript, Output, Models.Refiner, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var source = arguments.GetValue(Source)!;
        var text = await File.ReadAllTextAsync(source.FullName, cancellationToken);
        await using var engine = Models.Engine(arguments);
        var start = Stopwatch.StartNew();
        await engine.LoadAsync(drafter: false, cancellationToken: cancellationToken);
        var load = start.Elapsed.TotalSeconds;

        var seconds = new List<double>();
        Revision? revision = null;
        for (var run = 0; run < Math.Max(1, arguments.GetValue(Models.Runs)); run++)
        {
            var watch = Stopwatch.StartNew();
            revision = await engine.ReviseAsync(text, ReviseOptions.Fix, cancellationToken: cancellationToken);
            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        var report = Describe(source.Name, text, revision!, load, seconds);
        var output = arguments.GetValue(Output) ?? Path.GetTempFileName();
        await File.WriteAllTextAsync(output, revision!.Output, cancellationToken);
        if (arguments.GetValue(Gold) is { } gold && arguments.GetValue(ScoreScript) is { } script)
            report.Add("score", await ChildProcess.RunAsync("python3", [script.FullName, source.FullName, output, gold.FullName], cancellationToken));
        if (arguments.GetValue(Output) is null) File.Delete(output);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static Report Describe(string name, string text, Revision revision, double load, List<double> seconds)
    {
        // Words as anyone counts them, so that the rate does not depend on what the refiner takes for a word.
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        var median = Machine.Median(seconds);
        var report = new Report($"fix {name}");
        report.Add("words (by white space)", words);
        report.Add("load", load, "s");
        report.Add($"fix, median of {seconds.Count}", median, "s");
        report.Add("speed, load apart", words / median, "words/s");
        report.Add("edits", revision.Edits.Count);
        report.Add("words changed", 100.0 * revision.Edits.Count / Math.Max(1, words), "%");
        report.Add("windows through the refiner", revision.Forwards);
        report.Add("peak memory", Machine.PeakMebibytes(), "MiB");
        return report;
    }
}
