using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Tokens;

/// <summary>Everything that the <c>tokenizers</c> library said about the fixtures' texts.</summary>
public class TokenizerReferenceTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("qwen")]
    [InlineData("wordpiece")]
    public void IdsSpansAndTextsAreThoseOfTheReference(string name)
    {
        var tokenizer = Tokenizer.Load(Fixture("tokenizers", $"{name}.json"));
        var cases = Cases("tokenizers", "cases.json");
        Assert.Equal(120, cases.Length);
        foreach (var item in cases)
        {
            var (text, expected) = (item.GetProperty("text").GetString()!, item.GetProperty(name));
            var tokens = Check(tokenizer, text, expected);
            Assert.Equal(expected.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()), tokens.Select(token => tokenizer.Name(token.Id)));
            Assert.Equal(expected.GetProperty("offsets_utf16").EnumerateArray().Select(Span), tokens.Select(token => token.Span));
            Assert.Equal(expected.GetProperty("decoded_skip_special").GetString(), tokenizer.Decode(tokens.Select(token => token.Id), skipSpecial: true));
        }
    }

    public static TheoryData<string> Checkpoints => [.. Directory.EnumerateFiles(Fixture("checkpoints"), "tokenizer_cases.json", SearchOption.AllDirectories).Select(path => Path.GetFileName(Path.GetDirectoryName(path)!)).Order()];

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void EveryCheckpointsCasesAreThoseOfTheReference(string checkpoint)
    {
        var tokenizer = Tokenizer.Load(Fixture("checkpoints", checkpoint));
        var cases = Cases("checkpoints", checkpoint, "tokenizer_cases.json");
        Assert.NotEmpty(cases);
        foreach (var item in cases) Check(tokenizer, item.GetProperty("text").GetString()!, item);
    }

    private static IReadOnlyList<Token> Check(Tokenizer tokenizer, string text, JsonElement expected)
    {
        var tokens = tokenizer.Tokenize(text, readsAdded: true);
        int[] ids = [.. tokens.Select(token => token.Id)];
        Assert.Equal(Ids(expected, "ids"), ids);
        Assert.Equal(Ids(expected, "ids_with_special"), tokenizer.WithTemplate(ids));
        Assert.Equal(expected.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        if (!tokenizer.AddedTokens.Keys.Any(added => text.Contains(added, StringComparison.Ordinal))) Assert.Equal(ids, tokenizer.Encode(text));
        return tokens;
    }

    private static IEnumerable<int> Ids(JsonElement item, string name) => item.GetProperty(name).EnumerateArray().Select(id => id.GetInt32());

    private static TextSpan Span(JsonElement offsets) => new(offsets[0].GetInt32(), offsets[1].GetInt32() - offsets[0].GetInt32());

    private static string Fixture(params string[] parts) => Path.Combine([Repository.Root, "tests", "fixtures", .. parts]);

    private static JsonElement[] Cases(params string[] parts) => [.. JsonDocument.Parse(File.ReadAllText(Fixture(parts))).RootElement.GetProperty("cases").EnumerateArray()];
}
