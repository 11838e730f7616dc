using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HybridGen.Drafting;

/// <summary>Writes a tool's parameters as a grammar of tags, one for each, in the order of its schema; those that are not required may be left out.</summary>
internal static class ParameterGrammar
{
    // What says nothing of a value, or is followed here.
    private static readonly string[] Known = ["$schema", "$id", "$defs", "definitions", "title", "description", "type", "properties", "required", "additionalProperties"];
    private static readonly string[] KnownOfTexts = ["title", "description", "default", "examples", "type", "enum", "const", "minLength", "maxLength"];

    /// <summary>The grammar.</summary>
    /// <exception cref="SchemaNotSupportedException">Something in the schema cannot be honoured.</exception>
    public static Grammar Of(Tool tool, ParameterForm form)
    {
        if (tool.Parameters.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => !Known.Contains(name)) is { } other)
            throw new SchemaNotSupportedException($"/{other}", "of parameters that are written one by one it cannot be honoured.");
        var required = tool.Parameters.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet() : [];
        var parameters = tool.Parameters.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().Select(property => property.Name).ToList() : [];
        if (required.FirstOrDefault(name => !parameters.Contains(name!)) is { } missing) throw new SchemaNotSupportedException("/required", $"'{missing}' is none of the properties.");
        var body = string.Concat(parameters.Select((name, i) => $"({GbnfText.Literal(form.Before + name + form.Between)} {Rule(i)} {GbnfText.Literal(form.After)}){(required.Contains(name) ? "" : "?")} "));
        var frame = GbnfParser.Parse($"root ::= {(body.Length > 0 ? body : "\"\"")}\n{string.Concat(parameters.Select((_, i) => $"{Rule(i)} ::= \"\"\n"))}", "root");
        var rules = frame.Rules.ToList();
        for (var i = 0; i < parameters.Count; i++) Grammar.Graft(rules, Rule(i), Value(tool, parameters[i]));
        return frame with { Rules = rules };
    }

    private static string Rule(int parameter) => string.Create(CultureInfo.InvariantCulture, $"parameter-{parameter}");

    private static Grammar Value(Tool tool, string name) => JsonSchemaGrammar.Parse(
        ParameterSchema.Of(tool, name) is { } schema && ParameterSchema.IsText(schema) ? $"root ::= {Text(schema, name)}\n" : JsonSchemaGrammar.Write(WithDefinitions(tool, name)));

    /// <summary>A text as it is, which ends where a closing tag begins.</summary>
    private static string Text(JsonElement schema, string name)
    {
        if (schema.EnumerateObject().Select(member => member.Name).FirstOrDefault(key => !KnownOfTexts.Contains(key)) is { } other)
            throw new SchemaNotSupportedException($"/properties/{name}/{other}", "of a text that is written without quotes it cannot be honoured.");
        if (ParameterSchema.Values(schema) is { } values) return GbnfText.Any(values.Select(value => GbnfText.Literal(value.GetString()!)))!;
        int? Length(string key) => schema.TryGetProperty(key, out var length) ? length.GetInt32() : null;
        return Length("minLength") is null && Length("maxLength") is null ? "([^<] | \"<\" [^/])*" : GbnfText.Times("[^<]", Length("minLength") ?? 0, Length("maxLength"));
    }

    private static JsonElement WithDefinitions(Tool tool, string name)
    {
        var schema = JsonNode.Parse(tool.Parameters.GetProperty("properties").GetProperty(name).GetRawText());
        foreach (var key in new[] { "$defs", "definitions" })
            if (schema is JsonObject parameter && tool.Parameters.TryGetProperty(key, out var definitions)) parameter[key] = JsonNode.Parse(definitions.GetRawText());
        return JsonElement.Parse(schema!.ToJsonString());
    }
}
