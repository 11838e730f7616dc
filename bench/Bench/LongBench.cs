using System.CommandLine;
using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen.Bench;

/// <summary><c>long</c>: speed, memory and forwards of texts of growing length, each the beginning of one file.</summary>
internal static class LongBench
{
    private static readonly int[] Lengths = [1_000, 3_000, 10_000, 30_000, 100_000];

    private static readonly Option<FileInfo> Source = new Option<FileInfo>("--source") { Required = true, Description = "Text of 100,000 words or more; of a shorter one the longer lengths are left out." }.AcceptExistingOnly();

    public static Command Command()
    {
        var command = new Command("long", "Fixes texts of 1,000 to 100,000 words.") { Source, Models.Refiner, Models.Threads, Models.Runs, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(arguments.GetValue(Source)!.FullName, cancellationToken);
        await using var engine = Models.Engine(arguments, judge: null);
        await engine.ReviseAsync(Beginning(text, Lengths[0])!, ReviseOptions.Fix, cancellationToken: cancellationToken);
        var report = new Report($"fix texts of growing length from {arguments.GetValue(Source)!.Name}");
        report.Add("memory before", Machine.Mebibytes(), "MiB");
        foreach (var length in Lengths)
            if (Beginning(text, length) is { } part) await MeasureAsync(engine, part, length, arguments.GetValue(Models.Runs), report, cancellationToken);
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }

    private static async Task MeasureAsync(HybridGenEngine engine, string text, int words, int runs, Report report, CancellationToken cancellationToken)
    {
        var laps = new List<(double Seconds, double Processor)>();
        Revision? revision = null;
        var sampler = new MemorySampler();
        for (var run = 0; run < Math.Max(1, runs); run++)
        {
            var processor = Environment.CpuUsage.TotalTime;
            revision = await engine.ReviseAsync(text, ReviseOptions.Fix, sampler, cancellationToken);
            laps.Add((revision.Duration.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds));
        }

        report.Add($"{words} words: speed, median of {laps.Count}", words / Machine.Median(laps.Select(lap => lap.Seconds)), "words/s");
        report.Add($"{words} words: processor time", 1000 * Machine.Median(laps.Select(lap => lap.Processor)) / words, "ms/word");
        report.Add($"{words} words: most memory, at the end of a batch", sampler.Mebibytes, "MiB");
        report.Add($"{words} words: forwards for 100 words", 100.0 * revision!.Forwards / words);
    }

    /// <summary>The first words of a text; null where it has not as many.</summary>
    private static string? Beginning(string text, int words)
    {
        var (end, count) = (0, 0);
        for (; end < text.Length && count < words; end++)
            if (!char.IsWhiteSpace(text[end]) && (end + 1 == text.Length || char.IsWhiteSpace(text[end + 1]))) count++;
        return count < words ? null : text[..end];
    }

    private sealed class MemorySampler : IProgress<ReviseProgress>
    {
        public double Mebibytes { get; private set; }

        public void Report(ReviseProgress value) => Mebibytes = Math.Max(Mebibytes, Machine.Mebibytes());
    }
}
