using HybridGen.Cli.Texts;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>
/// Replaces a file in one step once its revision is complete; until then, and where nothing changed, the file stays as it is.
/// </summary>
internal sealed class InPlaceOutput : Output
{
    private readonly string _path;
    private readonly FileInfo _before;
    private readonly string _written;
    private readonly FileStream _stream;
    private readonly PlainOutput _text;
    private bool _hasEdits;

    public InPlaceOutput(string path, bool hasByteOrderMark)
    {
        // A link stays a link: the file that it names is replaced.
        var full = Path.GetFullPath(path);
        _path = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        _before = new FileInfo(_path);
        if (_before.IsReadOnly) throw new InputException($"'{path}' is read-only; it was left as it is.");
        _written = Path.Combine(_before.DirectoryName!, $".{_before.Name}.{Path.GetRandomFileName()}");
        _stream = Create(path);
        _text = new PlainOutput(_stream, hasByteOrderMark);
    }

    public override void Write(Revision block)
    {
        _hasEdits |= block.Edits.Count > 0;
        _text.Write(block);
    }

    public override void Finish()
    {
        if (!_hasEdits) return;
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        var now = new FileInfo(_path);
        if (!now.Exists || (now.Length, now.LastWriteTimeUtc) != (_before.Length, _before.LastWriteTimeUtc))
            throw new InputException($"'{_path}' was changed by another program meanwhile; it was left as it is.");
        File.Move(_written, _path, overwrite: true);
    }

    public override void Dispose()
    {
        _text.Dispose();
        _stream.Dispose();
        File.Delete(_written);
    }

    private FileStream Create(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = _before.UnixFileMode;
            return new FileStream(_written, options);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be replaced: {failure.Message}", failure);
        }
    }
}
