using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using HybridGen.Editing;
using HybridGen.Judging;
using HybridGen.Revising;

namespace HybridGen.Bench;

/// <summary><c>fix</c>: words a second over a file, and how many of them changed; with gold text, a score script's verdict.</summary>
internal static class FixBench
{
    private const string Excerpts = ".jsonl";

    private static readonly Option<FileInfo> Source = new Option<FileInfo>("--source") { Required = true, Description = "Text to fix; or .jsonl with a \"text\" a line, each a text of its own." }.AcceptExistingOnly();
    private static readonly Option<FileInfo> Gold = new Option<FileInfo>("--gold") { Description = "The right text, a line for a line; needs --score-script." }.AcceptExistingOnly();
    private static readonly Option<FileInfo> ScoreScript = new Option<FileInfo>("--score-script") { Description = "Python script that is called with source, output and gold, or with --jsonl, source and output." }.AcceptExistingOnly();
    private static readonly Option<string?> Output = new("--output") { Description = "Where the fixed text goes, for other score scripts; by default it is not kept." };

    private static readonly Option<string> Judge = new("--judge") { Description = "GGUF file of the drafter that judges too, or off; default the shipped mini drafter.", DefaultValueFactory = _ => ShippedModels.Drafter };
    private static readonly Option<double?> Weight = new("--weight") { Description = "The judge's weight; by default it goes by the judge's size." };
    private static readonly Option<double?> Tau = new("--tau") { Description = "Least joint score of a change, in nats; by default it goes by the judge's size." };
    private static readonly Option<double> From = new("--from") { Description = "The refiner's gain from which on a form is judged.", DefaultValueFactory = _ => new DrafterJudge().From };
    private static readonly Option<int> Tail = new("--tail") { Description = "Tokens after the changed word that count.", DefaultValueFactory = _ => new DrafterJudge().Tail };

    public static Command Command()
    {
        var command = new Command("fix", "Fixes a file several times.")
        {
            Source, Gold, ScoreScript, Output, Judge, Weight, Tau, From, Tail, Models.Refiner, Models.Device, Models.Threads, Models.Runs, Report.Option,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var source = arguments.GetValue(Source)!;
        var texts = await ReadAsync(source, cancellationToken);
        var judge = arguments.GetValue(Judge) is { } path and not "off" ? path : null;
        await using var engine = Models.Engine(arguments, judge);
        var options = Options(arguments);
        var start = Stopwatch.StartNew();
        await engine.LoadAsync(drafter: false, cancellationToken: cancellationToken);
        var load = start.Elapsed.TotalSeconds;

        var laps = new List<Lap>();
        var revisions = new List<Revision>();
        for (var run = 0; run < Math.Max(1, arguments.GetValue(Models.Runs)); run++)
        {
            revisions.Clear();
            laps.Add(await Lap.OfAsync(async () =>
            {
                foreach (var text in texts) revisions.Add(await engine.ReviseAsync(text, options, cancellationToken: cancellationToken));
            }));
        }

        var report = Describe(source.Name, revisions, load, laps);
        Describe(report, judge, arguments, revisions);
        var output = arguments.GetValue(Output) ?? Path.GetTempFileName();
        await WriteAsync(source, output, revisions, cancellationToken);
        if (Score(arguments, source, output) is { } score) report.Add("score", await ChildProcess.RunAsync("python3", score, cancellationToken));
        if (arguments.GetValue(Output) is null) File.Delete(output);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static ReviseOptions Options(ParseResult arguments) => new()
    {
        Policies =
        [
            new EditPolicy.Spelling
            {
                Judge = new() { Weight = arguments.GetValue(Weight), MinGain = arguments.GetValue(Tau), From = arguments.GetValue(From), Tail = arguments.GetValue(Tail) },
            },
        ],
    };

    private static async Task<string[]> ReadAsync(FileInfo source, CancellationToken cancellationToken)
    {
        if (source.Extension != Excerpts) return [await File.ReadAllTextAsync(source.FullName, cancellationToken)];
        var lines = await File.ReadAllLinesAsync(source.FullName, cancellationToken);
        return [.. lines.Select(line => JsonNode.Parse(line)!["text"]!.GetValue<string>())];
    }

    private static Task WriteAsync(FileInfo source, string output, List<Revision> revisions, CancellationToken cancellationToken) => source.Extension != Excerpts
        ? File.WriteAllTextAsync(output, revisions[0].Output, cancellationToken)
        : File.WriteAllLinesAsync(output, revisions.Select(revision => new JsonObject { ["text"] = revision.Output }.ToJsonString()), cancellationToken);

    /// <summary>What the score script is called with; null where none was asked for.</summary>
    private static string[]? Score(ParseResult arguments, FileInfo source, string output) => arguments.GetValue(ScoreScript) switch
    {
        { } script when source.Extension == Excerpts => [script.FullName, "--jsonl", source.FullName, output],
        { } script when arguments.GetValue(Gold) is { } gold => [script.FullName, source.FullName, output, gold.FullName],
        _ => null,
    };

    private static Report Describe(string name, List<Revision> revisions, double load, List<Lap> laps)
    {
        var words = Words(revisions);
        var edits = revisions.Sum(revision => revision.Edits.Count);
        var median = Machine.Median(laps.Select(lap => lap.Seconds));
        var report = new Report($"fix {name}");
        report.Add("words (by white space)", words);
        report.Add("load", load, "s");
        report.Add($"fix, median of {laps.Count}", median, "s");
        report.Add("speed, load apart", words / median, "words/s");
        report.Add("first fix", words / laps[0].Seconds, "words/s");
        report.Add("processor time", 1000 * Machine.Median(laps.Select(lap => lap.ProcessorSeconds)) / words, "ms/word");
        report.Add("edits", edits);
        report.Add("words changed", 100.0 * edits / words, "%");
        report.Add("windows through the refiner", revisions.Sum(revision => revision.Forwards));
        report.Add("peak memory", Machine.PeakMebibytes(), "MiB");
        return report;
    }

    private static void Describe(Report report, string? judge, ParseResult arguments, List<Revision> revisions)
    {
        report.Add("judge", judge is null ? "none" : Path.GetFileName(judge));
        if (judge is null) return;
        report.Add("weight, least score", $"{Value(Weight)}, {Value(Tau)}");
        report.Add("from, tail", $"{arguments.GetValue(From)}, {arguments.GetValue(Tail)}");
        report.Add("tokens that the judge decoded for a word", (double)revisions.Sum(revision => revision.JudgeTokens) / Words(revisions));

        string Value(Option<double?> option) => arguments.GetValue(option)?.ToString(CultureInfo.InvariantCulture) ?? "by size";
    }

    /// <summary>Words as anyone counts them, so that a rate does not depend on what the refiner takes for a word.</summary>
    private static int Words(List<Revision> revisions) =>
        Math.Max(1, revisions.Sum(revision => revision.Input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length));
}
