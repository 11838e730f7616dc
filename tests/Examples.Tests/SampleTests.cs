using System.Diagnostics;

namespace HybridGen.Examples.Tests;

/// <summary>The samples as their reader runs them: each a process of its own, with the shipped pair.</summary>
public class SampleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("Quickstart", "changes")]
    [InlineData("Agent", "After:  Dear Ms Lindqvist, I received the parcel yesterday. Please tell Mr Lindqvist. Thank you, Ms Lindqvist! The code is `recieved_at`.")]
    [InlineData("AgentWorkflow", "reviser: ")]
    [InlineData("Telemetry", "I received the package.")]
    [InlineData("WritingPipeline", "  Lindqvist, also written Lindkvist: 1 changed")]
    [InlineData("FixFolder", "3 files, 2 with changes; --write makes them.")]
    [InlineData("ReviseAnyService", "  Lindkvist -> Lindqvist (Consistency,")]
    [InlineData("LiveDenoising", "Fluency, pass 1: ")]
    [InlineData("MigrateFromLLamaSharp", "tokens, ended by stop")]
    public async Task Sample_RunsByItself(string name, string expected)
    {
        var (exitCode, output, errors) = await RunAsync(name);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public void EverySample_IsRun()
    {
        var run = typeof(SampleTests).GetMethod(nameof(Sample_RunsByItself))!.GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>().Select(sample => (string)sample.Data[0]!);
        Assert.Equal(Directory.EnumerateDirectories(Path.Combine(Repository.Root, "samples")).Select(Path.GetFileName).Order(), run.Order());
    }

    [Fact]
    public async Task FixFolder_WritesOnlyWhatChanges()
    {
        using var folder = new Scratch();
        var wrong = folder.Write("wrong.txt", "\uFEFFThey recieved the letter.\r\n");
        var right = folder.Write("right.md", "They received the letter.");
        var other = folder.Write("code.cs", "// They recieved the letter.");
        var untouched = File.GetLastWriteTimeUtc(right);
        Assert.Equal(0, (await RunAsync("FixFolder", folder.Folder, "--write")).ExitCode);
        Assert.Equal("\uFEFFThey received the letter.\r\n"u8.ToArray(), await File.ReadAllBytesAsync(wrong, Token));
        Assert.Equal(untouched, File.GetLastWriteTimeUtc(right));
        Assert.Equal("// They recieved the letter.", await File.ReadAllTextAsync(other, Token));
        Assert.Equal(3, Directory.GetFiles(folder.Folder).Length);
    }

    /// <summary>Spans and metrics come to a collector by OTLP over HTTP.</summary>
    [Fact]
    public async Task Telemetry_ReachesACollector()
    {
        await using var collector = new Collector();
        Assert.Equal(0, (await RunAsync("Telemetry", collector.Address.ToString())).ExitCode);
        Assert.All(["chat drafter", "hybridgen.draft", "hybridgen.revise", "letter"], span => Assert.Contains(span, collector.Received("/v1/traces"), StringComparison.Ordinal));
        Assert.All(["hybridgen.draft.tokens", "hybridgen.queue.duration", "hybridgen.revise.edits"], metric => Assert.Contains(metric, collector.Received("/v1/metrics"), StringComparison.Ordinal));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"HybridGen.{name}.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Threads that wait for each other by spinning would take the other tests' processors.
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
