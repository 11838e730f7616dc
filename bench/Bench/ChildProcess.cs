using System.Diagnostics;

namespace HybridGen.Bench;

/// <summary>Runs another program and returns what it printed.</summary>
internal static class ChildProcess
{
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}.");
    }
}
