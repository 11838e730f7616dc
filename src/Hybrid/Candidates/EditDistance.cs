namespace HybridGen.Candidates;

/// <summary>
/// Optimal string alignment: insertions, deletions, substitutions and transpositions of neighbours, none of which touches a letter twice
/// (Boytsov 2011, "Indexing methods for approximate dictionary searching", section 2).
/// </summary>
internal static class EditDistance
{
    private const int OnStack = 2048;

    /// <summary>The distance, or any number above <paramref name="limit"/> where it exceeds that.</summary>
    public static int Between(ReadOnlySpan<char> from, ReadOnlySpan<char> to, int limit = int.MaxValue - 1)
    {
        if (Math.Abs(from.Length - to.Length) > limit) return limit + 1;
        var width = to.Length + 1;
        Span<int> rows = 3 * width <= OnStack ? stackalloc int[3 * width] : new int[3 * width];
        Span<int> twoBack = rows[..width], back = rows[width..(2 * width)], row = rows[(2 * width)..];
        for (var j = 0; j < width; j++) back[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            row[0] = i;
            var least = FillRow(from, to, i, twoBack, back, row);
            if (least > limit) return limit + 1;
            var free = twoBack;
            twoBack = back;
            back = row;
            row = free;
        }

        return back[to.Length];
    }

    /// <summary>The whole table, (from + 1) x (to + 1).</summary>
    public static int[,] Table(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        var table = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) table[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) table[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
            for (var j = 1; j <= to.Length; j++)
            {
                var best = Math.Min(table[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1), Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (IsTransposition(from, to, i, j)) best = Math.Min(best, table[i - 2, j - 2] + 1);
                table[i, j] = best;
            }

        return table;
    }

    /// <summary>Whether the two letters before (i, j) are each other's mirror image.</summary>
    public static bool IsTransposition(ReadOnlySpan<char> from, ReadOnlySpan<char> to, int i, int j) =>
        i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];

    private static int FillRow(ReadOnlySpan<char> from, ReadOnlySpan<char> to, int i, Span<int> twoBack, Span<int> back, Span<int> row)
    {
        var least = row[0];
        for (var j = 1; j < row.Length; j++)
        {
            var best = Math.Min(back[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1), Math.Min(back[j], row[j - 1]) + 1);
            if (IsTransposition(from, to, i, j)) best = Math.Min(best, twoBack[j - 2] + 1);
            row[j] = best;
            least = Math.Min(least, best);
        }

        return least;
    }
}
