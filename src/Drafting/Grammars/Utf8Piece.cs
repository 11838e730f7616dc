using System.Buffers;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>A token's bytes as characters, the last of which may be unfinished.</summary>
/// <param name="Characters">The finished characters.</param>
/// <param name="Rest">The bytes of the unfinished one.</param>
internal sealed record Utf8Piece(int[] Characters, byte[] Rest)
{
    /// <summary>Reads bytes; <see langword="null"/> where no text has them.</summary>
    public static Utf8Piece? Read(ReadOnlySpan<byte> bytes)
    {
        var characters = new List<int>(bytes.Length);
        while (bytes.Length > 0)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var used);
            if (status == OperationStatus.NeedMoreData) return new Utf8Piece([.. characters], bytes.ToArray());
            if (status != OperationStatus.Done) return null;
            characters.Add(rune.Value);
            bytes = bytes[used..];
        }

        return new Utf8Piece([.. characters], []);
    }

    /// <summary>Whether a character of a set has <see cref="Rest"/> as its beginning.</summary>
    public bool MayGoOnIn(CharacterSet set)
    {
        var length = Rest[0] switch { < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        var value = Rest[0] & (0xFF >> (length + 1));
        foreach (var next in Rest.AsSpan(1)) value = value << 6 | (next & 0x3F);
        var missing = 6 * (length - Rest.Length);
        // Longer forms of shorter characters are none.
        var least = length switch { 2 => 0x80, 3 => 0x800, _ => 0x10000 };
        return set.Overlaps(Math.Max(least, value << missing), (value << missing) | ((1 << missing) - 1));
    }
}
