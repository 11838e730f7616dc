using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using HybridGen.Drafting;
using HybridGen.Torch;

namespace HybridGen.Cli.Doctor;

/// <summary>What was found on this machine.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="System">Operating system and C libraries.</param>
/// <param name="Processor">Processor and memory.</param>
/// <param name="Gpu">What the two libraries see of a GPU.</param>
/// <param name="Drafting">What drafts would be computed with.</param>
/// <param name="Parts">Native libraries and models: loaded, or refused and why.</param>
internal sealed record Diagnosis(string Version, SystemFacts System, ProcessorFacts Processor, string Gpu, DraftingFacts Drafting, IReadOnlyList<Part> Parts)
{
    /// <summary>Whether every part works.</summary>
    public bool Works => Parts.All(part => part.Problem is null);

    public static async Task<Diagnosis> MakeAsync(HybridGenOptions options, CancellationToken cancellationToken)
    {
        await using var engine = new HybridGenEngine(options);
        Part[] parts =
        [
            Library(LlamaLibrary.Inspect()),
            Library(LibTorch.Inspect()),
            await ModelAsync("Drafter", options.DrafterPath, () => engine.LoadAsync(refiner: false, cancellationToken: cancellationToken)),
            await ModelAsync("Refiner", options.RefinerPath, () => engine.LoadAsync(drafter: false, cancellationToken: cancellationToken)),
            new Part("Threads", null, $"{options.Threads} for each of the two models, which take turns", null),
        ];
        var version = typeof(Diagnosis).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        return new Diagnosis(version, SystemFacts.Read(), ProcessorFacts.Read(), Gpus(), DraftingFacts.Read(await SetupAsync(engine, parts, cancellationToken)), parts);
    }

    private static Part Library(NativeLibraryReport report) => new(report.Name, report.Path, report.Works ? $"{report.Version}, loaded from {report.Path}" : "", report.Problem);

    private static async Task<Part> ModelAsync(string name, string path, Func<Task> load)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await load();
            return new Part(name, path, $"{Kind(path)}, loaded in {Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s from {path}", null);
        }
        catch (Exception failure) when (failure is DraftingException or RefiningException)
        {
            return new Part(name, path, "", failure.Message);
        }
    }

    private static async Task<DrafterSetup?> SetupAsync(HybridGenEngine engine, Part[] parts, CancellationToken cancellationToken) =>
        parts.Any(part => part is { Name: "Drafter", Problem: null }) ? (await engine.GetDrafterAsync(cancellationToken) as LlamaDrafter)?.Setup : null;

    private static string Kind(string path) => File.Exists(path)
        ? $"{GgufFile.Read(path).Architecture}, {new FileInfo(path).Length / 1e6:F1} MB"
        : $"{Directory.EnumerateFiles(path, "*.safetensors").Sum(file => new FileInfo(file).Length) / 1e6:F1} MB";

    private static string Gpus() =>
        $"llama.cpp {(!LlamaLibrary.Inspect().Works ? "is not loaded" : LlamaLibrary.CanUseGpu ? "can use one (--gpu-layers)" : "is a build for the processor (LlamaBackend)")}; " +
        $"libtorch {(!LibTorch.Inspect().Works ? "is not loaded" : LibTorch.CanUseGpu ? "sees one, on which the refiner computes (--device)" : "sees none (TorchBackend); the refiner computes on the processor")}";
}

/// <summary>A native library or a model.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Path">Its file or folder.</param>
/// <param name="Finding">What was found, where it works.</param>
/// <param name="Problem">Why it was refused, with the remedy; <see langword="null"/> where it works.</param>
internal sealed record Part(string Name, string? Path, string Finding, string? Problem);

/// <summary>Operating system and C libraries.</summary>
internal sealed record SystemFacts(string Description, string RuntimeIdentifier, string DotNet, string? Glibc, string? Libstdcxx, bool HasLibgomp)
{
    public static SystemFacts Read() => new(
        RuntimeInformation.OSDescription, RuntimeInformation.RuntimeIdentifier, Environment.Version.ToString(), ReadGlibc(), LibTorch.Glibcxx is { } version ? $"GLIBCXX_{version}" : null, NativeLibrary.TryLoad("libgomp.so.1", out _));

    private static string? ReadGlibc()
    {
        if (!NativeLibrary.TryLoad("libc.so.6", out var library) || !NativeLibrary.TryGetExport(library, "gnu_get_libc_version", out var function)) return null;
        return Marshal.PtrToStringUTF8(Marshal.GetDelegateForFunctionPointer<VersionFunction>(function)());
    }

    private delegate nint VersionFunction();
}

/// <summary>Processor and memory.</summary>
internal sealed record ProcessorFacts(string Model, int Threads, IReadOnlyList<string> InstructionSets, long MemoryBytes)
{
    public static ProcessorFacts Read() => new(
        ReadModel(), Environment.ProcessorCount, [.. ReadSets()], GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    private static string ReadModel() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString()
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static IEnumerable<string> ReadSets()
    {
        if (Avx.IsSupported) yield return "AVX";
        if (Avx2.IsSupported) yield return "AVX2";
        if (Avx512F.IsSupported) yield return "AVX-512";
    }
}
