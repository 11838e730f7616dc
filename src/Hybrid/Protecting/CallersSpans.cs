using System.Text.RegularExpressions;
using HybridGen.Drafting;

namespace HybridGen.Protecting;

/// <summary>The places of a text that the caller protects.</summary>
internal sealed partial class CallersSpans
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    private readonly bool[]? _isProtected;

    public CallersSpans(string text, Protection protection)
    {
        var patterns = protection.Patterns.Select(WithTimeout)
            .Concat(protection.Glossary.Select(term => new Regex($@"(?<!\w){Regex.Escape(term)}(?!\w)", RegexOptions.CultureInvariant)))
            .Concat(protection.Quotations ? [Quotation()] : [])
            .ToArray();
        if (patterns.Length == 0) return;
        _isProtected = new bool[text.Length];
        foreach (var pattern in patterns) Mark(pattern, text);
    }

    /// <summary>Whether a part touches one of them.</summary>
    public bool Touch(TextSpan part) => _isProtected is not null && _isProtected.AsSpan(part.Start, part.Length).Contains(true);

    private void Mark(Regex pattern, string text)
    {
        try
        {
            foreach (var match in pattern.EnumerateMatches(text)) _isProtected.AsSpan(match.Index, match.Length).Fill(true);
        }
        catch (RegexMatchTimeoutException failure)
        {
            throw new RefiningException($"The protected pattern '{pattern}' took longer than {LongestMatch.TotalSeconds:F0} s on a text of {text.Length} characters; write it so that it cannot backtrack.", failure);
        }
    }

    private static Regex WithTimeout(Regex pattern) =>
        pattern.MatchTimeout == Regex.InfiniteMatchTimeout ? new Regex(pattern.ToString(), pattern.Options, LongestMatch) : pattern;

    // Straight, typographic and angled marks; within a paragraph.
    [GeneratedRegex(@"""[^""\r\n]{1,2000}""|“[^”\r\n]{1,2000}”|«[^»\r\n]{1,2000}»|„[^“”\r\n]{1,2000}[“”]", RegexOptions.CultureInvariant)]
    private static partial Regex Quotation();
}
