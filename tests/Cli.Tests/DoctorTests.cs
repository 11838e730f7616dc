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
        foreach (var name in new[] { "llama.cpp", "libtorch", "Drafter", "Refiner", "Processor", "Threads", "Build", "Devices", "Drafting", "flash attention", "GPU", "glibc", "libstdc++" })
            Assert.Contains(name, run.Text, StringComparison.Ordinal);
    }

    /// <summary>What would be used, with the options of the model that is asked about.</summary>
    [Fact]
    public async Task Doctor_AModel_SaysWhatItWouldDraftWith()
    {
        var run = await Hybridgen.RunAsync(["doctor", "--json", "--threads", "1", "--gpu-layers", "5", "--drafter", Repository.MiniDrafter]);
        var drafting = JsonDocument.Parse(run.Text).RootElement.GetProperty("drafting");
        Assert.Contains(drafting.GetProperty("devices").EnumerateArray(), device => device.GetProperty("name").GetString() == "CPU" && device.GetProperty("totalBytes").GetInt64() > 1 << 20);
        Assert.NotEmpty(drafting.GetProperty("features").EnumerateArray());
        var setup = drafting.GetProperty("setup");
        Assert.Equal(("llama", 1, 1024, true), (setup.GetProperty("architecture").GetString(), setup.GetProperty("threads").GetInt32(), setup.GetProperty("contextSize").GetInt32(), setup.GetProperty("isMemoryMapped").GetBoolean()));
        Assert.InRange(setup.GetProperty("gpuLayers").GetInt32(), 0, 5);
        Assert.InRange(setup.GetProperty("layers").GetInt32(), 2, 100);
        Assert.Equal("F16", setup.GetProperty("keyCache").GetString(), ignoreCase: true);
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
