namespace HybridGen.Denoising;

/// <summary>Looks for one token written over and over, and sees to it that steps do not make it longer.</summary>
internal static class RepeatedRuns
{
    /// <summary>Follows the rule on one canvas; gives the places that were masked again.</summary>
    public static IReadOnlyList<int> Treat(DenoisingCanvas canvas, RunRule rule, IReadOnlyCollection<int> endIds, int maxRemasks)
    {
        var length = rule switch { RunRule.Marked marked => marked.Length, RunRule.Remasked remasked => remasked.Length, _ => int.MaxValue };
        if (length == int.MaxValue) return [];
        var again = new List<int>();
        foreach (var run in Find(canvas, length).Where(run => !endIds.Contains(run.Id)).ToArray())
        {
            var places = Enumerable.Range(run.Start + 1, run.Length - 1).ToArray();
            if (rule is RunRule.Marked || places.Any(place => canvas.Remasks(place) >= maxRemasks)) Mark(canvas, run);
            else again.AddRange(Remask(canvas, places, run.Id));
        }

        return again;
    }

    private static IEnumerable<RepeatedRun> Find(DenoisingCanvas canvas, int length)
    {
        foreach (var run in Stretches(canvas)) if (run.Length >= length) yield return run;
    }

    /// <summary>Maximal stretches of one token that the model wrote.</summary>
    private static IEnumerable<RepeatedRun> Stretches(DenoisingCanvas canvas)
    {
        RepeatedRun? run = null;
        foreach (var place in canvas.Committed(0, canvas.Length))
        {
            if (run is { } open && open.Start + open.Length == place && open.Id == canvas.Ids[place])
            {
                run = open with { Length = open.Length + 1 };
                continue;
            }

            if (run is { } ended) yield return ended;
            run = new RepeatedRun(place, 1, canvas.Ids[place]);
        }

        if (run is { } last) yield return last;
    }

    private static void Mark(DenoisingCanvas canvas, RepeatedRun run)
    {
        foreach (var inner in canvas.Runs.Keys.Where(start => start >= run.Start && start < run.Start + run.Length).ToArray()) canvas.Runs.Remove(inner);
        canvas.Runs[run.Start] = run;
        canvas.Forbid(run.Start - 1, run.Id);
        canvas.Forbid(run.Start + run.Length, run.Id);
    }

    private static int[] Remask(DenoisingCanvas canvas, int[] places, int id)
    {
        foreach (var place in places)
        {
            canvas.Remask(place);
            canvas.Forbid(place, id);
        }

        return places;
    }
}
