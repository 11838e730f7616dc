using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>What the blocks of one forward write to, the same memory for all of them, and the windows' parts of it.</summary>
/// <remarks>
/// Legend as in <see cref="MiniDenoiser"/>. Everything belongs to the caller's dispose scope. Windows lie side by side without padding, so that the
/// matrices multiply nothing else; only attention goes window by window.
/// </remarks>
internal sealed class MiniWorkspace
{
    public MiniWorkspace(MiniConfig config, IReadOnlyList<int> lengths, int slots, Tensor rotations)
    {
        var (d, heads, device) = (config.HiddenSize, config.Heads, rotations.device);
        var padded = lengths.Sum() == slots ? 0 : slots / lengths.Count;
        Qkv = empty(slots, 3 * d, device: device);
        Inner = empty(slots, config.IntermediateSize, device: device);
        Attended = padded == 0 ? empty(slots, d, device: device) : zeros(slots, d, device: device);
        Values = Qkv.narrow(1, 2 * d, d);
        QueriesAndKeys = Qkv.narrow(1, 0, 2 * d).view(slots, 2 * heads, config.HeadSize);
        Pairs = QueriesAndKeys.view(slots, 2 * heads, config.HeadSize / 2, 2).view_as_complex();
        Rotations = cat([.. lengths.Select(length => rotations.narrow(0, 0, padded == 0 ? length : padded))]);
        Windows = new Window[lengths.Count];
        for (int i = 0, start = 0; i < lengths.Count; start += padded == 0 ? lengths[i] : padded, i++)
        {
            var all = ByHeads(Qkv, start, lengths[i], 3 * heads);
            Windows[i] = new Window(all.narrow(1, 0, heads), all.narrow(1, heads, heads), all.narrow(1, 2 * heads, heads), ByHeads(Attended, start, lengths[i], heads));
        }
    }

    /// <summary>Queries, keys and values, (T, 3 D).</summary>
    public Tensor Qkv { get; }

    /// <summary>The values, (T, D).</summary>
    public Tensor Values { get; }

    /// <summary>Queries and keys by heads, (T, 2 H, S).</summary>
    public Tensor QueriesAndKeys { get; }

    /// <summary>Queries and keys as what the rotary positions turn, complex, (T, 2 H, S / 2).</summary>
    public Tensor Pairs { get; }

    /// <summary>The slots' turns, complex, (T, 1, S / 2).</summary>
    public Tensor Rotations { get; }

    /// <summary>What attention gives, (T, D).</summary>
    public Tensor Attended { get; }

    /// <summary>The squared-ReLU network's inner layer, (T, inner).</summary>
    public Tensor Inner { get; }

    public Window[] Windows { get; }

    private static Tensor ByHeads(Tensor rows, int start, int length, int heads) => rows.narrow(0, start, length).view(1, length, heads, -1).transpose(1, 2);

    /// <summary>One window's part, each (1, H, L, S).</summary>
    internal readonly record struct Window(Tensor Queries, Tensor Keys, Tensor Values, Tensor Attended);
}
