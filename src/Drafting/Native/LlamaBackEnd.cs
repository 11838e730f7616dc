using System.Runtime.InteropServices;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What the loaded llama.cpp computes with.</summary>
public static class LlamaBackEnd
{
    /// <summary>What the build uses of the processor, in llama.cpp's own names: <c>AVX2</c>, <c>FMA</c>, <c>LLAMAFILE</c> and others.</summary>
    /// <exception cref="DraftingException">llama.cpp cannot be used.</exception>
    public static IReadOnlyList<string> Features()
    {
        LlamaLibrary.EnsureLoaded();
        var info = Marshal.PtrToStringUTF8(NativeApi.llama_print_system_info()) ?? "";
        return [.. info.Split('|', ':').Select(part => part.Split('=', StringSplitOptions.TrimEntries)).Where(pair => pair is [_, "1"]).Select(pair => pair[0]).Distinct()];
    }

    /// <summary>The devices that llama.cpp sees: those of its build, among them always the processor.</summary>
    /// <exception cref="DraftingException">llama.cpp cannot be used.</exception>
    public static IReadOnlyList<LlamaDevice> Devices()
    {
        LlamaLibrary.EnsureLoaded();
        if (LlamaLibrary.ModulePath("ggml-base") is not { } path) return [];
        var library = NativeLibrary.Load(path);
        try
        {
            return [.. Enumerable.Range(0, (int)NativeApi.ggml_backend_dev_count()).Select(i => Describe(library, NativeApi.ggml_backend_dev_get((nuint)i)))];
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    // The binding has the names alone.
    private static unsafe LlamaDevice Describe(nint library, nint device)
    {
        nuint free = 0, total = 0;
        ((delegate* unmanaged<nint, nuint*, nuint*, void>)NativeLibrary.GetExport(library, "ggml_backend_dev_memory"))(device, &free, &total);
        return new LlamaDevice(Text("ggml_backend_dev_name"), Text("ggml_backend_dev_description"), (long)free, (long)total);

        string Text(string function) => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(library, function))(device)) ?? "";
    }
}

/// <summary>A device that llama.cpp sees.</summary>
/// <param name="Name">Its name there: <c>CPU</c>, <c>CUDA0</c>, <c>Vulkan1</c>.</param>
/// <param name="Description">What it is.</param>
/// <param name="FreeBytes">Memory that is free; 0 where it does not say.</param>
/// <param name="TotalBytes">All of its memory; 0 where it does not say.</param>
public sealed record LlamaDevice(string Name, string Description, long FreeBytes, long TotalBytes);
