using System.Text.Json;
using CsCheck;
using HybridGen.Checkpoints;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Tokens;

public class ByteLevelTokenizerTests
{
    private static ByteLevelTokenizer Mini { get; } = ByteLevelTokenizer.Load(Path.Combine(Repository.MiniModel, "tokenizer.json"));

    [Fact]
    public void AnyTextComesBack() => Gen.String[Gen.OneOf(Gen.Char, Gen.Char["ab é漢 \r\n\t'’"]), 0, 30].Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
        Assert.Equal(text.Normalize(), Mini.Decode(Mini.Encode(text)).Normalize()));

    [Theory]
    [InlineData("<|mask|>")]
    [InlineData("<|blank|>")]
    [InlineData("a<|endoftext|>b")]
    public void SpecialTokensInATextAreCharacters(string text)
    {
        Assert.DoesNotContain(Mini.Encode(text), id => Mini.SpecialTokens.Values.Contains(id));
        Assert.Equal(text, Mini.Decode(Mini.Encode(text)));
    }

    [Fact]
    public void AHalfSurrogatePairIsTheReplacementCharacter() => Assert.Equal("a\uFFFDb", Mini.Decode(Mini.Encode("a\uD800b")));

    [Theory]
    [InlineData("gpt2")]
    [InlineData("qwen")]
    public void IdsAreThoseOfTheReference(string name)
    {
        Assert.SkipUnless(ByteLevelTokenizer.CanNormalise || name == "gpt2", "This process has no ICU, without which .NET cannot normalise.");
        var tokenizer = ByteLevelTokenizer.Load(Repository.Shared($"fixtures/tokenizers/{name}.json"));
        using var cases = JsonDocument.Parse(File.ReadAllText(Repository.Shared("fixtures/tokenizers/cases.json")));
        var compared = 0;
        foreach (var item in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            var text = item.GetProperty("text").GetString()!;
            // A user's text never becomes a special token here; the reference makes one of it.
            if (tokenizer.SpecialTokens.Keys.Any(special => text.Contains(special, StringComparison.Ordinal))) continue;
            Assert.Equal(item.GetProperty(name).GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), tokenizer.Encode(text));
            compared++;
        }

        Assert.True(compared > 50);
    }

    [Fact]
    public void AnotherKindIsRefusedWithItsPath() =>
        Assert.Contains("LICENSE", Assert.Throws<CheckpointFormatException>(() => ByteLevelTokenizer.Load(Path.Combine(Repository.Root, "LICENSE"))).Message, StringComparison.Ordinal);
}
