using System.Globalization;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>What a token of a template is.</summary>
internal enum TemplateTokenKind
{
    Text,
    PrintBegin,
    PrintEnd,
    TagBegin,
    TagEnd,
    Name,
    String,
    Number,
    Sign,
    End,
}

/// <summary>A token of a template.</summary>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Place);

/// <summary>Cuts a template into tokens.</summary>
/// <remarks>White space around tags is taken as with Jinja's <c>trim_blocks</c> and <c>lstrip_blocks</c>, with which chat templates are written.</remarks>
internal sealed class TemplateLexer
{
    // Longest first.
    private static readonly string[] Signs = ["//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", ";"];

    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _at;

    private TemplateLexer(string source) => _source = source;

    private char Next => _at < _source.Length ? _source[_at] : '\0';

    /// <summary>The tokens of a template whose line ends are <c>\n</c>.</summary>
    /// <exception cref="ChatTemplateException">A tag or a string has no end, or a character cannot stand there.</exception>
    public static List<TemplateToken> Read(string source)
    {
        var lexer = new TemplateLexer(source);
        while (lexer._at < source.Length) lexer.ReadText();
        lexer.Add(TemplateTokenKind.End, "", source.Length);
        return lexer._tokens;
    }

    private void ReadText()
    {
        var (start, begin) = (_at, Begin());
        var (strip, isPrint) = (At(begin + 2), At(begin + 1) == '{');
        AddText(start, begin >= _source.Length ? begin : End(start, begin, strip, isPrint));
        _at = begin;
        if (begin >= _source.Length) return;
        _at += strip is '-' or '+' ? 3 : 2;
        if (_source[begin + 1] == '#') SkipComment(begin);
        else if (isPrint) ReadTag(begin, TemplateTokenKind.PrintBegin, TemplateTokenKind.PrintEnd, "}}");
        else if (!ReadRaw(begin)) ReadTag(begin, TemplateTokenKind.TagBegin, TemplateTokenKind.TagEnd, "%}");
    }

    private int Begin()
    {
        for (var at = _at; (at = _source.IndexOf('{', at)) >= 0; at++)
            if (At(at + 1) is '{' or '%' or '#') return at;
        return _source.Length;
    }

    /// <summary>Where a text before a tag ends, once the white space is gone that the tag takes away.</summary>
    private int End(int start, int begin, char strip, bool isPrint)
    {
        var end = begin;
        if (strip == '-')
        {
            while (end > start && IsSpace(_source[end - 1])) end--;
            return end;
        }

        if (strip == '+' || isPrint) return begin;
        while (end > start && _source[end - 1] != '\n' && IsSpace(_source[end - 1])) end--;
        return end == 0 || _source[end - 1] == '\n' ? end : begin;
    }

    private void AddText(int start, int end)
    {
        if (end > start) Add(TemplateTokenKind.Text, _source[start..end], start);
    }

    private void SkipComment(int begin)
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw Wrong("this comment has no end.", begin);
        // The sign that opened it may not be the one that closes it.
        _at = Math.Max(_at, end - 1);
        if (_at == end || Next is not ('-' or '+')) _at = end;
        SkipEnd("#}", isTag: true);
    }

    /// <summary>Goes past the end of a tag, and the white space that it takes away.</summary>
    /// <returns>Whether it stands there.</returns>
    private bool SkipEnd(string end, bool isTag)
    {
        var sign = Next is '-' || (isTag && Next is '+') ? 1 : 0;
        if (string.CompareOrdinal(_source, _at + sign, end, 0, 2) != 0) return false;
        var strips = sign == 1 && Next == '-';
        _at += sign + 2;
        if (strips)
            while (_at < _source.Length && IsSpace(_source[_at])) _at++;
        else if (isTag && sign == 0 && Next == '\n') _at++;
        return true;
    }

    /// <summary>Reads a part that is text whatever stands in it.</summary>
    private bool ReadRaw(int begin)
    {
        var before = _at;
        if (!SkipTag("raw", trims: false)) return Back(before);
        for (var start = _at; ; _at++)
        {
            _at = _source.IndexOf("{%", _at, StringComparison.Ordinal);
            if (_at < 0) throw Wrong("this 'raw' has no 'endraw'.", begin);
            var (end, strip) = (_at, At(_at + 2));
            _at += strip is '-' or '+' ? 3 : 2;
            if (SkipTag("endraw", trims: true))
            {
                AddText(start, End(start, end, strip, isPrint: false));
                return true;
            }

            _at = end;
        }
    }

    private bool SkipTag(string name, bool trims)
    {
        SkipSpace();
        if (string.CompareOrdinal(_source, _at, name, 0, name.Length) != 0 || IsNamePart(At(_at + name.Length))) return false;
        _at += name.Length;
        SkipSpace();
        return SkipEnd("%}", trims);
    }

    private bool Back(int place)
    {
        _at = place;
        return false;
    }

    private void ReadTag(int begin, TemplateTokenKind opens, TemplateTokenKind closes, string end)
    {
        Add(opens, "", begin);
        // Braces of a dictionary are no end of the tag.
        for (var open = 0; ;)
        {
            SkipSpace();
            var place = _at;
            if (open == 0 && SkipEnd(end, opens == TemplateTokenKind.TagBegin))
            {
                Add(closes, end, place);
                return;
            }

            if (_at >= _source.Length) throw Wrong("this tag has no end.", begin);
            ReadToken();
            var last = _tokens[^1];
            if (last.Kind == TemplateTokenKind.Sign) open = Math.Max(0, open + (last.Text is "(" or "[" or "{" ? 1 : last.Text is ")" or "]" or "}" ? -1 : 0));
        }
    }

    private void ReadToken()
    {
        var place = _at;
        if (Next is '"' or '\'') ReadString();
        else if (char.IsAsciiDigit(Next)) ReadNumber();
        else if (IsNamePart(Next))
        {
            while (IsNamePart(Next)) _at++;
            Add(TemplateTokenKind.Name, _source[place.._at], place);
        }
        else
        {
            var sign = Array.Find(Signs, sign => string.CompareOrdinal(_source, place, sign, 0, sign.Length) == 0) ?? throw Wrong($"unexpected '{_source[place]}' in a tag.", place);
            _at += sign.Length;
            Add(TemplateTokenKind.Sign, sign, place);
        }
    }

    private void ReadNumber()
    {
        var place = _at;
        SkipDigits();
        if (Next == '.' && char.IsAsciiDigit(At(_at + 1)))
        {
            _at++;
            SkipDigits();
        }

        var exponent = At(_at + 1) is '+' or '-' ? _at + 2 : _at + 1;
        if (Next is 'e' or 'E' && char.IsAsciiDigit(At(exponent)))
        {
            _at = exponent;
            SkipDigits();
        }

        Add(TemplateTokenKind.Number, _source[place.._at].Replace("_", "", StringComparison.Ordinal), place);
    }

    private void SkipDigits()
    {
        while (char.IsAsciiDigit(Next) || (Next == '_' && char.IsAsciiDigit(At(_at + 1)))) _at++;
    }

    private void ReadString()
    {
        var (place, quote, text) = (_at, _source[_at++], new StringBuilder());
        while (Next != quote || _at >= _source.Length)
        {
            if (_at >= _source.Length) throw Wrong("this string has no end.", place);
            if (Next == '\\') ReadEscape(text);
            else text.Append(_source[_at++]);
        }

        _at++;
        Add(TemplateTokenKind.String, text.ToString(), place);
    }

    /// <summary>Python's escapes; what is none stays as it is.</summary>
    private void ReadEscape(StringBuilder text)
    {
        var place = _at++;
        var kind = Next;
        _at++;
        switch (kind)
        {
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case '0': text.Append('\0'); break;
            case '\n': break;
            case '\\' or '\'' or '"': text.Append(kind); break;
            case 'x': AppendCharacter(text, 2, place); break;
            case 'u': AppendCharacter(text, 4, place); break;
            case 'U': AppendCharacter(text, 8, place); break;
            default: text.Append('\\'); _at = place + 1; break;
        }
    }

    private void AppendCharacter(StringBuilder text, int digits, int place)
    {
        if (_at + digits > _source.Length || !uint.TryParse(_source.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value > 0x10FFFF)
            throw Wrong($"this escape needs {digits} hexadecimal digits that are a character.", place);
        _at += digits;
        if (value > char.MaxValue) text.Append(char.ConvertFromUtf32((int)value));
        else text.Append((char)value);
    }

    private char At(int place) => place < _source.Length ? _source[place] : '\0';

    private void SkipSpace()
    {
        while (_at < _source.Length && IsSpace(_source[_at])) _at++;
    }

    private void Add(TemplateTokenKind kind, string text, int place) => _tokens.Add(new TemplateToken(kind, text, place));

    private ChatTemplateException Wrong(string message, int place) => ChatTemplateException.At(_source, place, message);

    private static bool IsSpace(char character) => PythonText.IsSpace(character);

    private static bool IsNamePart(char character) => char.IsLetterOrDigit(character) || character == '_';
}
