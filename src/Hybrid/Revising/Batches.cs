using HybridGen.Canvases;
using HybridGen.Torch;

namespace HybridGen.Revising;

/// <summary>Canvases that go through the network side by side.</summary>
internal static class Batches
{
    /// <summary>Slots of a batch: enough to keep the cores busy, few enough for their caches; see docs/decisions/0007.</summary>
    public const int Slots = 8 * Segmenter.WindowSlots;

    /// <summary>Gathers canvases as they come into batches of at most <see cref="Slots"/> slots, or of one canvas.</summary>
    public static IEnumerable<List<Canvas>> Of(IEnumerable<Canvas> canvases)
    {
        var batch = new List<Canvas>();
        var slots = 0;
        foreach (var canvas in canvases)
        {
            if (slots + canvas.Length > Slots && batch.Count > 0)
            {
                yield return batch;
                (batch, slots) = ([], 0);
            }

            batch.Add(canvas);
            slots += canvas.Length;
        }

        if (batch.Count > 0) yield return batch;
    }

    /// <summary>Does work on a batch, and on its halves where memory does not suffice for it.</summary>
    /// <exception cref="RefiningException">It does not suffice for a single canvas.</exception>
    public static List<T> Run<T>(List<Canvas> batch, Func<List<Canvas>, List<T>> work)
    {
        try
        {
            return work(batch);
        }
        catch (Exception failure) when (LibTorch.IsOutOfMemory(failure))
        {
            if (batch.Count == 1) throw new RefiningException($"There is not enough memory to refine a single window of {batch[0].Length} slots.", failure);
        }

        var half = batch.Count / 2;
        return [.. Run(batch[..half], work), .. Run(batch[half..], work)];
    }
}
