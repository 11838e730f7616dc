using System.Text.RegularExpressions;
using HybridGen.Drafting;

namespace HybridGen.Words;

/// <summary>A word as the mini refiner knows it: letters, a number, or a run of signs, with the space before it.</summary>
/// <param name="Text">The word as it is encoded, its leading space included.</param>
/// <param name="Body">The word without that space; empty for white space.</param>
/// <param name="Span">Where the body lies in the text.</param>
internal readonly record struct Word(string Text, string Body, TextSpan Span)
{
    public bool Spaced => Text.Length > Body.Length && Body.Length > 0;

    public bool StartsWithLetter => Body.Length > 0 && char.IsLetter(Body[0]);
}

/// <summary>Cuts a text into words.</summary>
internal static partial class WordSplitter
{
    public static List<Word> Split(string text) => Split(text, new TextSpan(0, text.Length));

    /// <summary>Cuts a part of a text into words; spans index the whole text.</summary>
    public static List<Word> Split(string text, TextSpan part)
    {
        var words = new List<Word>(part.Length / 5 + 1);
        foreach (var match in Pattern().EnumerateMatches(part.Of(text)))
            words.Add(At(text, part.Start + match.Index, match.Length));
        return words;
    }

    private static Word At(string text, int start, int length)
    {
        var word = text.Substring(start, length);
        if (string.IsNullOrWhiteSpace(word)) return new Word(word, "", new TextSpan(start, length));
        var space = word[0] == ' ' ? 1 : 0;
        return new Word(word, space == 0 ? word : word[1..], new TextSpan(start + space, length - space));
    }

    [GeneratedRegex(@" ?[^\W\d_]+(?:['’][^\W\d_]+)*| ?\d+(?:[.,]\d+)*| ?[^\w\s]+|\s+|_+", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
