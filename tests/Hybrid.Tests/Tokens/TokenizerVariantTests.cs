using System.Text.Json.Nodes;
using HybridGen.Checkpoints;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Tokens;

/// <summary>The settings that the fixtures' own files do not use.</summary>
public sealed class TokenizerVariantTests : IDisposable
{
    private static readonly JsonNode[] All = [.. Read("tokenizers", "variants.json")["variants"]!.AsArray().Select(node => node!)];

    private readonly Scratch _scratch = new();

    public static TheoryData<string> Names => [.. All.Select(variant => (string)variant["name"]!)];

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void IdsSpansAndTextsAreThoseOfTheReference(string name)
    {
        var variant = All.Single(variant => (string)variant["name"]! == name);
        var tokenizer = Load(Apply(variant));
        foreach (var item in variant["cases"]!.AsArray())
        {
            var tokens = tokenizer.Tokenize((string)item!["text"]!, readsAdded: true);
            int[] ids = [.. tokens.Select(token => token.Id)];
            Assert.Equal(Ints(item["ids"]!), ids);
            Assert.Equal(item["offsets_utf16"]!.AsArray().Select(span => (Ints(span!)[0], Ints(span!)[1])), tokens.Select(token => (token.Span.Start, token.Span.End)));
            Assert.Equal(Ints(item["ids_with_special"]!), tokenizer.WithTemplate(ids));
            Assert.Equal((string)item["decoded"]!, tokenizer.Decode(ids));
            Assert.Equal((string)item["decoded_skip_special"]!, tokenizer.Decode(ids, skipSpecial: true));
        }
    }

    [Fact]
    public void RunsOfSpacesThatAVocabularyAddsAreReadInAnyText()
    {
        var file = Read("tokenizers", "gpt2.json");
        file["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 382, "content": "   ", "special": false, "normalized": true}"""));
        file["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 383, "content": "<think>", "special": false, "normalized": true}"""));
        var tokenizer = Load(file);
        var ids = tokenizer.Tokenize("a   <think>").Select(token => token.Id).ToArray();
        Assert.Contains(382, ids);
        Assert.DoesNotContain(383, ids);
        Assert.Equal(ids, tokenizer.Encode("a   <think>"));
    }

    [Fact]
    public void AFileThatDoesNotNameItsModelIsRead()
    {
        foreach (var name in new[] { "gpt2.json", "wordpiece.json" })
        {
            var file = Read("tokenizers", name);
            Assert.True(file["model"]!.AsObject().Remove("type"));
            Assert.Equal(Load(Read("tokenizers", name)).Encode("Hello, world"), Load(file).Encode("Hello, world"));
        }
    }

    public static TheoryData<string, string, string, string> Unknown => new()
    {
        { "gpt2.json", "model.type", "\"Unigram\"", "model.type is 'Unigram'" },
        { "gpt2.json", "model.byte_fallback", "true", "model.byte_fallback" },
        { "gpt2.json", "model.dropout", "0.1", "model.dropout" },
        { "gpt2.json", "model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix" },
        { "gpt2.json", "model.vocab", "{\"a\": 0}", "model.vocab lacks" },
        { "gpt2.json", "model.vocab", "{\"a\": -1}", "an id is negative" },
        { "gpt2.json", "normalizer", "{\"type\": \"NFKC\"}", "normalizer.type is 'NFKC'" },
        { "gpt2.json", "pre_tokenizer", "{\"type\": \"Metaspace\"}", "pre_tokenizer.type is 'Metaspace'" },
        { "gpt2.json", "pre_tokenizer", "null", "pre_tokenizer is missing" },
        { "gpt2.json", "post_processor", "{\"type\": \"Custom\"}", "post_processor.type is 'Custom'" },
        { "gpt2.json", "decoder", "{\"type\": \"Metaspace\"}", "decoder.type" },
        { "gpt2.json", "added_tokens", "[{\"id\": 2147483647, \"content\": \"x\"}]", "absurdly large" },
        { "qwen.json", "pre_tokenizer.pretokenizers", "[{\"type\": \"Digits\"}]", "pre_tokenizer.pretokenizers[0].type is 'Digits'" },
        { "wordpiece.json", "model.unk_token", "\"[NONE]\"", "model.vocab lacks unk_token, '[NONE]'" },
        { "wordpiece.json", "decoder", "null", "decoder.type" },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public void WhatIsNotKnownIsNamed(string name, string part, string value, string expected)
    {
        var file = Read("tokenizers", name);
        var path = part.Split('.');
        (path.Length == 1 ? file : file[path[0]]!)[path[^1]] = JsonNode.Parse(value);
        var failure = Assert.Throws<CheckpointFormatException>(() => Load(file));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(_scratch.Folder, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADamagedFileIsRefusedInOneWay()
    {
        string[] values = ["null", "[]", "99999999999", "\"x\"", "[1]", "{\"type\": \"Sequence\"}"];
        string[] names = ["qwen.json", "wordpiece.json", "roberta"];
        foreach (var (name, value) in names.SelectMany(name => values.Select(value => (name, value))))
        {
            foreach (var path in Paths(Base(name)))
            {
                var file = Base(name);
                var parent = path[..^1].Aggregate(file, (node, step) => step is int i ? node[i]! : node[(string)step]!);
                if (path[^1] is int index) parent[index] = JsonNode.Parse(value);
                else parent[(string)path[^1]] = JsonNode.Parse(value);
                var failure = Record.Exception(() => Load(file).Tokenize("Hé <mask> 'tis"));
                Assert.True(failure is null or CheckpointFormatException, $"{name}, {string.Join('.', path)} = {value}: {failure}");
            }
        }
    }

    private static JsonNode Base(string name) => name == "roberta" ? Read("checkpoints", "roberta", "tokenizer.json") : Read("tokenizers", name);

    // The tables are all alike: one entry of each is enough.
    private static IEnumerable<object[]> Paths(JsonNode node) => node switch
    {
        JsonObject parts => parts.Take(parts.Count > 50 ? 1 : 50).ToList().SelectMany(part => Under(part.Key, part.Value)),
        JsonArray items => items.Take(2).Select((item, i) => (item, i)).ToList().SelectMany(pair => Under(pair.i, pair.item)),
        _ => [],
    };

    private static IEnumerable<object[]> Under(object step, JsonNode? node) => [[step], .. node is null ? [] : Paths(node).Select(path => (object[])[step, .. path])];

    private Tokenizer Load(JsonNode file)
    {
        var path = Path.Combine(_scratch.Folder, "tokenizer.json");
        File.WriteAllText(path, file.ToJsonString());
        return Tokenizer.Load(path);
    }

    private static JsonNode Apply(JsonNode variant)
    {
        var file = Read(((string)variant["base"]!).Split('/'));
        foreach (var (name, part) in variant["parts"]!.AsObject()) file[name] = part?.DeepClone();
        foreach (var (name, part) in variant["model"]!.AsObject()) file["model"]![name] = part?.DeepClone();
        foreach (var (name, id) in variant["vocab"]!.AsObject()) file["model"]!["vocab"]![name] = id!.DeepClone();
        if ((bool)variant["replaces_added"]!) file["added_tokens"] = new JsonArray();
        foreach (var token in variant["added_tokens"]!.AsArray()) file["added_tokens"]!.AsArray().Add(token!.DeepClone());
        return file;
    }

    private static int[] Ints(JsonNode node) => [.. node.AsArray().Select(item => (int)item!)];

    private static JsonNode Read(params string[] parts) => JsonNode.Parse(File.ReadAllText(Path.Combine([Repository.Root, "tests", "fixtures", .. parts])))!;
}
