using System.Diagnostics;
using System.Text;

namespace HybridGen.Cli.Tests;

/// <summary>Runs the program as its user does: a process with its own standard streams.</summary>
internal static class Hybridgen
{
    public static async Task<Run> RunAsync(string[] arguments, byte[]? input = null, Dictionary<string, string>? environment = null, Func<Process, Task>? meanwhile = null)
    {
        using var process = Start(arguments, environment ?? []);
        var output = ReadAsync(process.StandardOutput.BaseStream);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.BaseStream.WriteAsync(input ?? [], TestContext.Current.CancellationToken);
        process.StandardInput.Close();
        if (meanwhile is not null) await meanwhile(process);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Run(process.ExitCode, await output, (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static Process Start(string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "hybridgen.dll"), .. arguments])
        {
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
