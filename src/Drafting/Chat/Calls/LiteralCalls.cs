using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>
/// Calls that are written as code is: <c>[name(city="Oslo", days=2)]</c>, as Python has it, of LFM2 and Llama 4, and Gemma's
/// <c>call:name{city:&lt;|"|&gt;Oslo&lt;|"|&gt;,days:2}</c>.
/// </summary>
internal sealed partial class LiteralCalls
{
    // Deeper than any tool asks for, and not so deep that a stack could overflow.
    private const int MostNested = 32;

    private readonly string _text;
    private int _at;
    private int _depth;

    private LiteralCalls(string text) => _text = text;

    /// <summary>The calls; null where the text is something else.</summary>
    public static List<WrittenCall>? Read(string text)
    {
        var reader = new LiteralCalls(text);
        var calls = reader.Calls();
        reader.Space();
        return reader._at == text.Length && calls is { Count: > 0 } ? calls : null;
    }

    private List<WrittenCall>? Calls()
    {
        var (isList, calls) = (Take("["), new List<WrittenCall>());
        do
        {
            if (Call() is not { } call) return null;
            calls.Add(call);
        }
        while (Take(",") || Take(";"));
        return isList && !Take("]") ? null : calls;
    }

    private WrittenCall? Call()
    {
        var isGemmas = Take("call:");
        if (Name() is not { } name || !Take(isGemmas ? "{" : "(")) return null;
        return Members(isGemmas ? ":" : "=", isGemmas ? "}" : ")") is { } members && JsonCalls.Object(members.ToJsonString()) is { } arguments ? new WrittenCall(name, arguments) : null;
    }

    /// <summary>Names and their values to a closing mark.</summary>
    private JsonObject? Members(string between, string close)
    {
        var members = new JsonObject();
        while (!Take(close))
        {
            if (members.Count > 0 && !Take(",")) return null;
            if ((Text() ?? Name()) is not { } name || !Take(between) || !Value(out var value)) return null;
            members[name] = value;
        }

        return members;
    }

    private JsonArray? Items()
    {
        var items = new JsonArray();
        while (!Take("]"))
        {
            if (items.Count > 0 && !Take(",")) return null;
            if (!Value(out var value)) return null;
            items.Add(value);
        }

        return items;
    }

    private bool Value(out JsonNode? value)
    {
        value = null;
        if (++_depth > MostNested) return false;
        var isRead = Take("{") ? (value = Members(":", "}")) is not null
            : Take("[") ? (value = Items()) is not null
            : Text() is { } text ? (value = JsonValue.Create(text)) is not null
            : Word(out value);
        _depth--;
        return isRead;
    }

    /// <summary>A number, or what is true, false or nothing.</summary>
    private bool Word(out JsonNode? value)
    {
        Space();
        var match = Plain().Match(_text, _at);
        _at += match.Length;
        value = match.Groups[1].Success ? JsonNode.Parse(match.Value) : match.Value is "true" or "True" ? JsonValue.Create(true) : match.Value is "false" or "False" ? JsonValue.Create(false) : null;
        return match.Success;
    }

    private string? Name()
    {
        Space();
        var match = Identifier().Match(_text, _at);
        _at += match.Length;
        return match.Success ? match.Value : null;
    }

    /// <summary>A text in quotes; Gemma's are a mark, in which nothing is escaped.</summary>
    private string? Text()
    {
        const string Mark = "<|\"|>";
        if (Take(Mark)) return _text.IndexOf(Mark, _at, StringComparison.Ordinal) is >= 0 and var end ? Through(end, Mark.Length) : null;
        if (!Take("\"") && !Take("'")) return null;
        var (quote, text) = (_text[_at - 1], new StringBuilder());
        for (; _at < _text.Length && _text[_at] != quote; _at++)
        {
            if ((_text[_at] == '\\' && _at + 1 < _text.Length ? Escaped() : _text[_at]) is not { } letter) return null;
            text.Append(letter);
        }

        return _at++ < _text.Length ? text.ToString() : null;
    }

    private string Through(int end, int mark)
    {
        var text = _text[_at..end];
        _at = end + mark;
        return text;
    }

    /// <summary>What a backslash and what follows it stand for; the last of it is left to be stepped over. Half of a surrogate pair is no text.</summary>
    private char? Escaped()
    {
        var letter = _text[++_at];
        if (letter != 'u' || _at + 4 >= _text.Length || !ushort.TryParse(_text.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            return letter switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => letter };
        _at += 4;
        return char.IsSurrogate((char)unit) ? null : (char)unit;
    }

    private bool Take(string mark)
    {
        Space();
        if (string.CompareOrdinal(_text, _at, mark, 0, mark.Length) != 0) return false;
        _at += mark.Length;
        return true;
    }

    private void Space()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
    }

    [GeneratedRegex(@"\G(?:(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|true|false|null|True|False|None)(?![\w.])", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"\G[A-Za-z_][\w.-]*", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
