using System.Buffers;
using System.Globalization;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>Reads llama.cpp's GBNF.</summary>
/// <remarks>
/// The notation of llama.cpp b10221 (grammars/README.md): rules, alternatives, groups, literals, character classes, <c>.</c>,
/// <c>* + ? {m} {m,} {m,n}</c>, comments. Not its token literals (<c>&lt;think&gt;</c>, <c>&lt;[1000]&gt;</c>): a text is what is constrained here.
/// </remarks>
internal sealed class GbnfParser
{
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    private const int DeepestGroup = 200;
    private const int MostRepetitions = 100_000;
    private const int MostSymbols = 1_000_000;

    private readonly string _text;
    private readonly List<GrammarRule> _rules = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private int _at;
    private int _depth;
    private int _symbols;

    private GbnfParser(string text) => _text = text;

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>Reads a grammar.</summary>
    /// <exception cref="GrammarFormatException">It cannot be used.</exception>
    public static Grammar Parse(string text, string root)
    {
        var parser = new GbnfParser(text);
        parser.SkipSpace(lines: true);
        while (parser._at < text.Length) parser.ParseRule();
        if (!parser._numbers.TryGetValue(root, out var number) || parser._rules[number].Alternatives.Count == 0)
            throw new GrammarFormatException($"The grammar has no rule '{root}', with which a text would begin.", 1, 1);
        var grammar = new Grammar(parser._rules, number);
        GrammarChecks.Check(grammar, text);
        return grammar;
    }

    private void ParseRule()
    {
        var place = _at;
        var name = ParseName();
        var number = Number(name, place);
        if (_rules[number].Alternatives.Count > 0) throw Wrong($"rule '{name}' is defined twice.", place);
        SkipSpace(lines: false);
        if (string.CompareOrdinal(_text, _at, "::=", 0, 3) != 0) throw Wrong("expected '::=' after a rule's name.");
        _at += 3;
        SkipSpace(lines: true);
        _rules[number] = _rules[number] with { Place = place, Alternatives = ParseAlternatives(name, isGroup: false) };
        if (_at < _text.Length && Next is not ('\r' or '\n')) throw Wrong($"unexpected '{Shown()}'; a rule ends with its line, or goes on after '|' or inside of parentheses.");
        SkipSpace(lines: true);
    }

    private List<Symbol[]> ParseAlternatives(string rule, bool isGroup)
    {
        var alternatives = new List<Symbol[]> { ParseSequence(rule, isGroup) };
        while (Next == '|')
        {
            _at++;
            SkipSpace(lines: true);
            alternatives.Add(ParseSequence(rule, isGroup));
        }

        return alternatives;
    }

    private Symbol[] ParseSequence(string rule, bool isGroup)
    {
        var sequence = new List<Symbol>();
        var last = 0;
        while (_at < _text.Length)
        {
            if (Next is '*' or '+' or '?' or '{')
            {
                Repeat(sequence, last, rule, isGroup);
                continue;
            }

            if (ParseItem(rule) is not { } item) break;
            last = sequence.Count;
            sequence.AddRange(item);
            Count(item.Count);
            SkipSpace(isGroup);
        }

        return [.. sequence];
    }

    /// <summary>The symbols of one item; <see langword="null"/> where none begins.</summary>
    private List<Symbol>? ParseItem(string rule)
    {
        switch (Next)
        {
            case '"': return ParseLiteral();
            case '[': return [new Symbol.Characters(ParseClass())];
            case '.': _at++; return [new Symbol.Characters(CharacterSet.Any)];
            case '(': return [ParseGroup(rule)];
            case '<' or '!': throw Wrong("token literals are not supported; write the text in quotation marks.");
            case var next when IsNameCharacter(next):
                var place = _at;
                return [new Symbol.Reference(Number(ParseName(), place), place)];
            default: return null;
        }
    }

    private List<Symbol> ParseLiteral()
    {
        var (start, literal) = (_at++, new List<Symbol>());
        while (Next != '"') literal.Add(new Symbol.Characters(CharacterSet.Of(ParseCharacter(start, "literal"))));
        _at++;
        return literal;
    }

    private CharacterSet ParseClass()
    {
        var (start, ranges) = (_at++, new List<(int, int)>());
        var isNegated = Next == '^';
        if (isNegated) _at++;
        while (Next != ']')
        {
            var place = _at;
            var (first, last) = ParseRange(start);
            if (last < first) throw Wrong("a range's end comes before its beginning.", place);
            ranges.Add((first, last));
        }

        _at++;
        if (ranges.Count == 0) throw Wrong("the character class is empty.", start);
        var set = CharacterSet.Of(ranges);
        if (isNegated) set = set.Complement();
        return set.IsEmpty ? throw Wrong("no character is in this class.", start) : set;
    }

    private (int First, int Last) ParseRange(int start)
    {
        var first = ParseCharacter(start, "character class");
        if (Next != '-' || _at + 1 >= _text.Length || _text[_at + 1] == ']') return (first, first);
        _at++;
        return (first, ParseCharacter(start, "character class"));
    }

    private int ParseCharacter(int start, string of)
    {
        if (_at >= _text.Length) throw Wrong($"this {of} has no end.", start);
        if (Next == '\\') return ParseEscape();
        if (!Rune.TryGetRuneAt(_text, _at, out var rune)) throw Wrong("half of a surrogate pair is no character.");
        if (rune.Value == 0) throw Wrong("U+0000 is no character that a text can have.");
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private int ParseEscape()
    {
        var place = _at++;
        var kind = Next;
        _at++;
        return kind switch
        {
            'x' => ParseHexadecimal(2, place),
            'u' => ParseHexadecimal(4, place),
            'U' => ParseHexadecimal(8, place),
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            '\\' or '"' or '[' or ']' or '-' => kind,
            _ => throw Wrong("unknown escape; there are \\n \\r \\t \\\\ \\\" \\[ \\] \\- \\xHH \\uHHHH \\UHHHHHHHH.", place),
        };
    }

    private int ParseHexadecimal(int digits, int place)
    {
        if (_at + digits > _text.Length || _text.AsSpan(_at, digits).ContainsAnyExcept(Hexadecimal)) throw Wrong($"this escape needs {digits} hexadecimal digits.", place);
        var value = uint.Parse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        _at += digits;
        return Rune.IsValid(value) && value != 0 ? (int)value : throw Wrong($"U+{value:X4} is no character that a text can have.", place);
    }

    private Symbol.Reference ParseGroup(string rule)
    {
        var place = _at++;
        if (++_depth > DeepestGroup) throw Wrong($"more than {DeepestGroup} groups inside of each other.", place);
        SkipSpace(lines: true);
        var group = Add(rule, place, ParseAlternatives(rule, isGroup: true));
        if (Next != ')') throw _at < _text.Length ? Wrong($"unexpected '{Shown()}' in a group.") : Wrong("this group has no end.", place);
        _at++;
        _depth--;
        return group;
    }

    /// <summary>
    /// Replaces the last item by its repetition: as often as is asked, then rules of which each is one more or nothing.
    /// </summary>
    private void Repeat(List<Symbol> sequence, int last, string rule, bool isGroup)
    {
        var place = _at;
        var (least, most) = ParseRepetition(isGroup);
        if (last == sequence.Count) throw Wrong("nothing stands before this repetition.", place);
        var item = last == sequence.Count - 1 ? sequence[last] : Add(rule, place, [[.. sequence[last..]]]);
        sequence.RemoveRange(last, sequence.Count - last);
        Count(least + ((most ?? least) - least) * 2);
        sequence.AddRange(Enumerable.Repeat(item, least));
        if (most is null) sequence.Add(AnyNumber(item, rule, place));
        else if (AtMost(item, most.Value - least, rule, place) is { } more) sequence.Add(more);
        SkipSpace(isGroup);
    }

    private Symbol.Reference AnyNumber(Symbol item, string rule, int place)
    {
        var repeated = Add(rule, place, []);
        _rules[repeated.Rule].Alternatives = [[item, repeated], []];
        return repeated;
    }

    private Symbol.Reference? AtMost(Symbol item, int most, string rule, int place)
    {
        Symbol.Reference? rest = null;
        for (var i = 0; i < most; i++) rest = Add(rule, place, [rest is null ? [item] : [item, rest], []]);
        return rest;
    }

    private (int Least, int? Most) ParseRepetition(bool isGroup)
    {
        switch (_text[_at++])
        {
            case '*': return (0, null);
            case '+': return (1, null);
            case '?': return (0, 1);
            default: return ParseBounds(isGroup);
        }
    }

    private (int Least, int? Most) ParseBounds(bool isGroup)
    {
        var place = _at - 1;
        SkipSpace(isGroup);
        var least = ParseNumber() ?? throw Wrong("expected a number after '{'.");
        SkipSpace(isGroup);
        int? most = least;
        if (Next == ',')
        {
            _at++;
            SkipSpace(isGroup);
            most = ParseNumber();
            SkipSpace(isGroup);
        }

        if (Next != '}') throw Wrong("expected '}' after the numbers of a repetition.");
        _at++;
        return most < least ? throw Wrong("a repetition's greater number comes second.", place) : (least, most);
    }

    private int? ParseNumber()
    {
        var place = _at;
        while (char.IsAsciiDigit(Next)) _at++;
        if (_at == place) return null;
        return int.TryParse(_text.AsSpan(place, _at - place), CultureInfo.InvariantCulture, out var number) && number <= MostRepetitions
            ? number
            : throw Wrong($"at most {MostRepetitions} repetitions can be asked for.", place);
    }

    private string ParseName()
    {
        var place = _at;
        while (IsNameCharacter(Next)) _at++;
        return _at > place ? _text[place.._at] : throw Wrong($"expected a rule's name (letters, digits and '-'), found '{Shown()}'.");
    }

    private int Number(string name, int place)
    {
        if (_numbers.TryGetValue(name, out var number)) return number;
        _rules.Add(new GrammarRule(name, place));
        return _numbers[name] = _rules.Count - 1;
    }

    private Symbol.Reference Add(string rule, int place, IReadOnlyList<Symbol[]> alternatives)
    {
        _rules.Add(new GrammarRule(rule, place) { Alternatives = alternatives });
        return new Symbol.Reference(_rules.Count - 1, place);
    }

    private void Count(int symbols)
    {
        _symbols += symbols;
        if (_symbols > MostSymbols) throw Wrong($"the grammar has more than {MostSymbols} symbols once its repetitions are written out.");
    }

    private void SkipSpace(bool lines)
    {
        for (; Next is ' ' or '\t' or '#' || (lines && Next is '\r' or '\n'); _at++)
            if (Next == '#') while (_at + 1 < _text.Length && _text[_at + 1] is not ('\r' or '\n')) _at++;
    }

    private string Shown() => _at >= _text.Length ? "the end" : Rune.TryGetRuneAt(_text, _at, out var rune) ? rune.ToString() : "half of a surrogate pair";

    private GrammarFormatException Wrong(string message, int? place = null) => GrammarFormatException.At(_text, place ?? _at, message);

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character == '-';
}
