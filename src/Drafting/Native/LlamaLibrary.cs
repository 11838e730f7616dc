using System.Diagnostics;
using System.Runtime.InteropServices;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>The native llama.cpp behind LLamaSharp: loaded once for the process, and refused in one sentence where it does not fit.</summary>
/// <remarks>
/// LLamaSharp fits exactly one llama.cpp. Another one would read its structures shifted and crash later, so the commit and the defaults
/// are compared before a model is touched.
/// </remarks>
public static class LlamaLibrary
{
    /// <summary>Environment variable that names a llama.cpp library file to use instead of the packaged one.</summary>
    public const string OverrideVariable = "HYBRIDGEN_LLAMA";

    // Of the llama.cpp that LLamaSharp 0.30.0 was written for, as its builds abbreviate it at least.
    private const string Commit = "815a2a5";
    internal const string Version = "b10221 (LLamaSharp 0.30.0)";

    private static readonly Lazy<NativeLibraryReport> Loaded = new(Load);

    // llama.cpp complains on the thread that works, and other work may go on beside it.
    private static readonly AsyncLocal<Queue<string>?> Complaints = new();

    /// <summary>Loads llama.cpp unless that is done, and says what was found.</summary>
    public static NativeLibraryReport Inspect() => Loaded.Value;

    /// <summary>Loads llama.cpp unless that is done.</summary>
    /// <exception cref="DraftingException">It is not there, does not load, or is another version.</exception>
    public static void EnsureLoaded()
    {
        if (Loaded.Value.Problem is { } problem) throw new DraftingException(problem);
    }

    /// <summary>Whether this build of llama.cpp can use a GPU; <see langword="false"/> also where none is loaded.</summary>
    public static bool CanUseGpu => Loaded.Value.Works && NativeApi.llama_supports_gpu_offload();

    /// <summary>Listens to what llama.cpp complains of in what is done next, here and in what is awaited here.</summary>
    internal static void Listen() => Complaints.Value = new();

    /// <summary>Why something failed in llama.cpp's own words, or in the binding's where it said nothing.</summary>
    internal static string Reason(Exception failure)
    {
        // Its last word on a file is only ever that it could not be loaded.
        if (Complaints.Value is not { } complaints) return failure.Message;
        lock (complaints) return complaints.LastOrDefault(complaint => !complaint.EndsWith("failed to load model", StringComparison.Ordinal)) ?? failure.Message;
    }

    private static NativeLibraryReport Load()
    {
        var asked = Environment.GetEnvironmentVariable(OverrideVariable) is { Length: > 0 } path ? path : null;
        if (asked is not null && !File.Exists(asked)) return new("llama.cpp", asked, null, $"{OverrideVariable} names '{asked}', which does not exist.");
        try
        {
            Configure(asked);
            NativeApi.llama_empty_call();
            return Misfit() is { } misfit
                ? new("llama.cpp", LoadedPath() ?? asked, null, $"'{LoadedPath() ?? asked}' is not the llama.cpp that LLamaSharp 0.30.0 fits ({misfit}); use its own back end package.")
                : new("llama.cpp", LoadedPath(), Version, null);
        }
        catch (Exception failure) when (failure is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or LLama.Exceptions.RuntimeError or BadImageFormatException)
        {
            return new("llama.cpp", asked ?? LoadedPath(), null, $"llama.cpp cannot be loaded{(asked is null ? "" : $" from '{asked}'")}: {Refusal(failure)}");
        }
    }

    private static void Configure(string? path)
    {
        // An application that drives LLamaSharp itself has loaded and configured it already.
        if (NativeLibraryConfig.LLama.LibraryHasLoaded) return;
        OpenMp.EnsurePrepared();
        NativeLibraryConfig.All.WithLogCallback(Remember);
        if (path is null) return;
        // The loader's own words say why it refuses a file; LLamaSharp would not pass them on.
        NativeLibrary.Load(path);
        NativeLibraryConfig.LLama.WithLibrary(path).SkipCheck().WithAutoFallback(false);
    }

    /// <summary>llama.cpp reports hundreds of lines for each model; only its last errors are worth keeping.</summary>
    private static void Remember(LLamaLogLevel level, string message)
    {
        if (level is not LLamaLogLevel.Error || string.IsNullOrWhiteSpace(message) || Complaints.Value is not { } complaints) return;
        lock (complaints)
        {
            complaints.Enqueue(message.Trim());
            if (complaints.Count > 8) complaints.Dequeue();
        }
    }

    /// <summary>What differs from the llama.cpp that the binding was written for; null where nothing does.</summary>
    private static string? Misfit()
    {
        // Asked first: it takes and returns no structure, so any version answers it safely.
        if (Built() is { } commit && !commit.StartsWith(Commit, StringComparison.Ordinal)) return $"it was built from commit {commit} instead of {Commit}";
        var context = LLamaContextParams.Default();
        var defaults = (context.n_ctx, context.n_batch, context.n_ubatch, context.n_seq_max, context.yarn_beta_fast);
        return defaults == (512u, 2048u, 512u, 1u, -1f) ? null : $"context defaults {defaults} instead of (512, 2048, 512, 1, -1)";
    }

    /// <summary>The commit that the loaded library was built from; null where it does not say.</summary>
    private static unsafe string? Built()
    {
        if (ModulePath("ggml-base") is not { } path) return null;
        var library = NativeLibrary.Load(path);
        try
        {
            if (!NativeLibrary.TryGetExport(library, "ggml_commit", out var function)) return "of another time";
            return Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)function)()) is { } commit && commit != "unknown" ? commit : null;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    private static string? LoadedPath() => ModulePath("llama");

    internal static string? ModulePath(string name)
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(path => Path.GetFileName(path).Split('.')[0] is { } file && (file == name || file == "lib" + name));
    }

    /// <summary>Why the library did not load.</summary>
    private static string Refusal(Exception failure)
    {
        while (failure.InnerException is { } inner) failure = inner;
        if (OperatingSystem.IsLinux() && !NativeLibrary.TryLoad("libgomp.so.1", out _)) return "the system's libgomp.so.1 is missing (Debian: apt install libgomp1).";
        return failure switch
        {
            DllNotFoundException => failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1],
            EntryPointNotFoundException => $"it is no llama.cpp library that LLamaSharp 0.30.0 fits. {failure.Message}",
            _ => $"no back end that this processor can run lies beside the program; reference the package LLamaSharp.Backend.Cpu (in this repository: LlamaBackend=cpu), or set {OverrideVariable} to a library.",
        };
    }
}
