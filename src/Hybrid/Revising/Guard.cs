using HybridGen.Canvases;

namespace HybridGen.Revising;

/// <summary>Lets a canvas change only where its strategy's own measure does not fall: changes that win one by one may lose together.</summary>
internal static class Guard
{
    /// <summary>Noise of single-precision sums.</summary>
    private const float Tolerance = 1e-3f;

    /// <summary>The repairs that are kept; of a canvas that gets worse the weaker half is dropped, until it gets better or nothing is left.</summary>
    public static List<Repair> Keep(Strategy strategy, IReadOnlyList<Canvas> canvases, Step step)
    {
        if (step.Measures.Count == 0) return [.. step.Repairs];
        var byCanvas = step.Repairs.GroupBy(repair => repair.Canvas).ToDictionary(group => group.Key, group => group.OrderBy(repair => repair.First).ToList());
        for (var open = byCanvas.Where(canvas => !canvas.Value.TrueForAll(strategy.IsCertain)).Select(canvas => canvas.Key).Order().ToList(); open.Count > 0;)
        {
            var after = strategy.Measure([.. open.Select(canvas => canvases[canvas].With(byCanvas[canvas]))]);
            open = [.. open.Where((canvas, i) => !(after[i] >= step.Measures[canvas] - Tolerance))];
            foreach (var canvas in open) byCanvas[canvas] = Stronger(byCanvas[canvas]);
            open.RemoveAll(canvas => byCanvas[canvas].Count == 0);
        }

        return [.. byCanvas.Values.SelectMany(kept => kept).OrderBy(repair => repair.Span.Start)];
    }

    private static List<Repair> Stronger(List<Repair> repairs) =>
        [.. repairs.OrderByDescending(repair => repair.Gain).Take(repairs.Count / 2).OrderBy(repair => repair.First)];
}
