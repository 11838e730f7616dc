using System.CommandLine;
using HybridGen.Revising;
using TorchSharp;

namespace HybridGen.Bench;

/// <summary><c>calls</c>: memory and living tensors over many short calls.</summary>
internal static class CallsBench
{
    private static readonly Option<FileInfo> Source = new Option<FileInfo>("--source") { Required = true, Description = "Text; each call revises some lines of it." }.AcceptExistingOnly();
    private static readonly Option<int> Calls = new("--calls") { Description = "Calls.", DefaultValueFactory = _ => 2_000 };

    public static Command Command()
    {
        var command = new Command("calls", "Revises a few lines at a time, many times.") { Source, Calls, Models.Refiner, Models.Threads, Report.Option };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var lines = await File.ReadAllLinesAsync(arguments.GetValue(Source)!.FullName, cancellationToken);
        var calls = arguments.GetValue(Calls);
        await using var engine = Models.Engine(arguments, judge: null);
        await engine.LoadAsync(drafter: false, cancellationToken: cancellationToken);
        var report = new Report($"{calls} calls");
        report.Add("loaded", $"{Machine.Mebibytes():F0} MiB, {torch.Tensor.TotalCount} tensors");
        for (var call = 1; call <= calls; call++)
        {
            await engine.ReviseAsync(string.Join('\n', Enumerable.Range(3 * call, 3).Select(i => lines[i % lines.Length])), ReviseOptions.Fix, cancellationToken: cancellationToken);
            if (call == 1 || call % Math.Max(1, calls / 10) == 0) report.Add($"after {call}", $"{Machine.Mebibytes():F0} MiB, {torch.Tensor.TotalCount} tensors");
        }

        report.Add("peak memory", Machine.PeakMebibytes(), "MiB");
        await report.PublishAsync(arguments.GetValue(Report.Option));
        return 0;
    }
}
