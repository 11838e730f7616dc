using System.Runtime.InteropServices;
using System.Runtime.Loader;
using HybridGen.Drafting;
using TorchSharp;

namespace HybridGen.Torch;

/// <summary>Loads libtorch, once for the process, and says in one sentence why where it cannot.</summary>
public static class LibTorch
{
    /// <summary>Environment variable that names a folder with PyTorch's libraries, for a build with <c>TorchBackend=none</c>.</summary>
    public const string OverrideVariable = "HYBRIDGEN_LIBTORCH";

    private const string Native = "LibTorchSharp";

    private static readonly string[] OutOfMemory = ["can't allocate memory", "not enough memory", "out of memory"];

    private static readonly Lazy<NativeLibraryReport> Loaded = new(Load);

    /// <summary>Loads libtorch unless that is done.</summary>
    /// <exception cref="RefiningException">It is not there, or this system cannot load it; the message says what to do.</exception>
    public static void EnsureLoaded()
    {
        if (Loaded.Value.Problem is { } problem) throw new RefiningException(problem);
    }

    /// <summary>Loads libtorch unless that is done, and says what was found.</summary>
    public static NativeLibraryReport Inspect() => Loaded.Value;

    /// <summary>Whether libtorch sees a GPU that it can use; <see langword="false"/> also where it is not loaded.</summary>
    public static bool CanUseGpu => Loaded.Value.Works && torch.cuda.is_available();

    /// <summary>The newest GLIBCXX version of this system's libstdc++; <see langword="null"/> where there is none.</summary>
    public static Version? Glibcxx => GlibcxxCompat.Installed;

    /// <summary>Whether it is the system, libtorch's allocator on the processor, or CUDA's that says so.</summary>
    internal static bool IsOutOfMemory(Exception failure) => failure is OutOfMemoryException
        || (failure is ExternalException && OutOfMemory.Any(words => failure.Message.Contains(words, StringComparison.OrdinalIgnoreCase)));

    private static NativeLibraryReport Load()
    {
        string? path = null;
        try
        {
            path = Find();
            nint handle;
            (handle, path) = Open(path);
            AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name == Native ? handle : 0;
            if (!torch.TryInitializeDeviceType(DeviceType.CPU)) return Report(path, "libtorch was loaded but refuses to start on the processor.");
            using var one = torch.ones(1);
            return Report(path, one.item<float>() == 1 ? null : "libtorch was loaded but computes wrongly.");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return Report(path, failure as RefiningException is { } known ? known.Message : $"libtorch cannot be loaded: {Innermost(failure)}");
        }
    }

    /// <summary>
    /// Loads TorchSharp's library before TorchSharp asks for it: its own search ends in copying all of libtorch beside the program, and in
    /// advice that does not fit.
    /// </summary>
    /// <returns>The library's handle and the file that it came from: the packaged one, or a copy that this system can load.</returns>
    private static (nint Handle, string Path) Open(string library)
    {
        if (OperatingSystem.IsLinux())
            Preload(Environment.GetEnvironmentVariable(OverrideVariable) is { Length: > 0 } folder ? folder : Path.GetDirectoryName(library)!);
        if (NativeLibrary.TryLoad(library, out var handle)) return (handle, library);
        var loadable = OperatingSystem.IsLinux() ? GlibcxxCompat.Loadable(library, GlibcxxCompat.UserCache()) : library;
        return (NativeLibrary.Load(loadable), loadable);
    }

    private static NativeLibraryReport Report(string? path, string? problem) => new("libtorch", path, problem is null ? torch.__version__ : null, problem);

    private static string Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner) failure = inner;
        return failure.Message.Split('\n')[0];
    }

    /// <summary>Loads what TorchSharp's library links to, in the order of their dependencies, so that the copy finds it from anywhere.</summary>
    private static void Preload(string folder)
    {
        OpenMp.EnsurePrepared();
        foreach (var name in new[] { "libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so" })
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path)) NativeLibrary.Load(path);
            else if (name == "libtorch_cpu.so")
                throw new RefiningException($"'{path}' is missing. Reference the package libtorch-cpu or one of CUDA's (in this repository: TorchBackend=cpu or cuda), or set {OverrideVariable} to a folder with PyTorch's libraries.");
        }
    }

    /// <summary>TorchSharp's native library, beside the program or where the runtime was told to look.</summary>
    private static string Find()
    {
        var file = OperatingSystem.IsWindows() ? Native + ".dll" : OperatingSystem.IsMacOS() ? $"lib{Native}.dylib" : $"lib{Native}.so";
        var searched = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"), .. searched];
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists)
            ?? throw new RefiningException($"{file} is not beside the program in '{AppContext.BaseDirectory}'. Build the program with the package TorchSharp restored.");
    }
}
