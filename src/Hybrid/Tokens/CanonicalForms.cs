using System.Text;
using ADRaffy.ENSNormalize;

namespace HybridGen.Tokens;

/// <summary>Unicode's canonical normalization forms for texts that keep their alignment; needs no ICU.</summary>
/// <remarks>
/// Alignment is that of the <c>tokenizers</c> library: a composed character stands for the first of its parts, and what it is decomposed into
/// stands for it. Where marks change places, the places stay and the marks move.
/// </remarks>
internal static class CanonicalForms
{
    private static NF Unicode => ENSNormalize.NF;

    /// <summary>Normalization form C.</summary>
    public static AlignedText Compose(AlignedText text)
    {
        if (IsComposed(text.Text)) return text;
        var source = text.Runes();
        var composed = Unicode.NFC(source.Select(rune => rune.Rune.Value));
        if (composed.SequenceEqual(source.Select(rune => rune.Rune.Value))) return text;
        var parts = new PartQueue(Decomposed(source));
        return new AlignedText(Place(source, composed.Select(rune => (rune, parts.TakeAll(Unicode.NFD([rune]))))));
    }

    /// <summary>Normalization form D.</summary>
    public static List<AlignedRune> Decompose(List<AlignedRune> source) =>
        source.TrueForAll(rune => rune.Rune.Value < FirstDecomposed) ? source : Place(source, Decomposed(source));

    private const int FirstDecomposed = 0xC0;

    // The table takes a moment to load, and the usual western texts never need it: these ranges neither compose nor reorder.
    private static bool IsComposed(string text) => !text.AsSpan().ContainsAnyExcept(Inert);

    private static readonly System.Buffers.SearchValues<char> Inert =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0x300).Concat(Enumerable.Range(0x2002, 0x20D0 - 0x2002)).Select(unit => (char)unit)]);

    /// <summary>The parts of all characters in canonical order, each with how many characters it adds: 0 for the first of a character, 1 for the others.</summary>
    private static List<(int Rune, int Added)> Decomposed(List<AlignedRune> source)
    {
        var parts = new List<(int Rune, int Added)>(source.Count);
        foreach (var (rune, _) in source)
        {
            if (rune.Value < FirstDecomposed) parts.Add((rune.Value, 0));
            else parts.AddRange(Unicode.NFD([rune.Value]).Select((part, i) => (part, i == 0 ? 0 : 1)));
        }

        var queue = new PartQueue(parts);
        return Unicode.NFD(parts.Select(part => part.Rune)).ConvertAll(part => (part, queue.Take(part)));
    }

    /// <summary>Gives characters their places: one that adds nothing takes the next place, one that adds shares the last one, a negative number skips places.</summary>
    private static List<AlignedRune> Place(List<AlignedRune> source, IEnumerable<(int Rune, int Added)> changes)
    {
        var placed = new List<AlignedRune>(source.Count);
        var next = 0;
        foreach (var (rune, added) in changes)
        {
            placed.Add(new AlignedRune(new Rune(rune), added > 0 ? next == 0 ? default : source[next - 1].Origin : source[next].Origin));
            if (added <= 0) next += 1 - added;
        }

        return placed;
    }

    /// <summary>Parts that are asked for by their code point; equal ones come in order.</summary>
    private sealed class PartQueue(List<(int Rune, int Added)> parts)
    {
        private readonly bool[] _taken = new bool[parts.Count];
        private int _first;

        public int Take(int rune)
        {
            while (_taken[_first]) _first++;
            var at = _first;
            while (_taken[at] || parts[at].Rune != rune) at++;
            _taken[at] = true;
            return parts[at].Added;
        }

        /// <summary>Takes the parts of one character, which becomes one out of many.</summary>
        public int TakeAll(List<int> runes) => runes.Sum(Take) - (runes.Count - 1);
    }
}
