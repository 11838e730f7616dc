using System.Text;

namespace HybridGen.Cli.Texts;

/// <summary>A UTF-8 text, from a file or standard input, checked as a whole before any of it is used and then read in blocks.</summary>
internal sealed class TextSource : IDisposable
{
    /// <summary>Code units that are held at once: a text of any length takes the same memory.</summary>
    private const int BlockSize = 1 << 18;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly FileStream _stream;

    private TextSource(string name, FileStamp? stamp, FileStream stream)
    {
        (Name, Stamp, _stream) = (name, stamp, stream);
        HasByteOrderMark = TextCheck.Run(name, stream);
    }

    /// <summary>The file's path as it was given; <c>stdin</c> for standard input.</summary>
    public string Name { get; }

    /// <summary>The file as it was before it was opened; <see langword="null"/> for standard input.</summary>
    public FileStamp? Stamp { get; }

    /// <summary>Whether the text begins with a byte order mark; no block contains it.</summary>
    public bool HasByteOrderMark { get; }

    public bool IsEmpty => _stream.Length == 0;

    /// <summary>Opens and checks a text.</summary>
    /// <param name="path">A file, or <c>-</c> for standard input, which is read to its end.</param>
    /// <exception cref="InputException">It is missing, a folder, binary, or not UTF-8.</exception>
    public static TextSource Open(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"'{path}' is a folder; name the files in it.");
        try
        {
            if (path == "-") return Checked("stdin", null, Spool(Console.OpenStandardInput()));
            var stamp = FileStamp.Of(path);
            return Checked(path, stamp, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"'{path}' does not exist.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"'{path}' cannot be read: {(failure is ArgumentException ? "it is no path." : failure.Message)}", failure);
        }
    }

    /// <summary>The text in blocks that end with a line where one ends in them, else with white space, and not inside fenced code.</summary>
    public IEnumerable<Block> Blocks()
    {
        _stream.Position = HasByteOrderMark ? 3 : 0;
        using var reader = new StreamReader(_stream, Utf8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16, leaveOpen: true);
        var held = new char[BlockSize];
        var length = Fill(reader, held, 0);
        for (string? fence = null; length > 0;)
        {
            var isCode = fence is not null;
            var end = Cut(held.AsSpan(0, length), isLast: length < BlockSize, ref fence);
            yield return new Block(new string(held, 0, end), isCode || fence is not null);
            Array.Copy(held, end, held, 0, length - end);
            length = Fill(reader, held, length - end);
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Where a block ends.</summary>
    /// <param name="held">What was read; it fills the buffer unless it is the last of the text.</param>
    /// <param name="isLast">Whether the text ends with it.</param>
    /// <param name="fence">Sign of the fence that is open at the start, and then at the end.</param>
    private static int Cut(ReadOnlySpan<char> held, bool isLast, ref string? fence)
    {
        if (fence is not null && Fences.Close(held, fence) is var close and >= 0)
        {
            fence = null;
            return close;
        }

        var end = isLast ? held.Length : EndOfLine(held);
        if (fence is not null || isLast || Fences.OpenAtEnd(held[..end]) is not { } open) return end;
        if (open.Start > 0) return open.Start;
        fence = open.Sign;
        return end;
    }

    private static int EndOfLine(ReadOnlySpan<char> held)
    {
        var end = held.LastIndexOf('\n') + 1;
        for (var i = held.Length; end == 0 && i > 0; i--)
            if (char.IsWhiteSpace(held[i - 1])) end = i;
        if (end == 0) end = held.Length;
        return char.IsHighSurrogate(held[end - 1]) ? end - 1 : end;
    }

    private int Fill(StreamReader reader, char[] buffer, int held)
    {
        try
        {
            return held + reader.ReadBlock(buffer, held, buffer.Length - held);
        }
        catch (DecoderFallbackException failure)
        {
            throw new InputException($"'{Name}' was changed by another program meanwhile and is no longer UTF-8.", failure);
        }
    }

    /// <summary>Standard input on disk: it is checked to its end before the first line is written.</summary>
    private static FileStream Spool(Stream input)
    {
        var path = Path.GetTempFileName();
        var spool = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Delete, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            // Where an open file can be deleted, nothing is left behind however the program ends.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            input.CopyTo(spool);
            spool.Position = 0;
            return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    private static TextSource Checked(string name, FileStamp? stamp, FileStream stream)
    {
        try
        {
            return new TextSource(name, stamp, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
