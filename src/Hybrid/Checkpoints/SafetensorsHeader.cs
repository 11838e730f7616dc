using System.Text.Json;
using static TorchSharp.torch;

namespace HybridGen.Checkpoints;

/// <summary>A tensor in a safetensors file.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes of the axes; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, from the start of the data.</param>
/// <param name="Length">Number of its bytes.</param>
internal sealed record TensorEntry(ScalarType Type, long[] Shape, long Offset, long Length);

/// <summary>Reads the header of a safetensors file and believes none of it: every size and offset is checked.</summary>
/// <remarks>Format: eight bytes of header length, little endian; a JSON object of names; the tensors' bytes without gaps that matter.</remarks>
internal static class SafetensorsHeader
{
    /// <summary>Longest header that the format allows.</summary>
    public const int MaxLength = 100_000_000;

    /// <exception cref="CheckpointFormatException">The header is malformed, or a tensor lies outside the data.</exception>
    public static Dictionary<string, TensorEntry> Read(ReadOnlyMemory<byte> json, long dataLength, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var entries = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
                if (property.Name != "__metadata__" && !entries.TryAdd(property.Name, Entry(property, dataLength, path)))
                    throw Wrong(path, property.Name, "it is listed twice");
            CheckOverlaps(entries, path);
            return entries;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CheckpointFormatException($"'{path}' has a damaged header: {failure.Message}", failure);
        }
    }

    private static TensorEntry Entry(JsonProperty property, long dataLength, string path)
    {
        var offsets = property.Value.GetProperty("data_offsets");
        if (offsets.GetArrayLength() != 2) throw Wrong(path, property.Name, "data_offsets must have two numbers");
        var (start, end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
        if (start < 0 || end < start || end > dataLength)
            throw Wrong(path, property.Name, $"its bytes {start} to {end} lie outside the {dataLength} bytes of data");
        var (type, size) = TypeOf(property.Value.GetProperty("dtype").GetString(), path, property.Name);
        var shape = property.Value.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt64()).ToArray();
        if (Bytes(shape, size) is not { } length || length != end - start)
            throw Wrong(path, property.Name, $"its shape [{string.Join(", ", shape)}] does not fill its {end - start} bytes");
        return new TensorEntry(type, shape, start, end - start);
    }

    private static (ScalarType Type, int Size) TypeOf(string? name, string path, string tensor) => name switch
    {
        "F64" => (ScalarType.Float64, 8),
        "F32" => (ScalarType.Float32, 4),
        "F16" => (ScalarType.Float16, 2),
        "BF16" => (ScalarType.BFloat16, 2),
        "I64" => (ScalarType.Int64, 8),
        "I32" => (ScalarType.Int32, 4),
        "I8" => (ScalarType.Int8, 1),
        "U8" => (ScalarType.Byte, 1),
        "BOOL" => (ScalarType.Bool, 1),
        _ => throw Wrong(path, tensor, $"its type '{name}' is not one of F64, F32, F16, BF16, I64, I32, I8, U8, BOOL"),
    };

    private static long? Bytes(long[] shape, int size)
    {
        long bytes = size;
        foreach (var axis in shape)
        {
            if (axis < 0 || (axis > 0 && bytes > long.MaxValue / axis)) return null;
            bytes *= axis;
        }

        return bytes;
    }

    private static void CheckOverlaps(Dictionary<string, TensorEntry> entries, string path)
    {
        var end = 0L;
        foreach (var (name, entry) in entries.Where(pair => pair.Value.Length > 0).OrderBy(pair => pair.Value.Offset))
        {
            if (entry.Offset < end) throw Wrong(path, name, "its bytes overlap another tensor's");
            end = entry.Offset + entry.Length;
        }
    }

    private static CheckpointFormatException Wrong(string path, string tensor, string what) => new($"'{path}', tensor '{tensor}': {what}.");
}
