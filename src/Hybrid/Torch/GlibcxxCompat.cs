using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HybridGen.Torch;

/// <summary>
/// Lets TorchSharp's native library load where libstdc++ is older than the one it was built against (Debian 12, Ubuntu 22.04).
/// </summary>
/// <remarks>
/// TorchSharp 0.107 asks for GLIBCXX_3.4.32 because of one symbol that is named and never called. A private copy of the library, in which
/// that need is weak, loads and works. The package's own file is never touched: output folders may share it by hard links.
/// </remarks>
internal static class GlibcxxCompat
{
    private const string Prefix = "GLIBCXX_";

    private static readonly SearchValues<byte> VersionCharacters = SearchValues.Create("0123456789."u8);

    /// <summary>A library that loads here: the file itself, or a private copy with the missing versions made weak.</summary>
    /// <param name="library">The library.</param>
    /// <param name="cache">Folder for private copies; created where it is missing.</param>
    /// <exception cref="RefiningException">The library is damaged, or the copy cannot be written.</exception>
    public static string Loadable(string library, string cache)
    {
        try
        {
            var file = File.ReadAllBytes(library);
            var needs = ElfVersionNeeds.Read(file);
            var missing = needs.Names.Where(IsMissing).ToHashSet(StringComparer.Ordinal);
            return missing.Count == 0 ? library : Store(needs.Weaken(missing), Path.GetFileName(library), cache);
        }
        catch (InvalidDataException damage)
        {
            throw new RefiningException($"'{library}' cannot be used: {damage.Message}. Restore the packages again.", damage);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RefiningException($"A copy of '{library}' that fits this system's libstdc++ cannot be kept in '{cache}': {failure.Message} Set XDG_CACHE_HOME to a folder that can be written.", failure);
        }
    }

    /// <summary>The newest GLIBCXX version that this system's libstdc++ has; null where it has none or is not found.</summary>
    public static Version? Installed { get; } = Find();

    /// <summary>The user's cache folder for private copies.</summary>
    public static string UserCache()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
        return Path.Combine(cache, "hybridgen", "native");
    }

    private static bool IsMissing(string version) =>
        version.StartsWith(Prefix, StringComparison.Ordinal) && Version.TryParse(version[Prefix.Length..], out var needed) && Installed is { } installed && needed > installed;

    /// <summary>Keeps a file under its own hash, so that a copy is never taken for another's and a damaged one is written again.</summary>
    private static string Store(byte[] file, string name, string cache)
    {
        var folder = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(file))[..32]);
        var path = Path.Combine(folder, name);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(file)) return path;
        CreatePrivate(folder);
        var unfinished = Path.Combine(folder, Path.GetRandomFileName());
        File.WriteAllBytes(unfinished, file);
        File.Move(unfinished, path, overwrite: true);
        return path;
    }

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static Version? Find()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libstdc++.so.6", out _)) return null;
        var path = File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal));
        return path is null ? null : Newest(File.ReadAllBytes(path));
    }

    /// <summary>The newest version named in a library's strings.</summary>
    private static Version? Newest(ReadOnlySpan<byte> library)
    {
        Version? newest = null;
        for (int next; (next = library.IndexOf("GLIBCXX_"u8)) >= 0;)
        {
            library = library[(next + Prefix.Length)..];
            var end = library.IndexOfAnyExcept(VersionCharacters);
            if (Version.TryParse(System.Text.Encoding.ASCII.GetString(library[..Math.Max(end, 0)]), out var version) && (newest is null || version > newest)) newest = version;
        }

        return newest;
    }
}
