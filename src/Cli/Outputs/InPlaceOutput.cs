using HybridGen.Cli.Texts;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>
/// Replaces a file in one step once its revision is complete; until then, and where nothing changed, the file stays as it is.
/// </summary>
internal sealed class InPlaceOutput : Output
{
    private readonly FileStamp _file;
    private readonly string _written;
    private readonly FileStream _stream;
    private readonly PlainOutput _text;
    private bool _hasEdits;

    /// <param name="file">The file as it was before it was read; a link stays a link, the file that it names is replaced.</param>
    /// <param name="hasByteOrderMark">Whether the text begins with one.</param>
    public InPlaceOutput(FileStamp file, bool hasByteOrderMark)
    {
        _file = file;
        if (new FileInfo(file.Path).IsReadOnly) throw new InputException($"'{file.Path}' is read-only; it was left as it is.");
        _written = Path.Combine(Path.GetDirectoryName(file.Path)!, $".{Path.GetFileName(file.Path)}.{Path.GetRandomFileName()}");
        _stream = Create();
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
        if (_file.IsStale) throw new InputException($"'{_file.Path}' was changed by another program meanwhile; it was left as it is.");
        File.Move(_written, _file.Path, overwrite: true);
    }

    public override void Dispose()
    {
        _text.Dispose();
        _stream.Dispose();
        File.Delete(_written);
    }

    private FileStream Create()
    {
        try
        {
            var stream = new FileStream(_written, FileMode.CreateNew, FileAccess.Write);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(_file.Path));
            return stream;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{_file.Path}' cannot be replaced: {failure.Message}", failure);
        }
    }
}
