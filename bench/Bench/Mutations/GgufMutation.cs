using System.Buffers.Binary;

namespace HybridGen.Bench.Mutations;

/// <summary>Damages a file in one way; a number fixes which.</summary>
internal static class GgufMutation
{
    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 3, 7, 31, 63, 127, 255, 256, 1023, 4096, 65535, 1 << 20, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, (1UL << 32) + 1, 1UL << 40, long.MaxValue, 1UL << 63, ulong.MaxValue - 1,
        ulong.MaxValue,
    ];

    /// <summary>Makes one.</summary>
    /// <param name="file">The sound file.</param>
    /// <param name="fields">Where its header has numbers.</param>
    /// <param name="dataStart">Where its header ends.</param>
    /// <param name="seed">Fixes the damage.</param>
    /// <returns>The damaged file, and how it was damaged.</returns>
    public static (byte[] File, string Kind) Make(byte[] file, IReadOnlyList<(int At, int Size)> fields, int dataStart, int seed)
    {
        var (random, copy) = (new Random(seed), file.ToArray());
        switch (random.Next(8))
        {
            case 0:
                for (var i = random.Next(1, 9); i > 0; i--) copy[random.Next(dataStart)] ^= (byte)(1 << random.Next(8));
                return (copy, "bits of the header");
            case 1:
                copy[random.Next(dataStart)] = (byte)random.Next(256);
                return (copy, "a byte of the header");
            case 2:
                return (copy[..random.Next(random.Next(2) == 0 ? dataStart : copy.Length)], "cut short");
            case 3:
            case 4:
                Set(copy, fields[random.Next(fields.Count)], Extremes[random.Next(Extremes.Length)]);
                return (copy, "an extreme number");
            case 5:
                var field = fields[random.Next(fields.Count)];
                Set(copy, field, Get(copy, field) + (ulong)random.Next(-3, 4));
                return (copy, "a number a little off");
            case 6:
                Swap(copy, random, dataStart);
                return (copy, "blocks of the header swapped");
            default:
                for (var i = random.Next(1, 65); i > 0; i--) copy[random.Next(dataStart, copy.Length)] ^= (byte)(1 << random.Next(8));
                return (copy, "bits of the weights");
        }
    }

    private static void Set(byte[] file, (int At, int Size) field, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..field.Size].CopyTo(file.AsSpan(field.At));
    }

    private static ulong Get(byte[] file, (int At, int Size) field)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        file.AsSpan(field.At, field.Size).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private static void Swap(byte[] file, Random random, int dataStart)
    {
        var length = random.Next(1, 65);
        var (one, other) = (random.Next(4, dataStart - length), random.Next(4, dataStart - length));
        var kept = file[one..(one + length)];
        file.AsSpan(other, length).CopyTo(file.AsSpan(one));
        kept.CopyTo(file.AsSpan(other));
    }
}
