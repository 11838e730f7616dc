using System.Runtime.InteropServices;
using System.Text;

namespace HybridGen.Tests;

/// <summary>Finds tensors in a GGUF file.</summary>
internal static class GgufTensors
{
    private const int StringType = 8;
    private const int ArrayType = 9;
    private const int Alignment = 32;

    private static readonly int[] Sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    /// <summary>The elements of a tensor of 32 bits, where they lie in the file, and its sizes.</summary>
    public static Span<float> Find(byte[] file, string name, out long[] shape)
    {
        using var reader = new BinaryReader(new MemoryStream(file));
        reader.BaseStream.Position = 8;
        var (tensors, values) = (reader.ReadInt64(), reader.ReadInt64());
        for (var i = 0; i < values; i++)
        {
            Text(reader);
            Skip(reader, reader.ReadUInt32());
        }

        var found = (Shape: Array.Empty<long>(), Type: 0u, Offset: 0L);
        for (var i = 0; i < tensors; i++)
        {
            var isFound = Text(reader) == name;
            var tensor = (Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadInt64()).ToArray(), reader.ReadUInt32(), reader.ReadInt64());
            if (isFound) found = tensor;
        }

        Assert.Equal(0u, found.Type);
        shape = found.Shape;
        var start = (reader.BaseStream.Position + Alignment - 1) / Alignment * Alignment;
        return MemoryMarshal.Cast<byte, float>(file.AsSpan((int)(start + found.Offset), (int)(sizeof(float) * shape.Aggregate((one, other) => one * other))));
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadInt64()));

    private static void Skip(BinaryReader reader, uint type)
    {
        if (type == StringType) Text(reader);
        else if (type != ArrayType) reader.BaseStream.Position += Sizes[type];
        else for (var (elements, count) = (reader.ReadUInt32(), reader.ReadInt64()); count > 0; count--) Skip(reader, elements);
    }
}
