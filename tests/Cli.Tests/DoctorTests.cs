using System.Diagnostics;
using System.Text.Json;

namespace HybridGen.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Doctor_ThisMachine_FindsEverything()
    {
        var run = await Hybridgen.RunAsync(["doctor"]);
        Assert.Equal(0, run.ExitCode);
        foreach (var name in new[] { "llama.cpp", "libtorch", "Drafter", "Refiner", "Processor", "Threads", "GPU", "glibc", "libstdc++" })
            Assert.Contains(name, run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_BrokenLibraries_SaysWhyAndExitsWith3()
    {
        var library = _scratch.Write("libllama.so", "no library");
        var run = await Hybridgen.RunAsync(["doctor", "--json"], environment: new() { ["HYBRIDGEN_LLAMA"] = library, ["HYBRIDGEN_LIBTORCH"] = _scratch.Folder });
        var parts = JsonDocument.Parse(run.Text).RootElement.GetProperty("parts").EnumerateArray().ToDictionary(part => part.GetProperty("name").GetString()!, part => part.GetProperty("problem").GetString());
        Assert.Equal(3, run.ExitCode);
        Assert.Contains(library, parts["llama.cpp"], StringComparison.Ordinal);
        Assert.Contains("libtorch_cpu.so' is missing", parts["libtorch"], StringComparison.Ordinal);
        Assert.NotNull(parts["Drafter"]);
        Assert.NotNull(parts["Refiner"]);
    }

    /// <summary>A library that loads but is another one: refused before its structures are used.</summary>
    [Fact]
    public async Task Generate_AnotherLibrary_IsRefusedWithItsPath()
    {
        using var process = Process.GetCurrentProcess();
        var other = process.Modules.Cast<ProcessModule>().Select(module => module.FileName).FirstOrDefault(file => file.Contains("/libm.so", StringComparison.Ordinal));
        Assert.SkipWhen(other is null, "The C library's mathematics, which this test borrows, is not a file of its own here.");
        (await Hybridgen.RunAsync(["generate", "x"], environment: new() { ["HYBRIDGEN_LLAMA"] = other })).AssertRefused(3, other, "no llama.cpp library");
    }
}
