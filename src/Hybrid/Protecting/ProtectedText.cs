using System.Globalization;
using System.Text.RegularExpressions;
using HybridGen.Drafting;

namespace HybridGen.Protecting;

/// <summary>What of a text must not change: code, addresses, identifiers, and words that are no whole graphemes.</summary>
internal sealed partial class ProtectedText
{
    // Far enough for any address; a text without white space must not cost its length for every word.
    private const int Reach = 256;

    private readonly string _text;
    private readonly List<TextSpan> _code = [];
    private readonly CallersSpans _callers;
    private readonly bool _keepsNumbers;
    private readonly TextSpan? _part;
    private readonly IReadOnlyList<TextSpan> _kept;

    public ProtectedText(string text) : this(text, new Protection()) { }

    public ProtectedText(string text, Protection protection, TextSpan? part = null, IReadOnlyList<TextSpan>? kept = null)
    {
        (_text, _part, _kept) = (text, part, kept ?? []);
        _callers = new CallersSpans(text, protection);
        _keepsNumbers = protection.Numbers;
        foreach (var code in MarkedCode().EnumerateMatches(text)) _code.Add(new TextSpan(code.Index, code.Length));
    }

    /// <summary>Whether a part lies as a whole in code that the text marks as such.</summary>
    public bool IsCode(TextSpan part)
    {
        var (low, high) = (0, _code.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_code[middle].End <= part.Start) low = middle + 1;
            else high = middle;
        }

        return low < _code.Count && _code[low].Start <= part.Start && part.End <= _code[low].End;
    }

    /// <summary>Whether a word must stay as it is.</summary>
    public bool Protects(TextSpan word) =>
        IsOutside(word) || IsKept(word) || IsCode(word) || _callers.Touch(word) || (_keepsNumbers && IsNumber(word)) || HasInnerCapital(word.Of(_text)) || IsPartOfIdentifier(word) || SplitsGrapheme(word.Start) || SplitsGrapheme(word.End);

    private bool IsOutside(TextSpan word) => _part is { } part && (word.Start < part.Start || word.End > part.End);

    private bool IsKept(TextSpan word)
    {
        foreach (var kept in _kept)
            if (word.Start < kept.End && word.End > kept.Start) return true;
        return false;
    }

    private bool IsNumber(TextSpan word) => word.Of(_text).ContainsAnyInRange('0', '9') || (word.Length > 0 && char.IsDigit(_text[word.Start]));

    /// <summary>camelCase and iPhone, but not McDonald or NASA.</summary>
    private static bool HasInnerCapital(ReadOnlySpan<char> body)
    {
        if (body.Length == 0 || char.IsUpper(body[0])) return false;
        foreach (var letter in body)
            if (char.IsUpper(letter)) return true;
        return false;
    }

    /// <summary>Whether the run of signs between white space that holds the word is an address, a path, a tag or an identifier.</summary>
    private bool IsPartOfIdentifier(TextSpan word)
    {
        var (start, end) = (word.Start, word.End);
        while (start > Math.Max(0, word.Start - Reach) && !char.IsWhiteSpace(_text[start - 1])) start--;
        while (end < Math.Min(_text.Length, word.End + Reach) && !char.IsWhiteSpace(_text[end])) end++;
        return end - start > word.Length && IdentifierSigns().IsMatch(_text.AsSpan(start, end - start));
    }

    private bool SplitsGrapheme(int index)
    {
        if (index == 0 || index == _text.Length || (_text[index - 1] < '\x80' && _text[index] < '\x80')) return false;
        var at = Math.Max(0, index - Reach);
        while (at < index) at += StringInfo.GetNextTextElementLength(_text, at);
        return at > index;
    }

    // Markdown: ``` or ~~~ fences to their end, or the text's; `code` within a line.
    [GeneratedRegex(@"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[^\r\n]*|\z)|`[^`\r\n]+`", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex MarkedCode();

    // Signs that prose does not have inside a word: addresses (:// @ www. .com), paths and names (\ _ /usr/bin), digits glued to letters,
    // tags, braces, calls.
    [GeneratedRegex(@"://|@|\\|_|^www\.|^(~?/|~)\w|[A-Za-z]\.[A-Za-z]+(/|$)|\d[A-Za-z]|[A-Za-z]\d|[<>{}`=#$|]|\w\(\)|(/\w+){2}", RegexOptions.CultureInvariant)]
    private static partial Regex IdentifierSigns();
}
