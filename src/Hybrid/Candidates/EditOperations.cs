using System.IO.Hashing;
using System.Text;

namespace HybridGen.Candidates;

/// <summary>The edit that leads from a draft to a candidate, as hashed operations: what the pointer knows of how people mistype.</summary>
internal static class EditOperations
{
    /// <summary>Operations of one candidate; unused places hold 0.</summary>
    public const int Slots = 4;

    /// <summary>Values of the hash; an operation is 1 to this.</summary>
    public const int Buckets = 2048;

    /// <summary>Of the draft itself: nothing was edited.</summary>
    public static int[] Same { get; } = [Hash("same"), 0, 0, 0];

    /// <summary>Of a draft and a candidate, both in lower case.</summary>
    public static int[] Between(string draft, string candidate)
    {
        var operations = new List<int>(Slots);
        if (draft == candidate) operations.Add(Hash("case"));
        else Walk(draft, candidate, operations);
        while (operations.Count < Slots) operations.Add(0);
        return [.. operations];
    }

    private static void Walk(string draft, string candidate, List<int> operations)
    {
        var table = EditDistance.Table(draft, candidate);
        for (int i = draft.Length, j = candidate.Length; (i > 0 || j > 0) && operations.Count < Slots - 1;)
            if (Step(table, draft, candidate, ref i, ref j) is { } operation) operations.Add(Hash(operation));
        if (draft.Length == 0 || candidate.Length == 0 || draft[0] != candidate[0]) operations.Add(Hash("first"));
    }

    /// <summary>One step back from (i, j); the operation undone, or null where the letters are equal.</summary>
    private static string? Step(int[,] table, string draft, string candidate, ref int i, ref int j)
    {
        if (i > 0 && j > 0 && draft[i - 1] == candidate[j - 1] && table[i, j] == table[i - 1, j - 1])
        {
            i--;
            j--;
            return null;
        }

        if (EditDistance.IsTransposition(draft, candidate, i, j) && table[i, j] == table[i - 2, j - 2] + 1)
        {
            i -= 2;
            j -= 2;
            return $"t{draft[i]}{draft[i + 1]}";
        }

        if (i > 0 && j > 0 && table[i, j] == table[i - 1, j - 1] + 1)
        {
            i--;
            j--;
            return $"s{draft[i]}{candidate[j]}";
        }

        if (i > 0 && table[i, j] == table[i - 1, j] + 1)
        {
            i--;
            return $"d{(i > 0 ? draft[i - 1] : '^')}{draft[i]}";
        }

        j--;
        return $"i{(j > 0 ? candidate[j - 1] : '^')}{candidate[j]}";
    }

    private static int Hash(string operation) => 1 + (int)(Crc32.HashToUInt32(Encoding.UTF8.GetBytes(operation)) % Buckets);
}
