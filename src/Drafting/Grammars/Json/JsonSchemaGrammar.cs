using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>Writes a JSON Schema as a grammar: every text of it is JSON that the schema finds valid.</summary>
internal sealed class JsonSchemaGrammar
{
    private readonly SchemaReader _reader;
    private readonly StringBuilder _rules = new();
    private readonly Dictionary<string, string?> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _common = new(StringComparer.Ordinal);
    private readonly HashSet<string> _flattening = new(StringComparer.Ordinal);

    private JsonSchemaGrammar(JsonElement schema) => _reader = new SchemaReader(schema);

    /// <summary>The grammar of any JSON value.</summary>
    public static string WriteAny() => $"root ::= value\n{JsonRules.Write(["value"])}";

    /// <summary>The grammar of a schema.</summary>
    /// <exception cref="SchemaNotSupportedException">Something in it cannot be honoured.</exception>
    public static string Write(JsonElement schema)
    {
        try
        {
            var writer = new JsonSchemaGrammar(schema);
            var root = writer.Rule(writer._reader.At("", "")) ?? throw new SchemaNotSupportedException("", "no value is valid.");
            return $"root ::= {root}\n{writer._rules}{JsonRules.Write(writer._common)}";
        }
        catch (InvalidOperationException wrong)
        {
            throw new SchemaNotSupportedException($"A string of the JSON Schema is no text: {wrong.Message}", wrong);
        }
    }

    /// <summary>Reads the grammar of a schema.</summary>
    /// <exception cref="SchemaNotSupportedException">No value of the schema has an end, or none could be written.</exception>
    public static Grammar Parse(string grammar)
    {
        try
        {
            return GbnfParser.Parse(grammar, "root");
        }
        catch (GrammarFormatException wrong)
        {
            throw new SchemaNotSupportedException("", $"its values have no end, or it is too large: {wrong.Message}");
        }
    }

    /// <summary>The name of the rule for a schema, written when it is first asked for; <see langword="null"/> where no value is valid.</summary>
    private string? Rule(Shape shape)
    {
        if (shape is { Reference: { } reference, All.Count: 0 } && shape with { Reference = null } == Shape.Anything(shape.Pointer)) shape = _reader.At(reference, shape.Place);
        if (_names.TryGetValue(shape.Pointer, out var known)) return known;
        var name = _names[shape.Pointer] = Name(shape.Pointer);
        if (Body(Flat(shape), name) is not { } body) return _names[shape.Pointer] = null;
        _rules.Append(CultureInfo.InvariantCulture, $"{name} ::= {body}\n");
        return name;
    }

    /// <summary>A rule's name: a number, and the last part of the pointer for people who read the grammar.</summary>
    private string Name(string pointer)
    {
        var last = new string([.. pointer[(pointer.LastIndexOf('/') + 1)..].Where(char.IsAsciiLetterOrDigit).Take(20)]);
        return $"s{_names.Count}{(last.Length > 0 ? "-" : "")}{last}";
    }

    private string Common(string name)
    {
        _common.Add(name);
        return name;
    }

    /// <summary>A schema without references to others that must hold too.</summary>
    private Shape Flat(Shape shape)
    {
        if (shape.Reference is null && shape.All.Count == 0) return shape;
        if (!_flattening.Add(shape.Pointer)) throw new SchemaNotSupportedException(shape.Place, "this refers to itself without anything between.");
        var flat = shape with { Reference = null, All = [] };
        if (shape.Reference is { } reference) flat = Intersection.Of(flat, Flat(_reader.At(reference, shape.Place)));
        foreach (var other in shape.All) flat = Intersection.Of(flat, Flat(other));
        _flattening.Remove(shape.Pointer);
        return flat with { Pointer = shape.Pointer };
    }

    private string? Body(Shape shape, string name)
    {
        if (shape.Choices is [var choice, ..]) return Chosen(shape with { Choices = [.. shape.Choices.Skip(1)] }, choice);
        if (shape.Values is { } values) return GbnfText.Any(values.Where(value => Fits(shape, value)).Select(value => GbnfText.Literal(GbnfText.Json(value))));
        if (shape.Written == JsonTypes.All && shape is { Types: null }) return Common("value");
        return GbnfText.Any(Enum.GetValues<JsonTypes>().Where(type => type != JsonTypes.Fraction && int.IsPow2((int)type) && shape.Written.HasFlag(type)).Select(type => OfType(type, shape, name)));
    }

    /// <summary>One of several schemas, each with what holds beside them.</summary>
    private string? Chosen(Shape beside, Choice choice)
    {
        var options = choice.Options.Select(option => Flat(Shape.Both(beside with { Pointer = Shape.Joined(beside.Pointer, choice.Pointer) }, option))).ToList();
        if (choice.ExactlyOne) CheckApart(options, choice.Pointer);
        return GbnfText.Any(options.Select(Rule));
    }

    private void CheckApart(List<Shape> options, string pointer)
    {
        for (var one = 0; one < options.Count; one++)
            for (var two = 0; two < one; two++)
                if (!AreApart(options[one], options[two]))
                    throw new SchemaNotSupportedException(pointer, $"a value may be valid by both schemas {two} and {one}; let them differ in type or in a required property's 'const', or write 'anyOf'.");
    }

    /// <summary>Whether no value can be valid by both: by its type, its enumerated values, or a required property.</summary>
    private bool AreApart(Shape one, Shape two)
    {
        var types = one.Possible & two.Possible;
        if (types == JsonTypes.None) return true;
        if (one.Values is not null && two.Values is not null) return Intersection.Common(one.Values, two.Values)!.Count == 0;
        return types == JsonTypes.Object && (one.Required.Any(name => DiffersIn(name, one, two)) || two.Required.Any(name => DiffersIn(name, two, one)));
    }

    private bool DiffersIn(string name, Shape one, Shape two)
    {
        if (two.Properties?.GetValueOrDefault(name) is not { } other) return two.Additional is { Types: JsonTypes.None };
        return two.Required.Contains(name) && one.Properties?.GetValueOrDefault(name) is { } own && AreApart(Flat(own), Flat(other));
    }

    /// <summary>Whether an enumerated value fits the keywords beside it.</summary>
    private static bool Fits(Shape shape, JsonElement value)
    {
        var type = Shape.TypeOf(value);
        if (((shape.Types ?? JsonTypes.All) & type) == 0) return false;
        if (type == JsonTypes.String ? (shape.Pattern ?? shape.Format) is not null : type is JsonTypes.Object or JsonTypes.Array && shape.About.HasFlag(type))
            throw new SchemaNotSupportedException(shape.Place, "'enum' or 'const' beside keywords that would have to be checked against its values; leave out what does not fit yourself.");
        return type switch
        {
            JsonTypes.String => value.GetString()!.EnumerateRunes().Count() is var length && !(length < shape.MinLength) && !(length > shape.MaxLength),
            JsonTypes.Integer or JsonTypes.Fraction => value.TryGetDecimal(out var number) ? Fits(shape, number) : throw new SchemaNotSupportedException(shape.Place, $"the number {value.GetRawText()} is too large."),
            _ => true,
        };
    }

    private static bool Fits(Shape shape, decimal number) =>
        !(number < shape.Least?.Value || (number == shape.Least?.Value && shape.Least.Value.IsExclusive) || number > shape.Greatest?.Value || (number == shape.Greatest?.Value && shape.Greatest.Value.IsExclusive));

    private string? OfType(JsonTypes type, Shape shape, string name) => type switch
    {
        JsonTypes.Null => Common("null"),
        JsonTypes.Boolean => Common("boolean"),
        JsonTypes.Integer => Number(shape),
        JsonTypes.String => String(shape),
        JsonTypes.Array => new ArrayRules(this, shape).Write(),
        JsonTypes.Object => new ObjectRules(this, shape).Write(name),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This is no single type."),
    };

    private string? Number(Shape shape)
    {
        var isWhole = !shape.Written.HasFlag(JsonTypes.Fraction);
        if (shape.Least is null && shape.Greatest is null) return Common(isWhole ? "integer" : "number");
        return isWhole ? NumberRange.Whole(shape.Least, shape.Greatest) : NumberRange.Any(shape.Least, shape.Greatest);
    }

    private string? String(Shape shape)
    {
        var hasLength = shape.MinLength is > 0 || shape.MaxLength is not null;
        if (hasLength && (shape.Pattern ?? shape.Format) is not null || shape is { Pattern: not null, Format: not null })
            throw new SchemaNotSupportedException(shape.Place, "only one of 'pattern', 'format' and 'minLength' with 'maxLength' can be honoured.");
        if (shape.Format is { } format) return $"\"\\\"\" {Common(Known(format, shape.Place))} \"\\\"\"";
        if (shape.Pattern is { } pattern) return Checked($"\"\\\"\" {PatternGrammar.Write(pattern, $"{shape.Place}/pattern", Common("char"))} \"\\\"\"", shape.Place);
        if (shape.MaxLength < shape.MinLength) return null;
        return hasLength ? $"\"\\\"\" {GbnfText.Times(Common("char"), shape.MinLength ?? 0, shape.MaxLength)} \"\\\"\"" : Common("string");
    }

    private static string Known(string format, string pointer) => JsonRules.Formats.Contains(format)
        ? format
        : throw new SchemaNotSupportedException($"{pointer}/format", $"the format '{format}' cannot be honoured; {string.Join(", ", JsonRules.Formats)} can.");

    private static string Checked(string pattern, string pointer)
    {
        try
        {
            GbnfParser.Parse($"root ::= {pattern}\n{JsonRules.Write(["char"])}", "root");
            return pattern;
        }
        catch (GrammarFormatException wrong)
        {
            throw new SchemaNotSupportedException($"{pointer}/pattern", $"the pattern repeats what may be empty, or is too large: {wrong.Message}");
        }
    }

    /// <summary>Writes arrays: what may come after so many items.</summary>
    private sealed class ArrayRules(JsonSchemaGrammar grammar, Shape shape)
    {
        private readonly int _least = shape.MinItems ?? 0;

        public string? Write()
        {
            var prefix = (shape.Prefix ?? []).Select(grammar.Rule).TakeWhile(item => item is not null).ToList();
            var further = prefix.Count < shape.Prefix?.Count ? null : shape.Items is { } items ? grammar.Rule(items) : grammar.Common("value");
            var most = further is null ? Math.Min(shape.MaxItems ?? int.MaxValue, prefix.Count) : shape.MaxItems;
            if (most < _least) return null;
            prefix = [.. prefix.Take(most ?? prefix.Count)];
            if (most == 0) return $"\"[\" {grammar.Common("ws")} \"]\"";
            var first = prefix.Count > 0 ? prefix[0]! : further!;
            var all = $"{first} {After(1, prefix, further, most)} ws";
            return $"\"[\" {grammar.Common("ws")} {(_least == 0 ? $"({all})?" : all)} \"]\"";
        }

        /// <summary>What may follow so many items.</summary>
        private string After(int count, List<string?> prefix, string? further, int? most)
        {
            if (count == most) return "";
            if (count >= prefix.Count) return GbnfText.Times($"(ws \",\" ws {further})", Math.Max(0, _least - count), most - count);
            var next = $"ws \",\" ws {prefix[count]} {After(count + 1, prefix, further, most)}".TrimEnd();
            return count >= _least ? $"({next})?" : next;
        }
    }

    /// <summary>Writes objects: properties in the order of the schema, those that are not required or left out.</summary>
    private sealed class ObjectRules(JsonSchemaGrammar grammar, Shape shape)
    {
        private readonly List<(string Name, string Member, bool IsRequired)> _members = [];

        public string? Write(string name)
        {
            var names = shape.Properties?.Keys.Union(shape.Required).ToList() ?? [.. shape.Required];
            foreach (var property in names)
                if (!Add(property)) return null;
            var further = Further(names, name);
            return $"\"{{\" {grammar.Common("ws")} {Chain(name, further)} ws \"}}\"";
        }

        /// <summary>Adds a property; false where one is required that cannot be.</summary>
        private bool Add(string property)
        {
            var isRequired = shape.Required.Contains(property);
            var value = shape.Properties?.GetValueOrDefault(property) ?? shape.Additional ?? Shape.Anything($"{shape.Pointer}/{property}");
            if (grammar.Rule(value) is not { } rule) return !isRequired;
            _members.Add((property, $"{GbnfText.Literal(GbnfText.JsonString(property))} {grammar.Common("ws")} \":\" ws {rule}", isRequired));
            return true;
        }

        /// <summary>A member that the schema does not name; none where it names some and does not ask for others.</summary>
        private string? Further(List<string> names, string name)
        {
            if (shape.Additional is null && shape.Properties is not null) return null;
            if ((shape.Additional is null ? grammar.Common("value") : grammar.Rule(shape.Additional)) is not { } value) return null;
            var key = names.Count == 0 ? grammar.Common("string") : Other(names, 0, $"{name}-key");
            return $"{key} ws \":\" ws {value}";
        }

        /// <summary>Rules from the last member to the first: what may come where others were written already, and where none was.</summary>
        private string Chain(string name, string? further)
        {
            var more = further is null ? "" : $"(ws \",\" ws {further})*";
            var first = further is null ? "" : $"({further} {more})?";
            for (var place = _members.Count - 1; place >= 0; place--)
            {
                var (_, member, isRequired) = _members[place];
                first = Put($"{name}-f{place}", $"{member} {more}".TrimEnd(), isRequired ? null : first);
                more = Put($"{name}-m{place}", $"ws \",\" ws {member} {more}".TrimEnd(), isRequired ? null : more);
            }

            return first;
        }

        private string Put(string rule, string with, string? without)
        {
            grammar._rules.Append(CultureInfo.InvariantCulture, $"{rule} ::= {with}{without switch { null => "", "" => " | \"\"", _ => $" | {without}" }}\n");
            return rule;
        }

        /// <summary>The rest of a key that is none of some names, whose beginnings are equal up to a place; without escapes, so that none is hidden.</summary>
        private string Other(List<string> names, int at, string rule)
        {
            var next = names.Where(name => name.Length > at).GroupBy(name => char.ConvertToUtf32(name, at)).ToList();
            var options = new List<string?> { names.Exists(name => name.Length == at) ? null : "\"\\\"\"" };
            var raw = next.Where(group => GbnfText.JsonCharacter(group.Key)[0] != '\\').ToList();
            foreach (var (place, group) in raw.Index())
            {
                var rest = Other([.. group], at + new Rune(group.Key).Utf16SequenceLength, $"{rule}-{place}");
                options.Add($"{GbnfText.Class(CharacterSet.Of(group.Key))} {rest}");
            }

            var others = CharacterSet.Of(raw.Select(group => (group.Key, group.Key))).Union(CharacterSet.Of((1, 0x1F), ('"', '"'), ('\\', '\\'))).Complement();
            options.Add($"{GbnfText.Class(others)} {grammar.Common("plain")}* \"\\\"\"");
            return at == 0 ? Put(rule, $"\"\\\"\" {GbnfText.Any(options)}", null) : Put(rule, GbnfText.Any(options)!, null);
        }
    }
}
