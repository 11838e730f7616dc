using System.IO.Hashing;
using System.Text;

namespace HybridGen.Models.Mini;

/// <summary>A draft word as the refiner reads it: hashed character n-grams, the same for all slots of the word.</summary>
internal static class CharacterNgrams
{
    /// <summary>N-grams of one word; unused places hold 0.</summary>
    public const int Slots = 24;

    public const int Buckets = 32768;
    private const int Longest = 4;

    /// <summary>Writes a body's n-grams: the whole word in its own case, then every substring of 1 to 4 characters in lower case.</summary>
    public static void Write(string body, Span<long> ngrams)
    {
        var all = All($"<{body}>");
        ngrams.Clear();
        if (all.Count <= Slots) all.CopyTo(ngrams);
        else for (var i = 0; i < Slots; i++) ngrams[i] = all[i * (all.Count - 1) / (Slots - 1)];
    }

    private static List<long> All(string bracketed)
    {
        var ngrams = new List<long>(4 * bracketed.Length) { Hash(Encoding.UTF8.GetBytes(bracketed)) };
        var characters = bracketed.ToLowerInvariant().EnumerateRunes().ToArray();
        Span<byte> bytes = stackalloc byte[1 + 4 * Longest];
        for (var n = 1; n <= Longest; n++)
        {
            bytes[0] = (byte)('0' + n);
            for (var start = 0; start + n <= characters.Length; start++)
            {
                var length = 1;
                foreach (var character in characters.AsSpan(start, n)) length += character.EncodeToUtf8(bytes[length..]);
                ngrams.Add(Hash(bytes[..length]));
            }
        }

        return ngrams;
    }

    private static long Hash(ReadOnlySpan<byte> bytes) => 1 + Crc32.HashToUInt32(bytes) % Buckets;
}
