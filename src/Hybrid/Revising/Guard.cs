using HybridGen.Canvases;
using HybridGen.Editing;

namespace HybridGen.Revising;

/// <summary>Lets a text change only where its strategy's score does not fall: changes that win one by one may lose together.</summary>
internal static class Guard
{
    /// <summary>Noise of single-precision sums.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>The repairs that are kept; of changes that lose together the weaker half is dropped, until they do not or none is left.</summary>
    public static List<Repair> Keep(Strategy strategy, IReadOnlyList<Canvas> canvases, Step step, PassContext pass)
    {
        var kept = WithoutSwaps(step.Repairs, canvases, pass.Text).OrderBy(repair => repair.Span.Start).ToList();
        for (var open = kept.ToList(); open.Count > 0;)
        {
            var dropped = strategy.Fallen(canvases, step, open, pass).SelectMany(Weaker).ToHashSet(ReferenceEqualityComparer.Instance);
            var changed = kept.Where(dropped.Contains).Select(repair => repair.Canvas).ToHashSet();
            kept.RemoveAll(dropped.Contains);
            open = [.. kept.Where(repair => changed.Contains(repair.Canvas))];
        }

        return kept;
    }

    /// <summary>The repairs without those that swap two ways of writing a name.</summary>
    /// <remarks>
    /// Each mention is compared with the others as they were, so that of two ways each can seem wrong beside the other. The way that the windows write
    /// more often stays, and of two that are as frequent the one that gains more.
    /// </remarks>
    private static IEnumerable<Repair> WithoutSwaps(IReadOnlyList<Repair> repairs, IReadOnlyList<Canvas> canvases, string text)
    {
        var gains = repairs.Where(repair => repair.Kind == EditKind.Consistency).GroupBy(Change).ToDictionary(group => group.Key, group => group.Sum(repair => repair.Gain));
        if (!gains.Keys.Any(change => gains.ContainsKey((change.After, change.Before)))) return repairs;
        var counts = canvases.SelectMany(canvas => canvas.Words).DistinctBy(word => word.Word.Span).CountBy(word => word.Word.Body).ToDictionary();
        return repairs.Where(repair => Change(repair) is var (before, after)
            && (repair.Kind != EditKind.Consistency || !gains.TryGetValue((after, before), out var back) || Weight(after, gains[(before, after)]).CompareTo(Weight(before, back)) > 0));

        (string Before, string After) Change(Repair repair) => (repair.Span.Of(text).ToString(), repair.After);
        (int, double) Weight(string form, double gain) => (counts.GetValueOrDefault(form), gain);
    }

    private static IEnumerable<Repair> Weaker(IReadOnlyList<Repair> repairs) => repairs.OrderByDescending(repair => repair.Gain).Skip(repairs.Count / 2);
}
