using System.Buffers;
using System.Globalization;

namespace HybridGen.Drafting;

/// <summary>A regular expression of JSON Schema as the inside of a JSON string.</summary>
/// <remarks>
/// The subset that ECMA-262 and .NET read alike: characters, classes, groups, alternatives, repetitions; ^ and $ only at the ends of the
/// whole or of its alternatives. What letters stand for (\d, \w, \s and their opposites) is written in ASCII, all else in characters up to
/// U+FFFF: about the others the two do not agree.
/// </remarks>
internal sealed class PatternGrammar
{
    private static readonly SearchValues<char> BoundCharacters = SearchValues.Create("0123456789,");
    private static readonly CharacterSet Plane = CharacterSet.Of((1, 0xFFFF));
    private static readonly CharacterSet Ascii = CharacterSet.Of((1, 0x7F));
    private static readonly CharacterSet Raw = CharacterSet.Of(((int)'"', (int)'"'), ('\\', '\\'), (0, 0x1F)).Complement();
    private static readonly CharacterSet Digits = CharacterSet.Of(('0', '9'));
    private static readonly CharacterSet Words = CharacterSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    private static readonly CharacterSet Spaces = CharacterSet.Of(('\t', '\r'), (' ', ' '));
    private static readonly CharacterSet Dots = Plane.Intersect(CharacterSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Complement());

    private readonly string _pattern;
    private readonly string _pointer;
    private readonly string _free;
    private int _at;
    private int _depth;

    private PatternGrammar(string pattern, string pointer, string free) => (_pattern, _pointer, _free) = (pattern, pointer, free);

    private char Next => _at < _pattern.Length ? _pattern[_at] : '\0';

    /// <summary>Translates an expression.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="pointer">Where it stands.</param>
    /// <param name="free">The name of the rule for any character of a JSON string.</param>
    public static string Write(string pattern, string pointer, string free)
    {
        var writer = new PatternGrammar(pattern, pointer, free);
        var options = new List<string?> { writer.Anchored() };
        while (writer.Take('|')) options.Add(writer.Anchored());
        if (writer._at < pattern.Length) throw writer.Refused($"'{writer.Next}' at {writer._at} cannot be honoured there.");
        return GbnfText.Any(options)!;
    }

    /// <summary>An alternative of the whole, and what may stand around it.</summary>
    private string Anchored()
    {
        var before = Take('^') ? "" : $"{_free}* ";
        var inside = Sequence();
        return $"{before}{inside}{(Take('$') ? "" : $" {_free}*")}".Trim() is { Length: > 0 } some ? some : "\"\"";
    }

    private string Sequence()
    {
        var parts = new List<string>();
        while (_at < _pattern.Length && Next is not ('|' or ')' or '$')) parts.Add(Repeated(Atom()));
        return string.Join(' ', parts);
    }

    private string Atom() => _pattern[_at++] switch
    {
        '.' => Characters(Dots),
        '[' => Characters(Class()),
        '(' => Group(),
        '\\' => Characters(Escape()),
        var other and ('^' or '*' or '+' or '?' or '{' or '}' or ']') => throw Refused($"'{other}' at {_at - 1} cannot be honoured there."),
        var other when char.IsSurrogate(other) => throw Refused("characters beyond U+FFFF cannot be honoured."),
        var other => Characters(CharacterSet.Of(other)),
    };

    private string Group()
    {
        if (++_depth > 50) throw Refused("groups more than 50 deep inside of each other.");
        if (Take('?') && !Take(':')) throw Refused("of the groups that begin with '(?' only '(?:' can be honoured.");
        var options = new List<string> { Sequence() };
        while (Take('|')) options.Add(Sequence());
        if (!Take(')')) throw Refused("a group has no end, or has '$' inside of it.");
        _depth--;
        return $"({string.Join(" | ", options)})";
    }

    private string Repeated(string atom)
    {
        var times = Next switch { '*' or '+' or '?' => _pattern[_at++].ToString(), '{' => Bounds(), _ => "" };
        // Lazy or not, the texts are the same.
        if (times.Length > 0) Take('?');
        return atom + times;
    }

    private string Bounds()
    {
        var end = _pattern.IndexOf('}', _at);
        var times = end < 0 ? "" : _pattern[_at..(end + 1)];
        if (times.Length < 3 || !char.IsAsciiDigit(times[1]) || times.AsSpan(1, times.Length - 2).ContainsAnyExcept(BoundCharacters) || times.AsSpan().Count(',') > 1)
            throw Refused($"the repetition at {_at} cannot be honoured.");
        _at = end + 1;
        return times == "{0}" || times == "{0,0}" ? throw Refused("a repetition of no times cannot be honoured.") : times;
    }

    private CharacterSet Class()
    {
        var isNegated = Take('^');
        var (set, hasLetters, isEmpty) = (CharacterSet.Of([]), false, true);
        for (; !Take(']'); isEmpty = false)
        {
            var (part, isLetter) = ClassPart();
            hasLetters |= isLetter;
            if (!isLetter && Next == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] != ']') part = Range(part);
            set = set.Union(part);
        }

        if (isEmpty) throw Refused("an empty class cannot be honoured.");
        return isNegated ? (hasLetters ? Ascii : Plane).Intersect(set.Complement()) : set;
    }

    private CharacterSet Range(CharacterSet first)
    {
        _at++;
        var (last, isLetter) = ClassPart();
        if (isLetter || last.Ranges[0].First < first.Ranges[0].First) throw Refused("a range in a class cannot be honoured.");
        return CharacterSet.Of((first.Ranges[0].First, last.Ranges[0].First));
    }

    private (CharacterSet Set, bool IsLetter) ClassPart()
    {
        if (_at >= _pattern.Length) throw Refused("a class has no end.");
        var next = _pattern[_at++];
        if (next == '\\') return (Escape(), "dDwWsS".Contains(_pattern[_at - 1], StringComparison.Ordinal) && _pattern[_at - 2] == '\\');
        if (next == '[') throw Refused("'[' inside of a class must be written '\\['.");
        return char.IsSurrogate(next) ? throw Refused("characters beyond U+FFFF cannot be honoured.") : (CharacterSet.Of(next), false);
    }

    private CharacterSet Escape()
    {
        if (_at >= _pattern.Length) throw Refused("a backslash at the end.");
        return _pattern[_at++] switch
        {
            'd' => Digits,
            'w' => Words,
            's' => Spaces,
            'D' => Ascii.Intersect(Digits.Complement()),
            'W' => Ascii.Intersect(Words.Complement()),
            'S' => Ascii.Intersect(Spaces.Complement()),
            't' => CharacterSet.Of('\t'),
            'n' => CharacterSet.Of('\n'),
            'r' => CharacterSet.Of('\r'),
            'f' => CharacterSet.Of('\f'),
            'v' => CharacterSet.Of('\v'),
            'x' => Hexadecimal(2),
            'u' => Hexadecimal(4),
            var other when char.IsAscii(other) && !char.IsAsciiLetterOrDigit(other) && other != '_' => CharacterSet.Of(other),
            var other => throw Refused($"'\\{other}' cannot be honoured."),
        };
    }

    private CharacterSet Hexadecimal(int digits)
    {
        if (_at + digits > _pattern.Length || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is 0 or (>= 0xD800 and <= 0xDFFF))
            throw Refused("an escape by number cannot be honoured.");
        _at += digits;
        return CharacterSet.Of(value);
    }

    /// <summary>One character of a set as a JSON string has it.</summary>
    private string Characters(CharacterSet set)
    {
        var (raw, options) = (set.Intersect(Raw), new List<string?>());
        if (!raw.IsEmpty) options.Add(GbnfText.Class(raw));
        for (var character = 1; character <= '\\'; character++)
            if (set.Contains(character) && !Raw.Contains(character)) options.Add(GbnfText.Literal(GbnfText.JsonCharacter(character)));
        return GbnfText.Any(options) ?? throw Refused("a class holds no character.");
    }

    private bool Take(char character)
    {
        if (Next != character || _at >= _pattern.Length) return false;
        _at++;
        return true;
    }

    private SchemaNotSupportedException Refused(string why) => new(_pointer, $"of the pattern '{_pattern}', {why}");
}
