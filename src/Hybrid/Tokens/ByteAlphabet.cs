using System.Text;

namespace HybridGen.Tokens;

/// <summary>GPT-2's alphabet: each byte is written as a visible character, so that any text can be written with a vocabulary of 256 symbols and their merges.</summary>
internal static class ByteAlphabet
{
    // Bytes that are visible in Latin-1 stand for themselves, the others for the characters from U+0100 on.
    private static readonly char[] Symbols = MakeSymbols();
    private static readonly Dictionary<char, byte> Bytes = Symbols.Select((symbol, value) => (symbol, value)).ToDictionary(pair => pair.symbol, pair => (byte)pair.value);

    /// <summary>The symbols that occur in texts: UTF-8 has no bytes C0, C1, and F5 to FF.</summary>
    public static IEnumerable<char> Used => Symbols.Where((_, value) => value is not (0xC0 or 0xC1 or >= 0xF5));

    /// <summary>Whether a character of a token's name is a space.</summary>
    public static bool IsSpace(char symbol) => symbol == Symbols[' '] || char.IsWhiteSpace(symbol);

    /// <summary>A text as a vocabulary writes it.</summary>
    public static string Write(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => Symbols[value]));

    /// <summary>The bytes of a token's name: those it spells, or its own where it is no spelling, as an added token's may be.</summary>
    public static byte[] Read(string name)
    {
        var bytes = new byte[name.Length];
        for (var i = 0; i < name.Length; i++)
        {
            if (!Bytes.TryGetValue(name[i], out bytes[i])) return Encoding.UTF8.GetBytes(name);
        }

        return bytes;
    }

    private static char[] MakeSymbols()
    {
        var hidden = 0x100;
        return [.. Enumerable.Range(0, 256).Select(value => value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)value : (char)hidden++)];
    }
}
