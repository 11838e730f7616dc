using System.Text;
using System.Text.RegularExpressions;

namespace HybridGen.Tokens;

/// <summary>A regular expression over whole characters. .NET's own matches halves of surrogate pairs, which have no category of their own.</summary>
internal sealed class CharacterPattern(string pattern)
{
    // One rare character of each category, in the order of UnicodeCategory, to stand for those beyond the basic plane; the categories
    // that have none there (white space, control, surrogate) are never asked for.
    private const string Representatives = "\u10A0\u2D00\u1F88\uA015\uA000\u0951\u0903\u20DD\u0660\u2180\u2474 \u2028\u2029\u0001\u2061\uFFFD\uE000\u203F\u2012\u27E6\u27E7\u2E02\u2E03\u2E0E\u2A00\u20A0\uA700\u2300\uFDD0";

    private readonly Regex _regex = new(WithLongS(pattern), RegexOptions.CultureInvariant);

    /// <summary>The expression, for texts of the basic plane.</summary>
    public Regex Regex => _regex;

    /// <summary>Cuts a text into its matches and what lies between them; nothing is lost.</summary>
    public IEnumerable<(int Start, int Length)> Cut(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return Cuts(_regex, text);
        var (shadow, places) = Shadow(text);
        return Cuts(_regex, shadow).Select(cut => (places[cut.Start], places[cut.Start + cut.Length] - places[cut.Start]));
    }

    // Unicode's case folding makes the long s an s, .NET's does not: it matters for the two ways in which vocabularies write the English 's.
    private static string WithLongS(string pattern) =>
        pattern.Replace("(?i:'s", "(?i:'[s\u017F]", StringComparison.Ordinal).Replace("(?i:[s", "(?i:[s\u017F", StringComparison.Ordinal);

    private static List<(int Start, int Length)> Cuts(Regex regex, string text)
    {
        var cuts = new List<(int Start, int Length)>();
        var end = 0;
        foreach (var match in regex.EnumerateMatches(text))
        {
            if (match.Index > end) cuts.Add((end, match.Index - end));
            if (match.Length > 0) cuts.Add((match.Index, match.Length));
            end = match.Index + match.Length;
        }

        if (end < text.Length) cuts.Add((end, text.Length - end));
        return cuts;
    }

    /// <summary>A text with one unit a character, and where each of its units, and its end, lies in <paramref name="text"/>.</summary>
    private static (string Shadow, List<int> Places) Shadow(string text)
    {
        var shadow = new StringBuilder(text.Length);
        var places = new List<int>(text.Length + 1);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            places.Add(at);
            shadow.Append(rune.IsBmp ? (char)rune.Value : Representatives[(int)Rune.GetUnicodeCategory(rune)]);
            at += rune.Utf16SequenceLength;
        }

        places.Add(at);
        return (shadow.ToString(), places);
    }
}
