using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>Reads the schemas of a document; a keyword that is not known is refused.</summary>
internal sealed class SchemaReader(JsonElement document)
{
    private const int Deepest = 200;

    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions", "deprecated", "readOnly", "writeOnly",
    };

    private static readonly Dictionary<string, JsonTypes> TypeNames = new(StringComparer.Ordinal)
    {
        ["null"] = JsonTypes.Null,
        ["boolean"] = JsonTypes.Boolean,
        ["integer"] = JsonTypes.Integer,
        ["number"] = JsonTypes.Number,
        ["string"] = JsonTypes.String,
        ["array"] = JsonTypes.Array,
        ["object"] = JsonTypes.Object,
    };

    private readonly Dictionary<string, Shape> _read = new(StringComparer.Ordinal);

    /// <summary>The schema at a pointer.</summary>
    /// <param name="pointer">The pointer, in the document.</param>
    /// <param name="from">Where it is referred to.</param>
    public Shape At(string pointer, string from)
    {
        if (_read.TryGetValue(pointer, out var known)) return known;
        return _read[pointer] = Read(Find(pointer, from), pointer, 0);
    }

    private JsonElement Find(string pointer, string from)
    {
        var found = document;
        foreach (var part in pointer.Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
            found = Step(found, part) ?? throw new SchemaNotSupportedException(from, $"'$ref' is to '#{pointer}', which is not there.");
        return found;
    }

    private static JsonElement? Step(JsonElement at, string part) => at.ValueKind switch
    {
        JsonValueKind.Object when at.TryGetProperty(part, out var member) => member,
        JsonValueKind.Array when int.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out var index) && index >= 0 && index < at.GetArrayLength() => at[index],
        _ => null,
    };

    private Shape Read(JsonElement schema, string pointer, int depth)
    {
        if (depth > Deepest) throw new SchemaNotSupportedException(pointer, $"schemas more than {Deepest} deep inside of each other.");
        switch (schema.ValueKind)
        {
            case JsonValueKind.True: return Shape.Anything(pointer);
            case JsonValueKind.False: return Shape.Nothing(pointer);
            case JsonValueKind.Object: break;
            default: throw new SchemaNotSupportedException(pointer, "a schema must be an object, true or false.");
        }

        var keywords = schema.EnumerateObject().Where(keyword => !Annotations.Contains(keyword.Name)).ToList();
        var shape = Shape.Anything(pointer);
        foreach (var keyword in keywords) shape = With(shape, keyword, $"{pointer}/{Escaped(keyword.Name)}", depth + 1);
        if (keywords is [{ Name: "allOf" }] && shape.All is [var only]) return only;
        return keywords.Exists(keyword => keyword is { Name: "nullable", Value.ValueKind: JsonValueKind.True }) ? OrNull(shape) : shape;
    }

    /// <summary>OpenAPI's nullable: null beside what the type says.</summary>
    private static Shape OrNull(Shape shape) => shape.Types is { } types
        ? shape with { Types = types | JsonTypes.Null }
        : throw new SchemaNotSupportedException(shape.Pointer, "'nullable' needs a 'type' beside it.");

    private Shape With(Shape shape, JsonProperty keyword, string pointer, int depth)
    {
        var value = keyword.Value;
        return keyword.Name switch
        {
            "type" => shape with { Types = Types(value, pointer) },
            "nullable" => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? shape : throw Wrong("true or false"),
            "enum" => shape with { Values = Common(shape.Values, [.. Elements(value, pointer, "an array").Select(element => element.Clone())]) },
            "const" => shape with { Values = Common(shape.Values, [value.Clone()]) },
            "minimum" => shape with { Least = Greater(shape.Least, new NumberBound(Number(value, pointer), false)) },
            "exclusiveMinimum" => shape with { Least = Greater(shape.Least, new NumberBound(Number(value, pointer), true)) },
            "maximum" => shape with { Greatest = Less(shape.Greatest, new NumberBound(Number(value, pointer), false)) },
            "exclusiveMaximum" => shape with { Greatest = Less(shape.Greatest, new NumberBound(Number(value, pointer), true)) },
            "minLength" => shape with { MinLength = Count(value, pointer) },
            "maxLength" => shape with { MaxLength = Count(value, pointer) },
            "pattern" => shape with { Pattern = Text(value, pointer) },
            "format" => shape with { Format = Text(value, pointer) },
            "properties" => shape with { Properties = Properties(value, pointer, depth) },
            "required" => shape with { Required = [.. Elements(value, pointer, "an array of strings").Select(element => Text(element, pointer)).Distinct()] },
            "additionalProperties" => shape with { Additional = Read(value, pointer, depth) },
            "prefixItems" => shape with { Prefix = Schemas(value, pointer, depth) },
            "items" when value.ValueKind == JsonValueKind.Array => throw new SchemaNotSupportedException(pointer, "'items' as an array is of an older draft; write 'prefixItems'."),
            "items" => shape with { Items = Read(value, pointer, depth) },
            "minItems" => shape with { MinItems = Count(value, pointer) },
            "maxItems" => shape with { MaxItems = Count(value, pointer) },
            "anyOf" => shape with { Choices = [.. shape.Choices, new Choice(Schemas(value, pointer, depth), false, pointer)] },
            "oneOf" => shape with { Choices = [.. shape.Choices, new Choice(Schemas(value, pointer, depth), true, pointer)] },
            "allOf" => shape with { All = [.. shape.All, .. Schemas(value, pointer, depth)] },
            "$ref" => shape with { Reference = Reference(Text(value, pointer), pointer) },
            _ => throw new SchemaNotSupportedException(pointer, $"the keyword '{keyword.Name}' cannot be honoured."),
        };

        SchemaNotSupportedException Wrong(string what) => new(pointer, $"'{keyword.Name}' must be {what}.");
    }

    private static JsonTypes Types(JsonElement value, string pointer)
    {
        if (value.ValueKind == JsonValueKind.String) return Type(value, pointer);
        return Elements(value, pointer, "a type's name or an array of them").Aggregate(JsonTypes.None, (types, name) => types | Type(name, pointer));
    }

    private static JsonTypes Type(JsonElement name, string pointer) => TypeNames.TryGetValue(Text(name, pointer), out var type)
        ? type
        : throw new SchemaNotSupportedException(pointer, $"there is no type '{name.GetString()}'.");

    private OrderedDictionary<string, Shape> Properties(JsonElement value, string pointer, int depth)
    {
        if (value.ValueKind != JsonValueKind.Object) throw new SchemaNotSupportedException(pointer, "this must be an object.");
        var properties = new OrderedDictionary<string, Shape>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject()) properties[member.Name] = Read(member.Value, $"{pointer}/{Escaped(member.Name)}", depth);
        return properties;
    }

    private List<Shape> Schemas(JsonElement value, string pointer, int depth)
    {
        var schemas = Elements(value, pointer, "an array of schemas").Select((element, index) => Read(element, $"{pointer}/{index}", depth)).ToList();
        return schemas.Count > 0 ? schemas : throw new SchemaNotSupportedException(pointer, "this must have at least one schema.");
    }

    private static string Reference(string reference, string pointer) => reference switch
    {
        "#" => "",
        _ when reference.StartsWith("#/", StringComparison.Ordinal) => Uri.UnescapeDataString(reference[1..]),
        _ => throw new SchemaNotSupportedException(pointer, $"only references inside of the schema ('#/…') are followed, not '{reference}'."),
    };

    private static JsonElement.ArrayEnumerator Elements(JsonElement value, string pointer, string what) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw new SchemaNotSupportedException(pointer, $"this must be {what}.");

    private static string Text(JsonElement value, string pointer) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new SchemaNotSupportedException(pointer, "this must be a string.");

    private static decimal Number(JsonElement value, string pointer) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && Math.Abs(number) < 1e20m
            ? number
            : throw new SchemaNotSupportedException(pointer, "this must be a number below 1e20.");

    private static int Count(JsonElement value, string pointer) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number is >= 0 and <= 100_000 && number == decimal.Truncate(number)
            ? (int)number
            : throw new SchemaNotSupportedException(pointer, "this must be a whole number from 0 to 100,000.");

    private static IReadOnlyList<JsonElement> Common(IReadOnlyList<JsonElement>? one, IReadOnlyList<JsonElement> two) => Intersection.Common(one, two)!;

    private static NumberBound Greater(NumberBound? one, NumberBound two) => Intersection.Greater(one, two)!.Value;

    private static NumberBound Less(NumberBound? one, NumberBound two) => Intersection.Less(one, two)!.Value;

    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
