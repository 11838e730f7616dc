using System.Text.Json;
using static TorchSharp.torch;

namespace HybridGen.Checkpoints;

/// <summary>The weights in a checkpoint's folder: one safetensors file, or several with an index.</summary>
internal sealed class Checkpoint : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    private readonly string _folder;
    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsFile> _shards = new(StringComparer.Ordinal);

    private Checkpoint(string folder) => _folder = folder;

    /// <summary>Names of all tensors.</summary>
    public IEnumerable<string> Names => _shards.Keys;

    /// <summary>Opens the weights in a folder.</summary>
    /// <exception cref="CheckpointFormatException">There are none, or a file is damaged.</exception>
    public static Checkpoint Open(string folder)
    {
        var checkpoint = new Checkpoint(folder);
        try
        {
            if (File.Exists(Path.Combine(folder, Index))) checkpoint.OpenShards(Path.Combine(folder, Index));
            else
                foreach (var name in checkpoint.Shard(Single).Tensors.Keys) checkpoint._shards[name] = checkpoint.Shard(Single);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The shape of a tensor as its file states it.</summary>
    /// <exception cref="CheckpointFormatException">There is none of that name.</exception>
    public long[] Shape(string name) => FileOf(name).Tensors[name].Shape;

    /// <summary>Loads a tensor and checks its shape.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The shape that the model needs.</param>
    /// <param name="type">The type wanted; null leaves it as it is stored.</param>
    /// <exception cref="CheckpointFormatException">It is missing or has another shape.</exception>
    public Tensor Load(string name, ReadOnlySpan<long> shape, ScalarType? type = null)
    {
        var file = FileOf(name);
        if (!shape.SequenceEqual(file.Tensors[name].Shape))
            throw new CheckpointFormatException($"The weights in '{_folder}', tensor '{name}': expected the shape [{string.Join(", ", shape.ToArray())}], found [{string.Join(", ", file.Tensors[name].Shape)}].");
        var stored = file.Load(name);
        if (type is not { } wanted || wanted == stored.dtype) return stored;
        using (stored) return stored.to(wanted);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
    }

    private SafetensorsFile FileOf(string tensor) =>
        _shards.TryGetValue(tensor, out var file) ? file : throw new CheckpointFormatException($"The weights in '{_folder}' have no tensor '{tensor}'.");

    private SafetensorsFile Shard(string name)
    {
        if (_files.TryGetValue(name, out var file)) return file;
        return _files[name] = SafetensorsFile.Open(Path.Combine(_folder, name));
    }

    private void OpenShards(string index)
    {
        foreach (var (name, shard) in ReadIndex(index))
        {
            if (shard != Path.GetFileName(shard)) throw new CheckpointFormatException($"'{index}', tensor '{name}': '{shard}' is not a file name in the same folder.");
            if (!Shard(shard).Tensors.ContainsKey(name)) throw new CheckpointFormatException($"'{index}' places tensor '{name}' in '{shard}', which does not have it.");
            _shards[name] = Shard(shard);
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(CheckpointText.ReadAll(path));
            return document.RootElement.GetProperty("weight_map").Deserialize(HybridJson.Default.DictionaryStringString) ?? throw new JsonException("weight_map is null.");
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CheckpointFormatException($"'{path}' is no index of weights: {failure.Message}", failure);
        }
    }
}
