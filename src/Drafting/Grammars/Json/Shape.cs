using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>The types that JSON Schema names; a number that is no integer is one of its own.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    String = 16,
    Array = 32,
    Object = 64,
    Number = Integer | Fraction,
    All = Null | Boolean | Number | String | Array | Object,
}

/// <summary>A least or greatest number.</summary>
internal readonly record struct NumberBound(decimal Value, bool IsExclusive);

/// <summary>Schemas of which one must hold.</summary>
/// <param name="Options">The schemas.</param>
/// <param name="ExactlyOne">Whether no second one may.</param>
/// <param name="Pointer">Where it stands.</param>
internal sealed record Choice(IReadOnlyList<Shape> Options, bool ExactlyOne, string Pointer);

/// <summary>What one schema says, or several that must all hold.</summary>
internal sealed record Shape
{
    private const char Separator = '\0';

    /// <summary>Where it stands in the document, as a JSON Pointer; several, joined, where several must hold. Equal ones say the same.</summary>
    public required string Pointer { get; init; }

    /// <summary>Where it stands, for people: the first of several places.</summary>
    public string Place => Pointer.Split(Separator)[0];

    /// <summary>The types named, <see langword="null"/> where none is.</summary>
    public JsonTypes? Types { get; init; }

    public IReadOnlyList<JsonElement>? Values { get; init; }

    public NumberBound? Least { get; init; }

    public NumberBound? Greatest { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    public string? Pattern { get; init; }

    public string? Format { get; init; }

    public OrderedDictionary<string, Shape>? Properties { get; init; }

    public IReadOnlyList<string> Required { get; init; } = [];

    public Shape? Additional { get; init; }

    public IReadOnlyList<Shape>? Prefix { get; init; }

    public Shape? Items { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    /// <summary>Each of these must be met.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>Each of these must hold too.</summary>
    public IReadOnlyList<Shape> All { get; init; } = [];

    /// <summary>The pointer of another schema that must hold too.</summary>
    public string? Reference { get; init; }

    /// <summary>What any value fits.</summary>
    public static Shape Anything(string pointer) => new() { Pointer = pointer };

    /// <summary>What no value fits.</summary>
    public static Shape Nothing(string pointer) => new() { Pointer = pointer, Types = JsonTypes.None };

    /// <summary>Two schemas that must both hold.</summary>
    public static Shape Both(Shape one, Shape two) =>
        one.Pointer == two.Pointer ? one : new() { Pointer = Joined(one.Pointer, two.Pointer), All = [one, two] };

    /// <summary>The pointers of two, joined: the same for the same schemas in any order.</summary>
    public static string Joined(string one, string two) => string.Join(Separator, one.Split(Separator).Union(two.Split(Separator)).Order(StringComparer.Ordinal));

    /// <summary>The types that a value which fits can have.</summary>
    public JsonTypes Possible => (Types ?? JsonTypes.All) & (Values is null ? JsonTypes.All : Values.Aggregate(JsonTypes.None, (types, value) => types | TypeOf(value)));

    /// <summary>The types to write: those named; else those that a keyword is about; else all.</summary>
    public JsonTypes Written => Types ?? (About is JsonTypes.None ? JsonTypes.All : About);

    /// <summary>The types that keywords beside "type" and "enum" are about.</summary>
    public JsonTypes About =>
        (Least is null && Greatest is null ? JsonTypes.None : JsonTypes.Number)
        | (MinLength is null && MaxLength is null && Pattern is null && Format is null ? JsonTypes.None : JsonTypes.String)
        | (Prefix is null && Items is null && MinItems is null && MaxItems is null ? JsonTypes.None : JsonTypes.Array)
        | (Properties is null && Additional is null && Required.Count == 0 ? JsonTypes.None : JsonTypes.Object);

    public static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        _ => value.TryGetDecimal(out var number) && number == decimal.Truncate(number) ? JsonTypes.Integer : JsonTypes.Fraction,
    };
}
