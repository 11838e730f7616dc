using System.Runtime.InteropServices;

namespace HybridGen.Drafting;

/// <summary>The heap that llama.cpp allocates from.</summary>
internal static partial class NativeHeap
{
    /// <summary>
    /// Gives free memory back to the system. glibc keeps what a model and its context leave, in pieces that the next load does not fit into: a
    /// process that loads and frees models again and again would seem to leak some megabytes each time.
    /// </summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException)
        {
            // Only glibc has it; musl gives large pieces back by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint padding);
}
