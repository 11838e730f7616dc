using System.Diagnostics;
using System.Text;

namespace HybridGen.Cli.Tests;

/// <summary>Runs the program as its user does: a process with its own standard streams.</summary>
internal static class Hybridgen
{
    public static async Task<Run> RunAsync(string[] arguments, byte[]? input = null, Dictionary<string, string>? environment = null, Func<Process, Task>? meanwhile = null, string? folder = null)
    {
        using var process = Start(arguments, environment ?? [], folder);
        var output = ReadAsync(process.StandardOutput.BaseStream);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.BaseStream.WriteAsync(input ?? [], TestContext.Current.CancellationToken);
        await process.StandardInput.BaseStream.FlushAsync(TestContext.Current.CancellationToken);
        if (meanwhile is not null) await meanwhile(process);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Run(process.ExitCode, await output, (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>What Ctrl-C sends.</summary>
    public static async Task InterruptAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static Process Start(string[] arguments, Dictionary<string, string> environment, string? folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "hybridgen.dll"), .. arguments])
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }
}

/// <summary>How the program ended and what it wrote.</summary>
internal sealed record Run(int ExitCode, byte[] Output, string[] Errors)
{
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Asserts an error of one line that contains all of what is expected, and no output.</summary>
    public void AssertRefused(int exitCode, params string[] expected)
    {
        var error = Assert.Single(Errors);
        Assert.StartsWith("hybridgen: ", error, StringComparison.Ordinal);
        Assert.All(expected, part => Assert.Contains(part, error, StringComparison.Ordinal));
        Assert.Equal((exitCode, ""), (ExitCode, Text));
    }
}
