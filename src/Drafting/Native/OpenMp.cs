using System.Runtime.InteropServices;

namespace HybridGen.Drafting;

/// <summary>GNU's OpenMP library, by which llama.cpp and libtorch share their work among threads on Linux.</summary>
/// <remarks>
/// Its threads spin at a barrier before they sleep: by themselves for some milliseconds where they are no more than the processors, and for some
/// microseconds where they are more. A token of a small model has hundreds of barriers. The long time lets them spin for each other's processor
/// where other programs or the other library's threads work beside them, which makes drafting several times slower; in the short one
/// a thread sleeps at nearly every barrier, which makes it slower by a third.
/// </remarks>
public static partial class OpenMp
{
    // Some tens of microseconds: longer than threads with equal shares wait for each other.
    private const string Spins = "1000";

    private static readonly Lazy<bool> Prepared = new(Prepare);

    /// <summary>
    /// Sets for how long its threads spin, unless <c>OMP_WAIT_POLICY</c> or <c>GOMP_SPINCOUNT</c> says so, and loads the system's library, once, and
    /// with effect only before another library has loaded it.
    /// </summary>
    /// <remarks>
    /// libtorch brings a copy under the same name. Loaded first, it would serve llama.cpp too, and count the threads of both as more than
    /// the processors.
    /// </remarks>
    public static void EnsurePrepared() => _ = Prepared.Value;

    private static bool Prepare()
    {
        if (!OperatingSystem.IsLinux()) return false;
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) _ = SetVariable("GOMP_SPINCOUNT", Spins, overwrite: 0);
        return NativeLibrary.TryLoad("libgomp.so.1", out _);
    }

    // The runtime's own environment is a copy that native code does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
