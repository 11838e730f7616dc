using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Denoising;

/// <summary>Canvases of different lengths as one input: filled up at the right with what nobody sees.</summary>
internal static class CanvasBatch
{
    /// <summary>The input; with guidance a second time, with given tokens masked: (B or 2 · B, L).</summary>
    /// <param name="denoiser">Who reads it.</param>
    /// <param name="canvases">B canvases.</param>
    /// <param name="blockLength">Columns of a block, where attention goes by blocks.</param>
    /// <param name="guidance">Whether the second half is wanted, and the tokens that stay visible there; null for none.</param>
    /// <param name="time">Where in the diffusion the canvases are; null where their masks tell.</param>
    public static DenoiserInput Input(
        IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, int blockLength = int.MaxValue, IReadOnlyList<int>? guidance = null, float? time = null)
    {
        var (descriptor, length) = (denoiser.Descriptor, canvases.Max(canvas => canvas.ShownLength));
        var fill = descriptor.PadId ?? descriptor.EosId ?? descriptor.MaskId;
        var ids = canvases.Select(canvas => Ids(canvas, length, fill)).ToList();
        var seen = canvases.Select(canvas => Columns(length).Select(i => i < canvas.ShownLength && canvas.IsSeen(i)).ToArray()).ToList();
        var times = descriptor.IsTimeConditioned ? canvases.Select(canvas => time ?? MaskedShare(canvas)).ToList() : null;
        if (guidance is not null)
        {
            ids.AddRange(canvases.Zip(ids.ToArray(), (canvas, row) => Unconditional(canvas, row, descriptor.MaskId, guidance)));
            (seen, times) = ([.. seen, .. seen], times is null ? null : [.. times, .. times]);
        }

        return Input(denoiser, ids, seen, times, blockLength);
    }

    private static DenoiserInput Input(IDenoiser denoiser, List<long[]> ids, List<bool[]> seen, List<float>? times, int blockLength)
    {
        var (shape, device) = (new long[] { ids.Count, ids[0].Length }, denoiser.Device);
        var goesByBlocks = denoiser.Descriptor.Attention == AttentionPattern.BlockCausal;
        var hasGap = seen.Any(row => Array.IndexOf(row, false) is var gap && gap >= 0 && Array.LastIndexOf(row, true) > gap);
        var visible = goesByBlocks || seen.Any(row => row.Contains(false)) ? tensor([.. seen.SelectMany(row => row)], shape, device: device) : null;
        return new DenoiserInput(tensor([.. ids.SelectMany(row => row)], shape, device: device))
        {
            Attention = goesByBlocks ? Staircase(visible!, blockLength) : visible,
            Positions = hasGap ? tensor([.. seen.SelectMany(Positions)], shape, device: device) : null,
            Times = times is null ? null : tensor([.. times], device: device),
        };
    }

    private static long[] Ids(DenoisingCanvas canvas, int length, int fill) => [.. Columns(length).Select(i => (long)(i < canvas.ShownLength ? canvas.Ids[i] : fill))];

    private static long[] Unconditional(DenoisingCanvas canvas, long[] row, int maskId, IReadOnlyList<int> keeps) =>
        [.. row.Select((id, i) => i < canvas.ShownLength && canvas.IsSeen(i) && canvas.IsGiven(i) && !keeps.Contains((int)id) ? maskId : id)];

    private static float MaskedShare(DenoisingCanvas canvas) =>
        Math.Clamp((float)canvas.Open(0, canvas.Length).Count() / Math.Max(1, canvas.ShownLength), 1e-4f, 1 - 1e-4f);

    /// <summary>Positions count only what is seen; the others are of no account.</summary>
    private static IEnumerable<long> Positions(bool[] seen)
    {
        var next = 0L;
        return seen.Select(isSeen => isSeen ? next++ : 0).ToArray();
    }

    /// <summary>A place sees its own block and those before it, (B, 1, L, L).</summary>
    private static Tensor Staircase(Tensor seen, int blockLength)
    {
        var blocks = arange(seen.shape[1], device: seen.device).div(blockLength, RoundingMode.floor);
        var before = blocks.unsqueeze(0) <= blocks.unsqueeze(1); // (query, key)
        return before & seen[.., TensorIndex.None, TensorIndex.None, ..] & seen[.., TensorIndex.None, .., TensorIndex.None];
    }

    private static IEnumerable<int> Columns(int length) => Enumerable.Range(0, length);
}
