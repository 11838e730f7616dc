using System.Text.RegularExpressions;

namespace HybridGen.Cli.Texts;

/// <summary>Markdown's code fences, where a text is cut into blocks: a fence that is cut would be read as prose, and what follows it as code.</summary>
internal static partial class Fences
{
    /// <summary>The fence that is open at the end of a text that begins outside of one: where its line begins, and its sign.</summary>
    public static (int Start, string Sign)? OpenAtEnd(ReadOnlySpan<char> text)
    {
        (int Start, string Sign)? open = null;
        foreach (var line in Line().EnumerateMatches(text))
        {
            var sign = text.Slice(line.Index, line.Length).TrimStart(" \t").ToString();
            if (open is null) open = (line.Index, sign);
            else if (open.Value.Sign == sign) open = null;
        }

        return open;
    }

    /// <summary>Where the line ends that closes a fence; -1 where none does.</summary>
    public static int Close(ReadOnlySpan<char> text, string sign)
    {
        foreach (var line in Line().EnumerateMatches(text))
        {
            if (!text.Slice(line.Index, line.Length).EndsWith(sign)) continue;
            var end = text[line.Index..].IndexOf('\n');
            return end < 0 ? text.Length : line.Index + end + 1;
        }

        return -1;
    }

    [GeneratedRegex(@"^[ \t]*(?:```|~~~)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}
