using System.Runtime.InteropServices;
using System.Text;

namespace HybridGen.Tests;

/// <summary>Writes a GGUF file: values, then tensors of 32 bits.</summary>
/// <remarks>Format: github.com/ggml-org/ggml, docs/gguf.md.</remarks>
internal sealed class GgufWriter
{
    private const int Alignment = 32;

    private readonly List<(string Key, Action<BinaryWriter> Write)> _values = [];
    private readonly List<(string Name, long[] Shape, float[] Elements)> _tensors = [];

    /// <summary>Where numbers stand in the header that was written last, with their sizes in bytes: lengths, counts, types, values, dimensions, offsets.</summary>
    public List<(int At, int Size)> Fields { get; } = [];

    /// <summary>Where the tensors' data begins in the file that was written last.</summary>
    public int DataStart { get; private set; }

    public GgufWriter Set(string key, uint value) => Set(key, 4, writer => Number(writer, value));

    public GgufWriter Set(string key, float value) => Set(key, 6, writer => Number(writer, value));

    public GgufWriter Set(string key, bool value) => Set(key, 7, writer => writer.Write(value));

    public GgufWriter Set(string key, string value) => Set(key, 8, writer => Text(writer, value));

    public GgufWriter Set(string key, IReadOnlyList<string> values) => SetArray(key, 8, values, Text);

    public GgufWriter Set(string key, IReadOnlyList<float> values) => SetArray(key, 6, values, Number);

    public GgufWriter Set(string key, IReadOnlyList<int> values) => SetArray(key, 5, values, Number);

    /// <summary>Leaves a value out that was set.</summary>
    public GgufWriter Remove(string key)
    {
        _values.RemoveAll(value => value.Key == key);
        return this;
    }

    /// <summary>Adds a tensor; its innermost dimension comes first.</summary>
    public GgufWriter Add(string name, float[] elements, params long[] shape)
    {
        _tensors.Add((name, shape, elements));
        return this;
    }

    public byte[] ToArray()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Fields.Clear();
        writer.Write("GGUF"u8);
        Number(writer, 3);
        Number(writer, (long)_tensors.Count);
        Number(writer, (long)_values.Count);
        foreach (var (key, write) in _values)
        {
            Text(writer, key);
            write(writer);
        }

        WriteTensors(writer);
        return stream.ToArray();
    }

    private void WriteTensors(BinaryWriter writer)
    {
        var offset = 0L;
        foreach (var (name, shape, elements) in _tensors)
        {
            Text(writer, name);
            Number(writer, shape.Length);
            foreach (var size in shape) Number(writer, size);
            Number(writer, 0);
            Number(writer, offset);
            offset = Padded(offset + (sizeof(float) * elements.Length));
        }

        Pad(writer);
        DataStart = (int)writer.BaseStream.Position;
        foreach (var (_, _, elements) in _tensors)
        {
            writer.Write(MemoryMarshal.AsBytes(elements.AsSpan()));
            Pad(writer);
        }
    }

    private GgufWriter Set(string key, int type, Action<BinaryWriter> write)
    {
        Remove(key)._values.Add((key, Typed));
        return this;

        void Typed(BinaryWriter writer)
        {
            Number(writer, type);
            write(writer);
        }
    }

    private GgufWriter SetArray<T>(string key, int type, IReadOnlyList<T> values, Action<BinaryWriter, T> write) => Set(
        key,
        9,
        writer =>
        {
            Number(writer, type);
            Number(writer, (long)values.Count);
            foreach (var value in values) write(writer, value);
        });

    private void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Number(writer, (long)bytes.Length);
        writer.Write(bytes);
    }

    private void Number<T>(BinaryWriter writer, T value) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
        Fields.Add(((int)writer.BaseStream.Position, bytes.Length));
        writer.Write(bytes);
    }

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer) => writer.Write(new byte[Padded(writer.BaseStream.Position) - writer.BaseStream.Position]);
}
