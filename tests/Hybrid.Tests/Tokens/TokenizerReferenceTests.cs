using System.Text.Json;
using HybridGen.Tokens;
using HybridGen.Verifying;

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
        Assert.Empty(TokenizerCases.Differences(tokenizer, text, expected));
        if (!tokenizer.AddedTokens.Keys.Any(added => text.Contains(added, StringComparison.Ordinal))) Assert.Equal(tokens.Select(token => token.Id), tokenizer.Encode(text));
        return tokens;
    }

    private static string Fixture(params string[] parts) => Path.Combine([Repository.Root, "tests", "fixtures", .. parts]);

    private static JsonElement[] Cases(params string[] parts) => [.. JsonDocument.Parse(File.ReadAllText(Fixture(parts))).RootElement.GetProperty("cases").EnumerateArray()];
}
