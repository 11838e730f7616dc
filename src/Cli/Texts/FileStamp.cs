namespace HybridGen.Cli.Texts;

/// <summary>Which file a path led to, and how it was then.</summary>
/// <param name="Path">The full path, links followed.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Written">When it was last written.</param>
internal sealed record FileStamp(string Path, long Length, DateTime Written)
{
    /// <summary>Whether the file is no longer what it was.</summary>
    public bool IsStale => this != Of(Path);

    public static FileStamp Of(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var file = new FileInfo(File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full);
        return file.Exists ? new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc) : new FileStamp(file.FullName, -1, default);
    }
}
