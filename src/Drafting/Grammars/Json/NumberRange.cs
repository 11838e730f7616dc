using System.Globalization;
using System.Numerics;

namespace HybridGen.Drafting;

/// <summary>Numbers between two bounds, digit by digit.</summary>
internal static class NumberRange
{
    /// <summary>Most digits before the point, and most after it, that are written where no bound asks for more.</summary>
    private const int MostDigits = 16;
    private const int MostDecimals = 6;

    /// <summary>Whole numbers; <see langword="null"/> where there is none.</summary>
    public static string? Whole(NumberBound? least, NumberBound? greatest) => Exactly(0, least, greatest);

    /// <summary>Numbers with up to six decimals, or as many as a bound has; <see langword="null"/> where there is none.</summary>
    public static string? Any(NumberBound? least, NumberBound? greatest)
    {
        var most = Math.Max(MostDecimals, Math.Max((int)(least?.Value.Scale ?? 0), (int)(greatest?.Value.Scale ?? 0)));
        return GbnfText.Any(Enumerable.Range(0, most + 1).Select(decimals => Exactly(decimals, least, greatest)));
    }

    /// <summary>Numbers with exactly so many decimals: whole numbers of their last place.</summary>
    private static string? Exactly(int decimals, NumberBound? least, NumberBound? greatest)
    {
        var unit = BigInteger.Pow(10, decimals);
        var furthest = BigInteger.Pow(10, MostDigits + decimals) - 1;
        var first = least is { } low ? Ceiling(low, unit) : (BigInteger?)null;
        var last = greatest is { } high ? -Ceiling(new NumberBound(-high.Value, high.IsExclusive), unit) : (BigInteger?)null;
        var from = first ?? -Beyond(last, furthest);
        var to = last ?? Beyond(first, furthest);
        var negative = from < 0 ? Digits(BigInteger.Max(1, -to), -from, decimals) : null;
        return GbnfText.Any([negative is null ? null : $"\"-\" {negative}", to < 0 ? null : Digits(BigInteger.Max(0, from), to, decimals)]);
    }

    /// <summary>The least whole number of units that a lower bound lets through.</summary>
    private static BigInteger Ceiling(NumberBound bound, BigInteger unit)
    {
        var scale = BigInteger.Pow(10, bound.Value.Scale);
        var digits = bound.Value.ToString(CultureInfo.InvariantCulture).Replace(".", "", StringComparison.Ordinal);
        var scaled = BigInteger.Parse(digits, CultureInfo.InvariantCulture) * unit;
        var ceiling = scaled > 0 ? (scaled + scale - 1) / scale : scaled / scale;
        return bound.IsExclusive && ceiling * scale == scaled ? ceiling + 1 : ceiling;
    }

    private static BigInteger Beyond(BigInteger? bound, BigInteger furthest) => BigInteger.Max(furthest, BigInteger.Abs(bound ?? 0) * 10);

    /// <summary>The numbers from one to another, of each length by itself.</summary>
    private static string? Digits(BigInteger from, BigInteger to, int decimals)
    {
        var parts = new List<string?>();
        for (var length = decimals + 1; length <= Math.Max(decimals + 1, Padded(to, 1).Length); length++)
        {
            // The shortest have zeros in front, as in 0.05.
            var low = BigInteger.Max(from, length == decimals + 1 ? 0 : BigInteger.Pow(10, length - 1));
            var high = BigInteger.Min(to, BigInteger.Pow(10, length) - 1);
            if (low <= high) parts.Add(Between(Padded(low, length), Padded(high, length), decimals));
        }

        return GbnfText.Any(parts);
    }

    private static string Padded(BigInteger number, int length) => number.ToString(CultureInfo.InvariantCulture).PadLeft(length, '0');

    /// <summary>Digits from one string to another of the same length, with the point before the last <paramref name="decimals"/>.</summary>
    private static string Between(string low, string high, int decimals)
    {
        if (low.Length == 0) return "";
        var point = low.Length == decimals ? "\".\" " : "";
        if (low[0] == high[0]) return $"{point}\"{low[0]}\" {Between(low[1..], high[1..], decimals)}".TrimEnd();
        var (first, last, parts) = (low[0], high[0], new List<string?>());
        var (zeros, nines) = (new string('0', low.Length - 1), new string('9', low.Length - 1));
        if (low[1..] != zeros) parts.Add($"\"{first++}\" {Between(low[1..], nines, decimals)}");
        if (high[1..] != nines) parts.Add($"\"{last--}\" {Between(zeros, high[1..], decimals)}");
        if (first <= last) parts.Insert(0, $"[{first}-{last}] {Free(low.Length - 1, decimals)}".TrimEnd());
        return point + GbnfText.Any(parts);
    }

    private static string Free(int length, int decimals) => length switch
    {
        0 => "",
        _ when decimals == 0 || length < decimals => $"[0-9]{{{length}}}",
        _ when length == decimals => $"\".\" [0-9]{{{length}}}",
        _ => $"[0-9]{{{length - decimals}}} \".\" [0-9]{{{decimals}}}",
    };
}
