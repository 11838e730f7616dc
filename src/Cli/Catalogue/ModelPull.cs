using System.Security.Cryptography;
using System.Text.Json;
using HybridGen.Drafting;

namespace HybridGen.Cli.Catalogue;

/// <summary>Brings the files of a model into the cache: each is fetched as a part, checked, and only then takes its name.</summary>
/// <param name="cache">Where to.</param>
/// <param name="download">How.</param>
/// <param name="show">Runs the transfer of a file, with its name and progress.</param>
/// <param name="say">Hears a line for each file.</param>
internal sealed class ModelPull(ModelCache cache, FileDownload download, Func<string, Func<IProgress<Transferred>?, Task>, Task> show, Action<string> say)
{
    private const int ReadSize = 1 << 20;

    /// <exception cref="PullException">A file cannot be fetched or is not what was expected.</exception>
    public async Task RunAsync(string name, IReadOnlyList<WantedFile> files, CancellationToken cancellationToken)
    {
        using var held = cache.Lock(name);
        var folder = Directory.CreateDirectory(cache.PathOf(name));
        try
        {
            foreach (var file in files) await BringAsync(name, file, cancellationToken);
        }
        finally
        {
            // Nothing was begun where the first request was refused.
            if (!folder.EnumerateFileSystemInfos().Any()) folder.Delete();
        }
    }

    private async Task BringAsync(string name, WantedFile file, CancellationToken cancellationToken)
    {
        var path = Path.Combine(cache.PathOf(name), file.Name);
        try
        {
            if (await IsThereAsync(name, file, path, cancellationToken)) say($"{file.Name}: is there already, with the SHA-256 that it must have");
            else await FetchAsync(file, path, cancellationToken);
        }
        catch (MissingFileException missing)
        {
            if (!file.Optional) throw new PullException(missing.Message, missing);
            say($"{file.Name}: is not published, and is not needed");
        }
        catch (IOException failure) when (IsDiskFull(failure))
        {
            throw new PullException($"The disk of '{path}' is full.{FileDownload.Kept(path + Origin.Part)}", failure);
        }
    }

    private async Task<bool> IsThereAsync(string name, WantedFile file, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return false;
        var origin = Origin.Read(path);
        if (origin is not null && file.Sha256 is null && origin.Address != file.Address)
            throw new PullException($"'{name}' is there already, from {origin.Address}; 'hybridgen models rm {name}' makes room for another.");
        var expected = file.Sha256 ?? origin?.Sha256;
        return expected is not null && await Sha256Async(path, file, cancellationToken) == expected;
    }

    private async Task FetchAsync(WantedFile file, string path, CancellationToken cancellationToken)
    {
        var part = path + Origin.Part;
        Origin? origin = null;
        await show(file.Name, async progress => origin = await download.FetchAsync(file, part, progress, cancellationToken));
        var found = await Sha256Async(part, file, cancellationToken);
        try
        {
            Check(file, origin!, part, found);
        }
        catch (PullException)
        {
            // Going on from wrong bytes would never end well.
            Origin.Discard(part);
            throw;
        }

        (origin! with { Sha256 = found }).Write(path);
        File.Move(part, path, overwrite: true);
        Origin.Discard(part);
        say($"{file.Name}: {new FileInfo(path).Length:N0} bytes, SHA-256 {found}, {Evidence(file, origin!)}");
    }

    private static string Evidence(WantedFile file, Origin origin) =>
        file.Sha256 is not null ? $"as {file.Asker} says"
        : origin.Sha256 is not null ? "as the server announced; no other is known"
        : "which nothing is known to compare with";

    private static void Check(WantedFile file, Origin origin, string part, string found)
    {
        var length = new FileInfo(part).Length;
        if (file.Size is { } size && length != size) throw new PullException($"'{file.Address}' has {length:N0} bytes, but {size:N0} were expected; it was not kept.");
        var (expected, source) = file.Sha256 is not null ? (file.Sha256, file.Asker) : (origin.Sha256, "the server");
        if (expected is not null && found != expected)
            throw new PullException($"'{file.Address}' has the SHA-256 {found}, but {source} says {expected}; it was not kept.");
        CheckFormat(file, part);
    }

    /// <summary>A server's error page may come as a success.</summary>
    private static void CheckFormat(WantedFile file, string part)
    {
        try
        {
            if (file.Name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) GgufFile.Read(part);
            if (file.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) JsonDocument.Parse(File.ReadAllBytes(part)).Dispose();
        }
        catch (Exception failure) when (failure is GgufFormatException or JsonException)
        {
            throw new PullException($"'{file.Address}' was not kept: {failure.Message}", failure);
        }
    }

    private async Task<string> Sha256Async(string path, WantedFile file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await show($"checking {file.Name}", async progress =>
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var buffer = new byte[ReadSize];
            while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                hash.AppendData(buffer, 0, count);
                progress?.Report(new Transferred(stream.Position, stream.Length));
            }
        });
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // ENOSPC; ERROR_DISK_FULL.
    private static bool IsDiskFull(IOException failure) => OperatingSystem.IsWindows() ? failure.HResult == unchecked((int)0x80070070) : failure.HResult == 28;
}
