using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>
/// What the network makes of a word's letters: its vector and its pointer key, which depend on nothing else and are kept per form.
/// </summary>
internal sealed class FormVectors : IDisposable
{
    /// <summary>The row of a hidden draft: zero.</summary>
    public const int Hidden = 0;

    private const int MostKept = 32_768;

    private readonly MiniDenoiser _denoiser;
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly List<string> _pending = [];

    public FormVectors(MiniDenoiser denoiser)
    {
        _denoiser = denoiser;
        Words = zeros(MostKept / 16, denoiser.Config.HiddenSize).DetachFromDisposeScope();
        Keys = zeros(MostKept / 16, denoiser.Config.PointerSize).DetachFromDisposeScope();
    }

    /// <summary>Word vectors, (rows, D).</summary>
    public Tensor Words { get; private set; }

    /// <summary>Pointer keys, (rows, P).</summary>
    public Tensor Keys { get; private set; }

    /// <summary>Forgets all forms once there are too many; rows given out before mean nothing afterwards.</summary>
    public void MakeRoom()
    {
        if (_rows.Count > MostKept) _rows.Clear();
    }

    /// <summary>The row of a form; its vectors are there after <see cref="Compute"/>.</summary>
    public int Row(string body)
    {
        if (_rows.TryGetValue(body, out var row)) return row;
        _pending.Add(body);
        return _rows[body] = _rows.Count + 1;
    }

    /// <summary>Computes the vectors of all forms that are new.</summary>
    public void Compute()
    {
        if (_pending.Count == 0) return;
        using var scope = NewDisposeScope();
        var first = _rows.Count + 1 - _pending.Count;
        Grow(_rows.Count + 1);
        var words = _denoiser.WordVectors(Ngrams());
        Words.narrow(0, first, _pending.Count).copy_(words);
        Keys.narrow(0, first, _pending.Count).copy_(_denoiser.PointerKeys(words));
        _pending.Clear();
    }

    public void Dispose()
    {
        Words.Dispose();
        Keys.Dispose();
    }

    private Tensor Ngrams()
    {
        var ngrams = new long[_pending.Count * CharacterNgrams.Slots];
        for (var i = 0; i < _pending.Count; i++) CharacterNgrams.Write(_pending[i], ngrams.AsSpan(i * CharacterNgrams.Slots, CharacterNgrams.Slots));
        return tensor(ngrams, [_pending.Count, CharacterNgrams.Slots]);
    }

    private void Grow(int rows)
    {
        if (rows <= Words.shape[0]) return;
        Words = Grown(Words, rows);
        Keys = Grown(Keys, rows);
    }

    private static Tensor Grown(Tensor table, int rows)
    {
        var grown = zeros(Math.Max(rows, 2 * table.shape[0]), table.shape[1]);
        grown.narrow(0, 0, table.shape[0]).copy_(table);
        table.Dispose();
        return grown.DetachFromDisposeScope();
    }
}
