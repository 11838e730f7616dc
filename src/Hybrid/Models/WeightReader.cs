using HybridGen.Checkpoints;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>Takes a model's weights out of a checkpoint: checked, widened to F32 for folding and fusing, then placed where the model computes.</summary>
internal sealed class WeightReader : IDisposable
{
    private const int MostNamed = 3;

    private readonly Checkpoint _file;
    private readonly string _folder;
    private readonly HashSet<string> _unread;

    public WeightReader(string folder, DenoiserPlacement placement)
    {
        (Device, Type) = placement.Resolve();
        _folder = folder;
        _file = Checkpoint.Open(folder);
        _unread = [.. _file.Names];
    }

    /// <summary>Where the model computes.</summary>
    public Device Device { get; }

    /// <summary>The type in which it computes.</summary>
    public ScalarType Type { get; }

    /// <summary>What has been placed so far; the model owns it, its loader where that fails.</summary>
    public List<Tensor> Placed { get; } = [];

    public bool Has(string name) => _unread.Contains(name) || _file.Names.Contains(name);

    /// <summary>The first of some prefixes with which a tensor is there, as publishers wrap models differently; the first where none is.</summary>
    public string Prefix(string name, params ReadOnlySpan<string> prefixes)
    {
        foreach (var prefix in prefixes)
            if (Has(prefix + name)) return prefix;
        return prefixes[0];
    }

    /// <summary>The shape of a tensor as its file states it.</summary>
    /// <exception cref="CheckpointFormatException">There is none of that name, or it has another number of axes.</exception>
    public long[] Shape(string name, int axes)
    {
        var shape = _file.Shape(name);
        return shape.Length == axes ? shape : throw new CheckpointFormatException($"The weights in '{_folder}', tensor '{name}': expected {axes} axes, found the shape [{string.Join(", ", shape)}].");
    }

    /// <summary>Reads a tensor in F32 on the processor; it belongs to the caller's scope.</summary>
    /// <exception cref="CheckpointFormatException">It is missing, has another shape, or holds a value that is not finite.</exception>
    public Tensor Read(string name, params ReadOnlySpan<long> shape)
    {
        var tensor = _file.Load(name, shape, ScalarType.Float32);
        using var finite = tensor.isfinite();
        using var all = finite.all();
        if (!all.item<bool>()) throw new CheckpointFormatException($"The weights in '{_folder}', tensor '{name}': a value is NaN or infinite; the file is damaged or was saved from a training that diverged.");
        _unread.Remove(name);
        return tensor;
    }

    /// <summary>Keeps a tensor for the model, on its device and in its type.</summary>
    public Tensor Place(Tensor tensor, ScalarType? type = null)
    {
        var placed = tensor.to(type ?? Type).to(Device).contiguous().DetachFromDisposeScope();
        Placed.Add(placed);
        return placed;
    }

    /// <summary>Keeps a matrix (out, in) as (in, out), the way a product of rows reads it.</summary>
    public Tensor PlaceTransposed(Tensor matrix) => Place(matrix.t());

    /// <summary>Refuses weights that the model has no use for, as they would be without effect in silence (adapters, quantised weights).</summary>
    /// <param name="ignored">Parts of the names of tensors that are known to be of no use.</param>
    /// <exception cref="CheckpointFormatException">There are others.</exception>
    public void RequireAllRead(params string[] ignored)
    {
        var left = _unread.Where(name => !ignored.Any(part => name.Contains(part, StringComparison.Ordinal))).Order(StringComparer.Ordinal).ToList();
        if (left.Count == 0) return;
        var named = string.Join(", ", left.Take(MostNamed).Select(name => $"'{name}'")) + (left.Count > MostNamed ? $" and {left.Count - MostNamed} more" : "");
        throw new CheckpointFormatException($"The weights in '{_folder}' have tensors that this model has no use for: {named}. Is it another kind of model, quantised, or an adapter?");
    }

    public void Dispose() => _file.Dispose();
}
