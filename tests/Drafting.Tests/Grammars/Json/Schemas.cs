using System.Globalization;
using System.Text.Json;
using CsCheck;
using Json.Schema;

namespace HybridGen.Drafting.Tests;

/// <summary>Random schemas of what can be honoured, each with a valid instance; and whether an instance is valid, by JsonSchema.Net.</summary>
internal static class Schemas
{
    private static readonly EvaluationOptions Strict = new() { RequireFormatValidation = true };

    private static readonly string[] Names = ["\"one\"", "\"né\\\"\""];

    public sealed record Case(string Schema, string Instance);

    private static Gen<Case> Fixed { get; } = Gens.Choose(
        new Case("true", "[1,{\"a\":null}]"),
        new Case("""{"type":"boolean"}""", "false"),
        new Case("""{"type":["null","boolean"],"title":"t","default":1}""", "null"),
        new Case("""{"type":"string","format":"date"}""", "\"2024-02-29\""),
        new Case("""{"type":"string","format":"time"}""", "\"23:59:00.5Z\""),
        new Case("""{"type":"string","format":"date-time"}""", "\"1999-12-31T23:59:59+01:30\""),
        new Case("""{"type":"string","format":"uuid"}""", "\"01234567-89ab-cdef-0123-456789ABCDEF\""),
        new Case("""{"type":"string","pattern":"^[A-Z]{2}-\\d+$"}""", "\"AB-07\""),
        new Case("""{"type":"string","pattern":"b[^a\\\\\"]c|^\\s*$"}""", "\"xxb\\ncé\""),
        new Case("""{"type":"string","pattern":"^(?:é|\\W\\S|.){1,3}?$"}""", "\"é é\""),
        new Case("""{"enum":["a\"b",1,null,true,{"x":[1,2]},"é😀"]}""", "{\"x\":[1,2]}"),
        new Case("""{"type":["string","integer"],"enum":["a",5,null],"maximum":7}""", "5"),
        new Case("""{"const":-1.5}""", "-1.5"),
        new Case("""{"type":"object"}""", "{\"any\":{\"x\":[]}}"),
        new Case("""{"properties":{"a":{"type":"null"}},"required":["a","b"]}""", "{\"a\":null,\"b\":1}"),
        new Case("""{"type":"object","properties":{"a":{"type":"integer"},"ab":{"type":"null"}},"additionalProperties":{"type":"string"}}""", "{\"a\":1,\"ac\":\"x\",\"b\":\"\"}"),
        new Case("""{"type":"object","properties":{"a":true,"b":false},"additionalProperties":true}""", "{\"c\":1}"),
        new Case("""{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"integer"}},"required":["kind","x"]},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]},{"type":"null"}]}""", "{\"kind\":\"a\",\"x\":3}"),
        new Case("""{"allOf":[{"type":"number","minimum":-1.5},{"maximum":3},{"exclusiveMinimum":-1}]}""", "-0.25"),
        new Case("""{"type":"array","prefixItems":[{"type":"integer"},{"type":"null"}],"items":{"type":"boolean"},"minItems":1,"maxItems":4}""", "[0,null,true]"),
        new Case("""{"type":"array","prefixItems":[{"type":"integer"},{"type":"null"}],"items":false}""", "[1]"),
        new Case("""{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"name":{"type":"string","maxLength":3},"children":{"type":"array","items":{"$ref":"#/$defs/tree"},"maxItems":2}},"required":["name"],"additionalProperties":false}}}""", "{\"name\":\"x\",\"children\":[{\"name\":\"\"}]}"),
        new Case("""{"$ref":"#/$defs/a~1b","maxLength":2,"$defs":{"a/b":{"type":"string","minLength":1}}}""", "\"xy\""),
        new Case("""{"allOf":[{"$ref":"#/$defs/n"},{"properties":{"next":{"$ref":"#/$defs/n"}},"required":["v"]}],"$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}}}}}""", "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}"));

    private static Gen<Case> Integers { get; } = Gen.Select(Gen.Int[-2000, 2000], Gen.Int[0, 2500], Gen.Int[0, 3], Gen.Double.Unit).Select((least, span, given, place) => new Case(
        $$"""{"type":"integer"{{(given == 1 ? "" : $",\"minimum\":{least}")}}{{(given == 2 ? "" : $",\"exclusiveMaximum\":{least + span + 1}")}}}""", $"{least + (int)(span * place)}"));

    private static Gen<Case> Numbers { get; } = Gen.Select(Gen.Int[-30_000, 30_000], Gen.Int[0, 50_000], Gen.Int[0, 3], Gen.Double.Unit).Select((least, span, decimals, place) =>
    {
        var unit = 1m / (decimal)Math.Pow(10, decimals);
        return new Case($$"""{"type":"number","minimum":{{Text(least * unit)}},"maximum":{{Text((least + span) * unit)}}}""", Text((least + (int)(span * place)) * unit));
    });

    private static Gen<Case> Strings { get; } = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gens.Choose("", "a\"\\", "é😀", "\n\u0001/"))
        .Select((least, more, text) => new Case($$"""{"type":"string","minLength":{{least}},"maxLength":{{least + more + 4}}}""", GbnfText.JsonString(string.Concat(Enumerable.Repeat("x", least)) + text)));

    /// <summary>Schemas of all kinds, inside of each other.</summary>
    public static Gen<Case> Cases { get; } = Gen.Recursive<Case>((depth, inner) => depth >= 3
        ? Gen.OneOf(Fixed, Integers, Numbers, Strings)
        : Gen.OneOf(Fixed, Integers, Numbers, Strings, Arrays(inner), Objects(inner), Choices(inner)));

    /// <summary>Whether JsonSchema.Net finds a text to be JSON that is valid by a schema.</summary>
    public static bool IsValid(string schema, string text)
    {
        using var instance = JsonDocument.Parse(text);
        return IsBeyondTheValidator(instance.RootElement) || JsonSchema.FromText(schema).Evaluate(instance.RootElement, Strict).IsValid;
    }

    /// <summary>Lengths are of characters by JSON Schema, but of what is seen as one by JsonSchema.Net: an accent of its own counts there with its letter.</summary>
    private static bool IsBeyondTheValidator(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()! is var text && new StringInfo(text).LengthInTextElements != text.EnumerateRunes().Count(),
        JsonValueKind.Array => value.EnumerateArray().Any(IsBeyondTheValidator),
        JsonValueKind.Object => value.EnumerateObject().Any(member => IsBeyondTheValidator(member.Value)),
        _ => false,
    };

    private static Gen<Case> Arrays(Gen<Case> inner) => Gen.Select(inner, Gen.Int[0, 3], Gen.Int[0, 2]).Select((item, least, more) => new Case(
        $$"""{"type":"array","items":{{Local(item.Schema)}},"minItems":{{least}},"maxItems":{{least + more}}}""", $"[{string.Join(", ", Enumerable.Repeat(Instance(item), least))}]"));

    private static Gen<Case> Objects(Gen<Case> inner) => Gen.Select(inner, inner, Gen.Int[0, 3], Gen.Bool).Select((one, two, required, isOpen) => new Case(
        $$"""{"type":"object","properties":{"one":{{Local(one.Schema)}},"né\"":{{Local(two.Schema)}}},"required":[{{string.Join(',', Names.Where((_, place) => (required >> place & 1) == 1))}}],"additionalProperties":{{(isOpen ? Local(one.Schema) : "false")}}}""",
        $"{{\"one\": {Instance(one)},\n  \"né\\\"\":{Instance(two)}}}"));

    private static Gen<Case> Choices(Gen<Case> inner) => Gen.Select(inner, inner, Gen.Bool).Select((one, two, first) => new Case($$"""{"anyOf":[{{Local(one.Schema)}},{{Local(two.Schema)}}]}""", Instance(first ? one : two)));

    // A reference is to the whole document, so a schema with one cannot be put inside of another.
    private static string Local(string schema) => schema.Contains("$ref", StringComparison.Ordinal) ? "true" : schema;

    private static string Instance(Case one) => one.Instance;

    private static string Text(decimal number) => number.ToString("0.######", CultureInfo.InvariantCulture);
}
