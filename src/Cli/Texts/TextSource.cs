using System.Text;

namespace HybridGen.Cli.Texts;

/// <summary>A UTF-8 text, from a file or standard input, checked as a whole before any of it is used and then read in blocks.</summary>
internal sealed class TextSource : IDisposable
{
    /// <summary>Code units that are held at once: a text of any length takes the same memory.</summary>
    private const int BlockSize = 1 << 18;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly FileStream _stream;

    private TextSource(string name, FileStream stream)
    {
        (Name, _stream) = (name, stream);
        HasByteOrderMark = TextCheck.Run(name, stream);
    }

    /// <summary>The file's path as it was given; <c>stdin</c> for standard input.</summary>
    public string Name { get; }

    /// <summary>Whether the text begins with a byte order mark; no block contains it.</summary>
    public bool HasByteOrderMark { get; }

    public bool IsEmpty => _stream.Length == 0;

    /// <summary>Opens and checks a text.</summary>
    /// <param name="path">A file, or <c>-</c> for standard input.</param>
    /// <exception cref="InputException">It is missing, a folder, binary, or not UTF-8.</exception>
    public static TextSource Open(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"'{path}' is a folder; name the files in it.");
        try
        {
            return path == "-" ? Checked("stdin", Spool(Console.OpenStandardInput())) : Checked(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"'{path}' does not exist.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>The text in blocks that end with a line where one ends in them, else with white space.</summary>
    public IEnumerable<string> Blocks()
    {
        _stream.Position = HasByteOrderMark ? 3 : 0;
        using var reader = new StreamReader(_stream, Utf8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16, leaveOpen: true);
        var block = new char[BlockSize];
        for (var held = 0; ;)
        {
            var length = held + reader.ReadBlock(block, held, block.Length - held);
            if (length == 0) yield break;
            var end = length < block.Length ? length : End(block);
            yield return new string(block, 0, end);
            held = length - end;
            Array.Copy(block, end, block, 0, held);
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Standard input on disk: it is checked to its end before the first line is written.</summary>
    private static FileStream Spool(Stream input)
    {
        var spool = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        input.CopyTo(spool);
        spool.Position = 0;
        return spool;
    }

    private static TextSource Checked(string name, FileStream stream)
    {
        try
        {
            return new TextSource(name, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static int End(ReadOnlySpan<char> block)
    {
        var end = block.LastIndexOf('\n') + 1;
        for (var i = block.Length; end == 0 && i > 0; i--)
            if (char.IsWhiteSpace(block[i - 1])) end = i;
        if (end == 0) end = block.Length;
        return char.IsHighSurrogate(block[end - 1]) ? end - 1 : end;
    }
}
