using System.Buffers;
using System.Text.Unicode;

namespace HybridGen.Cli.Texts;

/// <summary>Makes sure that a stream is UTF-8 text.</summary>
internal static class TextCheck
{
    private const int BufferSize = 1 << 16;

    /// <summary>Reads a stream to its end; returns whether it begins with a byte order mark.</summary>
    /// <exception cref="InputException">It is binary or not UTF-8; the message says where.</exception>
    public static bool Run(string name, Stream stream)
    {
        var bytes = new byte[BufferSize];
        var characters = new char[BufferSize];
        var hasMark = false;
        int held = 0, read;
        for (long offset = 0; ; offset += read)
        {
            var length = held + stream.ReadAtLeast(bytes.AsSpan(held), BufferSize - held, throwOnEndOfStream: false);
            if (length == 0) return hasMark;
            var text = bytes.AsSpan(0, length);
            if (offset == 0) hasMark = Begins(name, text);
            var zero = text.IndexOf((byte)0);
            if (zero >= 0) throw new InputException($"'{name}' is no text: a zero byte at offset {offset + zero}.");
            var status = Utf8.ToUtf16(text, characters, out read, out _, replaceInvalidSequences: false, isFinalBlock: length < BufferSize);
            if (status == OperationStatus.InvalidData) throw new InputException($"'{name}' is not UTF-8: byte 0x{text[read]:X2} at offset {offset + read}. Convert it first, for example with iconv.");
            held = length - read;
            text[read..].CopyTo(bytes);
        }
    }

    private static bool Begins(string name, ReadOnlySpan<byte> text)
    {
        if (text.StartsWith<byte>([0xFF, 0xFE]) || text.StartsWith<byte>([0xFE, 0xFF]))
            throw new InputException($"'{name}' is UTF-16, not UTF-8. Convert it first, for example with iconv -f UTF-16 -t UTF-8.");
        return text.StartsWith<byte>([0xEF, 0xBB, 0xBF]);
    }
}
