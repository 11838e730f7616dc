using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>Vectors that depend on their key alone, kept for the next time; they are computed together for all keys that are new.</summary>
/// <remarks>Row 0 is zero and belongs to no key.</remarks>
internal abstract class VectorTable<TKey> : IDisposable where TKey : notnull
{
    private const int FirstSize = 2_048;

    private readonly Tensor[] _columns;
    private readonly Dictionary<TKey, int> _rows;
    private readonly List<TKey> _pending = [];
    private readonly int _most;

    /// <param name="most">Keys after which all are forgotten.</param>
    /// <param name="keys">How keys are compared.</param>
    /// <param name="device">Where the vectors are kept.</param>
    /// <param name="widths">Widths of the vectors that each key has.</param>
    protected VectorTable(int most, IEqualityComparer<TKey>? keys, Device device, params long[] widths)
    {
        _most = most;
        _rows = new(keys);
        _columns = [.. widths.Select(width => zeros(Math.Min(FirstSize, most), width, device: device).DetachFromDisposeScope())];
    }

    /// <summary>Forgets all keys once there are too many; rows given out before mean nothing afterwards.</summary>
    public void MakeRoom()
    {
        if (_rows.Count <= _most) return;
        _rows.Clear();
        _pending.Clear();
    }

    /// <summary>The row of a key; its vectors are there after <see cref="Compute()"/>.</summary>
    public int Row(TKey key)
    {
        if (_rows.TryGetValue(key, out var row)) return row;
        _pending.Add(key);
        return _rows[key] = _rows.Count + 1;
    }

    /// <summary>Computes the vectors of all keys that are new, some at a time, so that what is in between stays small.</summary>
    public void Compute()
    {
        Grow(_rows.Count + 1);
        for (var at = 0; at < _pending.Count;)
        {
            using var scope = NewDisposeScope();
            var some = _pending.GetRange(at, Math.Min(AtOnce, _pending.Count - at));
            var vectors = Compute(some);
            for (var i = 0; i < _columns.Length; i++) _columns[i].narrow(0, _rows.Count + 1 - _pending.Count + at, some.Count).copy_(vectors[i]);
            at += some.Count;
        }

        _pending.Clear();
    }

    public void Dispose()
    {
        foreach (var column in _columns) column.Dispose();
    }

    /// <summary>Keys that are computed together.</summary>
    protected abstract int AtOnce { get; }

    /// <summary>One of the vectors of each key, (rows, width).</summary>
    protected Tensor Column(int index) => _columns[index];

    /// <summary>The vectors of some keys, each (keys, width).</summary>
    protected abstract Tensor[] Compute(IReadOnlyList<TKey> keys);

    private void Grow(int rows)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            var (old, size) = (_columns[i], _columns[i].shape[0]);
            if (rows <= size) continue;
            using var scope = NewDisposeScope();
            var grown = zeros(Math.Max(rows, 2 * size), old.shape[1], device: old.device);
            grown.narrow(0, 0, size).copy_(old);
            _columns[i] = grown.DetachFromDisposeScope();
            old.Dispose();
        }
    }
}
