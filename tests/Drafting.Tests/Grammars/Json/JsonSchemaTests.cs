using System.Text.Json;
using CsCheck;

namespace HybridGen.Drafting.Tests;

public class JsonSchemaTests
{
    [Fact]
    public void Grammar_AnySchema_WritesOnlyWhatIsValid() => Gen.Select(Schemas.Cases, Gen.Int).Sample((one, seed) =>
    {
        var grammar = OutputConstraint.JsonSchema.Parse(one.Schema).Grammar;
        for (var i = 0; i < 10; i++)
            if (Matching.Write(grammar, 60, seed + i) is var text) Assert.True(Schemas.IsValid(one.Schema, text), text);
    }, iter: 100);

    [Fact]
    public void Grammar_AnySchema_AcceptsAValidInstance() => Schemas.Cases.Sample(one =>
    {
        Assert.True(Schemas.IsValid(one.Schema, one.Instance), "The test's own instance is not valid.");
        Assert.True(Matching.Accepts(OutputConstraint.JsonSchema.Parse(one.Schema).Grammar, one.Instance));
    }, iter: 400);

    /// <summary>Exactly the whole numbers between the bounds.</summary>
    [Fact]
    public void Grammar_IntegerRange_IsExact() => Gen.Select(Gen.Int[-120, 1200], Gen.Int[0, 1200], Gen.Bool, Gen.Bool).Sample((least, span, openBelow, openAbove) =>
    {
        var schema = $$"""{"type":"integer","{{(openBelow ? "exclusiveMinimum" : "minimum")}}":{{least}},"{{(openAbove ? "exclusiveMaximum" : "maximum")}}":{{least + span}}}""";
        var (from, to) = (openBelow ? least + 1 : least, openAbove ? least + span - 1 : least + span);
        if (from > to)
        {
            Assert.Throws<SchemaNotSupportedException>(() => OutputConstraint.JsonSchema.Parse(schema));
            return;
        }

        var grammar = OutputConstraint.JsonSchema.Parse(schema).Grammar;
        for (var number = from - 30; number <= to + 30; number++) Assert.Equal(number >= from && number <= to, Matching.Accepts(grammar, $"{number}"));
        Assert.False(Matching.Accepts(grammar, $"0{from}"));
    }, iter: 60);

    [Theory]
    [InlineData("""{"type":"number","minimum":0.05,"exclusiveMaximum":1}""", new[] { "0.05", "0.050001", "0.999999", "0.5" }, new[] { "0.049999", "1", "1.0", "0.04", "0", "-0.5", "00.5", ".5" })]
    [InlineData("""{"type":"number","exclusiveMinimum":-2.5,"maximum":-0.5}""", new[] { "-2.499999", "-0.5", "-2", "-1.25" }, new[] { "-2.5", "-0.499999", "0", "1" })]
    [InlineData("""{"type":"integer","minimum":1e15}""", new[] { "1000000000000000", "9999999999999999" }, new[] { "999999999999999" })]
    [InlineData("""{"type":"number","minimum":1e-12,"maximum":2e-12}""", new[] { "0.000000000001", "0.000000000002" }, new[] { "0", "0.000000000003" })]
    [InlineData("""{"type":"string","maxLength":2}""", new[] { "\"😀é\"", "\"\\u00e9\\n\"", "\"\"" }, new[] { "\"abc\"", "\"\\ud83d\\ude00\"", "\"\n\"", "\"a", "a" })]
    [InlineData("""{"type":"string","pattern":"a+"}""", new[] { "\"a\"", "\"xaay\"" }, new[] { "\"\"", "\"x\"" })]
    [InlineData("""{"type":"string","nullable":true}""", new[] { "null", "\"\"" }, new[] { "1" })]
    [InlineData("""{"properties":{"a":{"type":"null"},"b":{"type":"null"}},"required":["b"]}""", new[] { "{\"a\":null,\"b\":null}", "{ \"b\": null }" }, new[] { "{}", "{\"a\":null}", "{\"b\":null,\"a\":null}", "{\"b\":null,\"c\":null}" })]
    [InlineData("""{"properties":{"a":{"type":"null"}},"additionalProperties":{"type":"integer"}}""", new[] { "{}", "{\"a\":null,\"aa\":1}", "{\"b\":1, \"\":2}" }, new[] { "{\"a\":1}", "{\"\\u0061\":1}", "{\"b\":null}", "{\"b\":1,}" })]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"integer"}},"additionalProperties":false},{"properties":{"a":{"minimum":3},"b":{}}}]}""", new[] { "{}", "{\"a\":3}" }, new[] { "{\"a\":2}", "{\"b\":1}" })]
    [InlineData("""{"type":"array","items":{"type":"null"}}""", new[] { "[]", "[ null,null ]", "[\n  null\n]" }, new[] { "[null,]", "[null null]", "[  ]" })]
    [InlineData("""{"$ref":"#/definitions/a%20b","definitions":{"a b":{"type":"null"}}}""", new[] { "null" }, new[] { "1" })]
    [InlineData("""{"enum":[[1,2],"x"],"type":["array","string"],"maxLength":1}""", new[] { "[1,2]", "\"x\"" }, new[] { "[1, 2]" })]
    public void Grammar_Schema_AcceptsAndRefuses(string schema, string[] accepted, string[] refused)
    {
        var grammar = OutputConstraint.JsonSchema.Parse(schema).Grammar;
        Assert.All(accepted, text => Assert.True(Matching.Accepts(grammar, text), text));
        Assert.All(refused, text => Assert.False(Matching.Accepts(grammar, text), text));
    }

    [Theory]
    [InlineData("""{"type":"integer","multipleOf":3}""", "/multipleOf")]
    [InlineData("""{"properties":{"a/b":{"patternProperties":{}}}}""", "/properties/a~1b/patternProperties")]
    [InlineData("""{"items":{"uniqueItems":true}}""", "/items/uniqueItems")]
    [InlineData("""{"not":{}}""", "/not")]
    [InlineData("""{"minProperties":1}""", "/minProperties")]
    [InlineData("""{"unheardOf":1}""", "/unheardOf")]
    [InlineData("""{"type":"strin"}""", "/type")]
    [InlineData("""{"type":7}""", "/type")]
    [InlineData("""{"minLength":-1}""", "/minLength")]
    [InlineData("""{"minLength":"3"}""", "/minLength")]
    [InlineData("""{"maximum":1e30}""", "/maximum")]
    [InlineData("""{"exclusiveMinimum":true}""", "/exclusiveMinimum")]
    [InlineData("""{"items":[{}]}""", "/items")]
    [InlineData("""{"anyOf":[]}""", "/anyOf")]
    [InlineData("""{"anyOf":[true,3]}""", "/anyOf/1")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "/oneOf")]
    [InlineData("""{"oneOf":[{"minLength":2},{"type":"integer"}]}""", "/oneOf")]
    [InlineData("""{"oneOf":[{"required":["a"]},{"required":["b"]}]}""", "/oneOf")]
    [InlineData("""{"$ref":"#/$defs/a"}""", "")]
    [InlineData("""{"$ref":"other.json"}""", "/$ref")]
    [InlineData("""{"$ref":"#"}""", "")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"},{}]}}}""", "/$defs/a")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}""", "")]
    [InlineData("false", "")]
    [InlineData("""{"type":"string","enum":[1]}""", "")]
    [InlineData("""{"type":"object","required":["a"],"properties":{"a":false}}""", "")]
    [InlineData("""{"minimum":3,"maximum":2}""", "")]
    [InlineData("""{"enum":["a"],"pattern":"a"}""", "")]
    [InlineData("""{"properties":{"a":{"format":"email"}}}""", "/properties/a/format")]
    [InlineData("""{"pattern":"a","maxLength":3}""", "")]
    [InlineData("""{"pattern":"(?=a)b"}""", "/pattern")]
    [InlineData("""{"pattern":"(a)\\1"}""", "/pattern")]
    [InlineData("""{"pattern":"\\bword"}""", "/pattern")]
    [InlineData("""{"pattern":"a(^b)"}""", "/pattern")]
    [InlineData("""{"pattern":"(a*)*"}""", "/pattern")]
    [InlineData("""{"pattern":"[b-a]"}""", "/pattern")]
    [InlineData("""{"pattern":"[]"}""", "/pattern")]
    [InlineData("""{"pattern":"a{2"}""", "/pattern")]
    [InlineData("""{"pattern":"😀"}""", "/pattern")]
    [InlineData("""{"pattern":"a{1,999999}"}""", "/pattern")]
    [InlineData("""{"allOf":[{"pattern":"a"},{"pattern":"b"}]}""", "/allOf/1/pattern")]
    [InlineData("""{"nullable":true}""", "")]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    public void Grammar_WhatCannotBeHonoured_IsRefusedWithItsPlace(string schema, string place) =>
        Assert.Equal(place, Assert.Throws<SchemaNotSupportedException>(() => OutputConstraint.JsonSchema.Parse(schema)).JsonPointer);

    /// <summary>A schema is a grammar or is refused, whatever stands in it.</summary>
    [Fact]
    public void Grammar_MutatedSchemas_AreHonouredOrRefused()
    {
        var value = Gens.Choose("null", "true", "-1", "3", "1e400", "\"a\"", "\"\\ud800\"", "[]", "{}", "[{}]", "[\"a\",\"a\"]", "{\"type\":\"string\"}", "{\"$ref\":\"#\"}", "\"#/properties/a\"");
        var keyword = Gens.Choose("type", "enum", "const", "minimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "format", "properties", "required", "additionalProperties", "prefixItems", "items", "minItems", "maxItems", "anyOf", "oneOf", "allOf", "$ref", "nullable", "title");
        var schema = Gen.Recursive<string>((depth, inner) => Gen.Select(keyword, depth >= 3 ? value : Gen.OneOf(value, inner, inner.Select(one => $$"""{"a":{{one}}}"""), inner.Array[1, 2].Select(all => $"[{string.Join(',', all)}]")))
            .Select((name, content) => (name, content)).Array[0, 3].Select(all => $"{{{string.Join(',', all.DistinctBy(one => one.name).Select(one => $"\"{one.name}\":{one.content}"))}}}"));
        Gen.Select(schema, Gen.Int).Sample((text, seed) =>
        {
            try
            {
                JsonDocument.Parse(Matching.Write(OutputConstraint.JsonSchema.Parse(text).Grammar, 30, seed)).Dispose();
            }
            catch (SchemaNotSupportedException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        }, iter: 1000);
    }

    [Fact]
    public void AnyJson_Texts_AreJson() => Gen.Int.Sample(seed => JsonDocument.Parse(Matching.Write(new OutputConstraint.AnyJson().Grammar, 60, seed)).Dispose());
}
