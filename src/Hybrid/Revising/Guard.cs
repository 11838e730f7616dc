using HybridGen.Canvases;

namespace HybridGen.Revising;

/// <summary>Lets a text change only where its strategy's score does not fall: changes that win one by one may lose together.</summary>
internal static class Guard
{
    /// <summary>Noise of single-precision sums.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>The repairs that are kept; of changes that lose together the weaker half is dropped, until they do not or none is left.</summary>
    public static List<Repair> Keep(Strategy strategy, IReadOnlyList<Canvas> canvases, Step step, PassContext pass)
    {
        var kept = step.Repairs.OrderBy(repair => repair.Span.Start).ToList();
        for (var open = kept.ToList(); open.Count > 0;)
        {
            var dropped = strategy.Fallen(canvases, step, open, pass).SelectMany(Weaker).ToHashSet(ReferenceEqualityComparer.Instance);
            var changed = kept.Where(dropped.Contains).Select(repair => repair.Canvas).ToHashSet();
            kept.RemoveAll(dropped.Contains);
            open = [.. kept.Where(repair => changed.Contains(repair.Canvas))];
        }

        return kept;
    }

    private static IEnumerable<Repair> Weaker(IReadOnlyList<Repair> repairs) => repairs.OrderByDescending(repair => repair.Gain).Skip(repairs.Count / 2);
}
