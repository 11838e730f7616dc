using System.Diagnostics;
using System.Reflection;

namespace HybridGen.Packages.Tests;

/// <summary>Runs the SDK, and programs, as their user does: no setting of this build reaches them.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private static readonly ILookup<string, string?> Metadata =
        typeof(Dotnet).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().ToLookup(attribute => attribute.Key, attribute => attribute.Value);

    /// <summary>What this build was told: its configuration, the folder of restored packages, the system.</summary>
    public static string Built(string name) => Metadata[name].First()!;

    /// <summary>Runs the SDK in a folder; a failure has all that it said.</summary>
    /// <returns>Its output.</returns>
    public static Task<string> RunAsync(string folder, params string[] arguments) => StartAsync("dotnet", folder, arguments);

    /// <inheritdoc cref="RunAsync"/>
    public static async Task<string> StartAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(IsOfABuild).ToList()) start.Environment.Remove(name);
        // A server that outlives its client would keep the streams open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}{await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static bool IsOfABuild(string name) => name == "CI" || name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase);
}
