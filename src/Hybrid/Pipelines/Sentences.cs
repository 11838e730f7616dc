using System.Text.RegularExpressions;

namespace HybridGen.Pipelines;

/// <summary>Where sentences end.</summary>
internal static partial class Sentences
{
    /// <summary>The end of the last whole sentence; <see langword="null"/> where there is none.</summary>
    public static int? LastEnd(string text) => End().Match(text) is { Success: true } match ? match.Groups[1].Index + match.Groups[1].Length : null;

    // From the end of the text: the sign that ends a sentence, with what closes it, before white space; or the last sign of a line.
    [GeneratedRegex(@"([.!?…][""'”’)\]]*(?=\s)|\S(?=\s*[\r\n]))", RegexOptions.RightToLeft | RegexOptions.CultureInvariant)]
    private static partial Regex End();
}
