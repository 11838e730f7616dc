using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>Keys and values of a canvas's columns that earlier forwards computed, so that the next one runs only the columns that changed.</summary>
/// <remarks>
/// A forward with a cache takes the ids from column <see cref="Start"/> on; they see each other and all known columns. Its own columns become
/// known by <see cref="Commit"/>: until then the next forward takes their place, which is how a block is denoised in steps. Commit after a
/// forward over the block's final tokens, else the cache remembers masks.
/// <para>Exact where no known column would see a new one: block-causal attention, computed block by block
/// (<see cref="BlockCausal"/>). Where attention is full, an earlier column would change with every later one; <see cref="Approximate"/> keeps it
/// as it was all the same (Wu et al. 2025, arXiv:2505.22618): its results are near those of a whole forward, not equal.</para>
/// <para>With shifted logits the first column of a run has its logits in the column before it, which is not run; begin a column earlier.</para>
/// </remarks>
internal sealed class KeyValueCache : IDisposable
{
    private readonly List<(Tensor Keys, Tensor Values)> _layers = []; // (B, columns, K, S) each

    private int _end;

    private KeyValueCache(bool isApproximate) => IsApproximate = isApproximate;

    /// <summary>Whether it serves full attention, so that results are near, not equal.</summary>
    public bool IsApproximate { get; }

    /// <summary>Columns that are known.</summary>
    public int Length { get; private set; }

    /// <summary>The column at which the next forward's ids begin.</summary>
    public int Start { get; private set; }

    /// <summary>A cache for block-causal attention: as exact as no cache.</summary>
    public static KeyValueCache BlockCausal() => new(isApproximate: false);

    /// <summary>A cache for full attention, which takes known columns for unchanged.</summary>
    public static KeyValueCache Approximate() => new(isApproximate: true);

    /// <summary>Columns that a forward of some columns sees: those that are known, and its own.</summary>
    public int Columns(int run) => Math.Max(Length, Start + run);

    /// <summary>Makes the columns of the last forward known; the next one begins after them.</summary>
    public void Commit() => (Length, Start) = (Math.Max(Length, _end), _end);

    /// <summary>Forgets all columns from one on; the next forward begins there. On an approximate cache this is the prefix cache.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        (Length, Start, _end) = (length, length, length);
    }

    /// <summary>Lets the next forward run known columns again, while those after them stay known: the dual cache.</summary>
    /// <exception cref="InvalidOperationException">The cache is to be exact, which this is not.</exception>
    public void Revisit(int start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        if (!IsApproximate) throw new InvalidOperationException("Columns amid known ones can only be run again with an approximate cache.");
        (Start, _end) = (start, start);
    }

    /// <summary>Puts a layer's keys and values in their columns and returns those of all columns that are seen; layers come in order.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="keys">(B, L, K, S).</param>
    /// <param name="values">(B, L, K, S).</param>
    public (Tensor Keys, Tensor Values) Write(int layer, Tensor keys, Tensor values)
    {
        var (run, columns) = ((int)keys.shape[1], Columns((int)keys.shape[1]));
        if (layer == _layers.Count) _layers.Add((Room(null, keys, columns), Room(null, values, columns)));
        var (allKeys, allValues) = _layers[layer];
        if (allKeys.shape[0] != keys.shape[0]) throw new ArgumentException($"The cache holds {allKeys.shape[0]} canvases, not {keys.shape[0]}.", nameof(keys));
        _layers[layer] = (allKeys, allValues) = (Room(allKeys, keys, columns), Room(allValues, values, columns));
        allKeys.narrow(1, Start, run).copy_(keys);
        allValues.narrow(1, Start, run).copy_(values);
        _end = Start + run;
        return (allKeys.narrow(1, 0, columns), allValues.narrow(1, 0, columns));
    }

    public void Dispose()
    {
        foreach (var (keys, values) in _layers)
        {
            keys.Dispose();
            values.Dispose();
        }

        _layers.Clear();
        (Length, Start, _end) = (0, 0, 0);
    }

    /// <summary>A buffer with room for some columns: the one there is, or a larger copy.</summary>
    private Tensor Room(Tensor? buffer, Tensor like, int columns)
    {
        if (buffer is not null && buffer.shape[1] >= columns) return buffer;
        var larger = like.new_empty([like.shape[0], Math.Max(columns, 2 * (buffer?.shape[1] ?? 0)), like.shape[2], like.shape[3]]);
        if (buffer is not null && Length > 0) larger.narrow(1, 0, Length).copy_(buffer.narrow(1, 0, Length));
        buffer?.Dispose();
        return larger.DetachFromDisposeScope();
    }
}
