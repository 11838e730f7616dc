using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Denoising;

/// <summary>Canvases of different lengths as one input: filled up at the right with what nobody sees.</summary>
internal static class CanvasBatch
{
    /// <summary>The input of a pass over whole canvases, (B, L).</summary>
    /// <param name="denoiser">Who reads it.</param>
    /// <param name="canvases">B canvases.</param>
    /// <param name="time">Where in the diffusion the canvases are.</param>
    public static DenoiserInput Input(IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, float time)
    {
        var rows = Rows(denoiser, canvases, time: time);
        return Input(denoiser, rows, new ColumnWindow(0, rows.Length, null));
    }

    /// <summary>The rows of a pass; with guidance a second time, with given tokens masked: B or 2 · B of them.</summary>
    /// <param name="denoiser">Who reads it.</param>
    /// <param name="canvases">B canvases.</param>
    /// <param name="blockLength">Columns of a block, where attention goes by blocks.</param>
    /// <param name="guidance">Whether the second half is wanted, and the tokens that stay visible there; null for none.</param>
    /// <param name="time">Where in the diffusion the canvases are; null where their masks tell.</param>
    public static CanvasRows Rows(
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

        return new CanvasRows(ids, seen, times, blockLength);
    }

    /// <summary>The input of a pass over some columns, (B or 2 · B, count); they see all columns that attention lets them.</summary>
    /// <param name="denoiser">Who reads it.</param>
    /// <param name="rows">The canvases.</param>
    /// <param name="window">The columns.</param>
    public static DenoiserInput Input(IDenoiser denoiser, CanvasRows rows, ColumnWindow window)
    {
        var (shape, device) = (new long[] { rows.Ids.Count, rows.Length }, denoiser.Device);
        var goesByBlocks = denoiser.Descriptor.Attention == AttentionPattern.BlockCausal;
        var hasGap = rows.Seen.Any(row => Array.IndexOf(row, false) is var gap && gap >= 0 && Array.LastIndexOf(row, true) > gap);
        var visible = goesByBlocks || rows.Seen.Any(row => row.Contains(false)) ? tensor([.. rows.Seen.SelectMany(row => row)], shape, device: device) : null;
        return new DenoiserInput(Own(tensor([.. rows.Ids.SelectMany(row => row)], shape, device: device)))
        {
            Attention = goesByBlocks ? Staircase(visible!, rows.BlockLength).narrow(2, window.Start, window.Count) : visible,
            Positions = hasGap ? Own(tensor([.. rows.Seen.SelectMany(Positions)], shape, device: device)) : null,
            Times = rows.Times is null ? null : tensor([.. rows.Times], device: device),
            Cache = window.Cache,
        };

        Tensor Own(Tensor columns) => columns.narrow(1, window.Start, window.Count);
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

/// <summary>Canvases as rows of equal length.</summary>
/// <param name="Ids">Their tokens.</param>
/// <param name="Seen">Which of them are shown.</param>
/// <param name="Times">Where in the diffusion each is; null for models that are not told.</param>
/// <param name="BlockLength">Columns of a block, where attention goes by blocks.</param>
internal sealed record CanvasRows(IReadOnlyList<long[]> Ids, IReadOnlyList<bool[]> Seen, IReadOnlyList<float>? Times, int BlockLength)
{
    /// <summary>Columns.</summary>
    public int Length => Ids[0].Length;

    /// <summary>The first column from one on that some row has otherwise than it had; the shorter length where none has.</summary>
    /// <param name="before">The same canvases at another time.</param>
    /// <param name="from">The first column that is looked at.</param>
    public int FirstChange(CanvasRows before, int from)
    {
        var length = Math.Min(Length, before.Length);
        var rest = Math.Max(0, length - from);
        return length - rest + Enumerable.Range(0, Ids.Count).Min(row => Math.Min(
            Same(Ids[row].AsSpan(length - rest, rest), before.Ids[row].AsSpan(length - rest, rest)),
            Same(Seen[row].AsSpan(length - rest, rest), before.Seen[row].AsSpan(length - rest, rest))));
    }

    private static int Same<T>(ReadOnlySpan<T> now, ReadOnlySpan<T> before) => now.CommonPrefixLength(before);
}
