using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>One schema that says what two say.</summary>
internal static class Intersection
{
    /// <summary>Joins two schemas that refer to no others.</summary>
    /// <exception cref="SchemaNotSupportedException">No single schema says both.</exception>
    public static Shape Of(Shape one, Shape two) => new()
    {
        Pointer = Shape.Joined(one.Pointer, two.Pointer),
        Types = one.Types is { } types ? types & (two.Types ?? JsonTypes.All) : two.Types,
        Values = Common(one.Values, two.Values),
        Least = Greater(one.Least, two.Least),
        Greatest = Less(one.Greatest, two.Greatest),
        MinLength = Max(one.MinLength, two.MinLength),
        MaxLength = Min(one.MaxLength, two.MaxLength),
        Pattern = Same(one.Pattern, two.Pattern, two.Place, "pattern"),
        Format = Same(one.Format, two.Format, two.Place, "format"),
        Properties = Properties(one, two),
        Required = [.. one.Required.Union(two.Required)],
        Additional = Both(one.Additional, two.Additional),
        Prefix = Prefix(one, two),
        Items = Both(one.Items, two.Items),
        MinItems = Max(one.MinItems, two.MinItems),
        MaxItems = Min(one.MaxItems, two.MaxItems),
        Choices = [.. one.Choices, .. two.Choices],
    };

    public static IReadOnlyList<JsonElement>? Common(IReadOnlyList<JsonElement>? one, IReadOnlyList<JsonElement>? two) =>
        one is null || two is null ? one ?? two : [.. one.Where(value => two.Any(other => JsonElement.DeepEquals(value, other)))];

    public static NumberBound? Greater(NumberBound? one, NumberBound? two) =>
        one is null || two is null ? one ?? two : one.Value.Value > two.Value.Value || (one.Value.Value == two.Value.Value && one.Value.IsExclusive) ? one : two;

    public static NumberBound? Less(NumberBound? one, NumberBound? two) =>
        one is null || two is null ? one ?? two : one.Value.Value < two.Value.Value || (one.Value.Value == two.Value.Value && one.Value.IsExclusive) ? one : two;

    /// <summary>A property that only one names must fit what the other says of additional ones.</summary>
    private static OrderedDictionary<string, Shape>? Properties(Shape one, Shape two)
    {
        if (one.Properties is null && two.Properties is null) return null;
        var joined = new OrderedDictionary<string, Shape>(StringComparer.Ordinal);
        foreach (var name in Names(one).Union(Names(two)))
            joined[name] = Both(one.Properties?.GetValueOrDefault(name) ?? one.Additional, two.Properties?.GetValueOrDefault(name) ?? two.Additional)!;
        return joined;

        static IEnumerable<string> Names(Shape shape) => shape.Properties is { } properties ? properties.Keys : [];
    }

    /// <summary>An item that only one names must fit what the other says of further ones.</summary>
    private static List<Shape>? Prefix(Shape one, Shape two)
    {
        if (one.Prefix is null && two.Prefix is null) return null;
        var count = Math.Max(one.Prefix?.Count ?? 0, two.Prefix?.Count ?? 0);
        return [.. Enumerable.Range(0, count).Select(place => Both(Item(one, place), Item(two, place)) ?? Shape.Anything($"{one.Pointer}/prefixItems/{place}"))];

        static Shape? Item(Shape shape, int place) => place < shape.Prefix?.Count ? shape.Prefix[place] : shape.Items;
    }

    private static Shape? Both(Shape? one, Shape? two) => one is null || two is null ? one ?? two : Shape.Both(one, two);

    private static int? Max(int? one, int? two) => one is null || two is null ? one ?? two : Math.Max(one.Value, two.Value);

    private static int? Min(int? one, int? two) => one is null || two is null ? one ?? two : Math.Min(one.Value, two.Value);

    private static string? Same(string? one, string? two, string pointer, string keyword) => one is null || two is null || one == two
        ? one ?? two
        : throw new SchemaNotSupportedException($"{pointer}/{keyword}", $"two different '{keyword}' must hold at once, which no grammar of ours says.");
}
