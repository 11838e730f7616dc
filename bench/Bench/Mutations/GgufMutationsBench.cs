using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace HybridGen.Bench.Mutations;

/// <summary><c>gguf-mutations</c>: what comes of damaged models; each should be refused or work, none end the process.</summary>
internal static class GgufMutationsBench
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Option<int> Count = new("--count") { Description = "Damages.", DefaultValueFactory = _ => 10_000 };
    private static readonly Option<int> Seed = new("--seed") { Description = "Number of the first damage; a number fixes one.", DefaultValueFactory = _ => 0 };
    private static readonly Option<string?> Child = new("--child") { Hidden = true };

    public static Command Command()
    {
        var command = new Command("gguf-mutations", "Damages small models and drafts with them, in processes of their own.") { Count, Seed, Child, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var (first, count) = (arguments.GetValue(Seed), arguments.GetValue(Count));
        if (arguments.GetValue(Child) is { } file)
        {
            await MutatedLoads.RunAsync(first, first + count, file);
            return 0;
        }

        var outcomes = new List<Outcome>();
        while (outcomes.Count < count) outcomes.AddRange(await WatchAsync(first + outcomes.Count, count - outcomes.Count, cancellationToken));
        await PublishAsync(outcomes, arguments.GetValue(Report.Option));
        return outcomes.Exists(outcome => outcome.IsBad) ? 1 : 0;
    }

    /// <summary>Runs a process until it is done or dies.</summary>
    private static async Task<List<Outcome>> WatchAsync(int first, int count, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("hybridgen-mutations-");
        try
        {
            using var process = Start(first, count, Path.Combine(folder.FullName, "model.gguf"));
            var outcomes = new List<Outcome>();
            var isHung = false;
            try
            {
                while (await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken) is { } line) outcomes.Add(Outcome.Read(line));
            }
            catch (TimeoutException)
            {
                isHung = true;
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync(cancellationToken);
            if (outcomes.Count < count) outcomes.Add(new Outcome(first + outcomes.Count, "", isHung ? "hung" : $"died with exit code {process.ExitCode}"));
            return outcomes;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Process Start(int first, int count, string file)
    {
        // A wrong number may ask for any memory: it is bounded, so that only this process suffers.
        var own = string.Create(CultureInfo.InvariantCulture, $"ulimit -v 8000000; ulimit -c 0; exec '{Environment.ProcessPath}' gguf-mutations --seed {first} --count {count} --child '{file}'");
        var start = new ProcessStartInfo("bash", ["-c", own]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x10000000";
        start.Environment["GGML_NO_BACKTRACE"] = "1";
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task PublishAsync(List<Outcome> outcomes, string? file)
    {
        var report = new Report($"{outcomes.Count} damaged models");
        report.Add("worked all the same", outcomes.Count(outcome => outcome.What == "worked"));
        report.Add("refused", outcomes.Count(outcome => outcome.What == "refused"));
        report.Add("another exception", outcomes.Count(outcome => outcome is { IsBad: true, IsEnd: false }));
        report.Add("the process died or hung", outcomes.Count(outcome => outcome.IsEnd));
        foreach (var bad in outcomes.Where(outcome => outcome.IsBad)) report.Add($"number {bad.Number}", $"{bad.Kind} {bad.What}".Trim());
        await report.PublishAsync(file);
    }

    /// <summary>What came of one damage.</summary>
    private sealed record Outcome(int Number, string Kind, string What)
    {
        public bool IsBad => What is not ("worked" or "refused");

        public bool IsEnd => What == "hung" || What.StartsWith("died", StringComparison.Ordinal);

        public static Outcome Read(string line) => line.Split('\t') is [var number, var kind, var what] ? new(int.Parse(number, CultureInfo.InvariantCulture), kind, what) : throw new InvalidOperationException(line);
    }
}
