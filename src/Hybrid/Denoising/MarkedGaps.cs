using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HybridGen.Drafting;

namespace HybridGen.Denoising;

/// <summary>A text whose gaps are marked in it: <c>[_]</c>, or <c>[_3]</c> where three tokens are to stand there.</summary>
/// <param name="Text">The text without the marks.</param>
/// <param name="Gaps">Where they were, in the text's order.</param>
public sealed partial record MarkedGaps(string Text, IReadOnlyList<Gap> Gaps)
{
    /// <summary>Takes the marks out of a text.</summary>
    public static MarkedGaps Read(string marked)
    {
        ArgumentNullException.ThrowIfNull(marked);
        var (text, gaps, copied) = (new StringBuilder(), new List<Gap>(), 0);
        foreach (Match mark in Mark().Matches(marked))
        {
            text.Append(marked, copied, mark.Index - copied);
            copied = mark.Index + mark.Length;
            gaps.Add(new Gap(new TextSpan(text.Length, 0), mark.Groups[1].Length > 0 ? int.Parse(mark.Groups[1].Value, CultureInfo.InvariantCulture) : null));
        }

        return new(text.Append(marked, copied, marked.Length - copied).ToString(), gaps);
    }

    [GeneratedRegex(@"\[_(\d{0,4})\]", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
