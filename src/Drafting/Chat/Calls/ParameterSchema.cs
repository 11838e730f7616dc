using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>What a tool says of one of its parameters.</summary>
internal static class ParameterSchema
{
    /// <summary>A parameter's schema, or the one of the tool's own to which that refers; null where there is none.</summary>
    public static JsonElement? Of(Tool? tool, string parameter) =>
        tool is not null && Member(tool.Parameters, "properties") is { } properties && Member(properties, parameter) is { } schema ? Referred(tool.Parameters, schema) : null;

    /// <summary>Whether it is a text: it says so, all of its values are, or it says nothing.</summary>
    public static bool IsText(JsonElement schema) => schema.ValueKind != JsonValueKind.Object
        || (Member(schema, "type") is { } type ? type.ValueKind == JsonValueKind.String && type.GetString() == "string"
            : Values(schema) is { } values ? values.All(value => value.ValueKind == JsonValueKind.String)
            : Member(schema, "$ref") is null && Member(schema, "anyOf") is null && Member(schema, "oneOf") is null && Member(schema, "allOf") is null);

    /// <summary>The values that it may have; null where that is open.</summary>
    public static IReadOnlyList<JsonElement>? Values(JsonElement schema) =>
        Member(schema, "const") is { } only ? [only] : Member(schema, "enum") is { ValueKind: JsonValueKind.Array } values ? [.. values.EnumerateArray()] : null;

    private static JsonElement Referred(JsonElement root, JsonElement schema)
    {
        if (Member(schema, "$ref") is not { ValueKind: JsonValueKind.String } reference || reference.GetString() is not ['#', '/', .. var pointer]) return schema;
        JsonElement? found = root;
        foreach (var part in pointer.Split('/')) found = found is { } there ? Member(there, part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)) : null;
        return found ?? schema;
    }

    private static JsonElement? Member(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : null;
}
