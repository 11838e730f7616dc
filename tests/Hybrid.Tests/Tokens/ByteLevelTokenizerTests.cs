using CsCheck;
using HybridGen.Checkpoints;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Tokens;

public class ByteLevelTokenizerTests
{
    private static Tokenizer Mini { get; } = Tokenizer.Load(Path.Combine(Repository.MiniModel, "tokenizer.json"));

    [Fact]
    public void AnyTextComesBack() => Gen.String[Gen.OneOf(Gen.Char, Gen.Char["ab é漢 \r\n\t'’"]), 0, 30].Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
        Assert.Equal(text.Normalize(), Mini.Decode(Mini.Encode(text)).Normalize()));

    [Theory]
    [InlineData("<|mask|>")]
    [InlineData("<|blank|>")]
    [InlineData("a<|endoftext|>b")]
    public void SpecialTokensInATextAreCharacters(string text)
    {
        Assert.DoesNotContain(Mini.Encode(text), id => Mini.AddedTokens.Values.Contains(id));
        Assert.Equal(text, Mini.Decode(Mini.Encode(text)));
    }

    [Fact]
    public void AHalfSurrogatePairIsTheReplacementCharacter() => Assert.Equal("a\uFFFDb", Mini.Decode(Mini.Encode("a\uD800b")));

    [Fact]
    public void AnotherKindIsRefusedWithItsPath() =>
        Assert.Contains("LICENSE", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(Path.Combine(Repository.Root, "LICENSE"))).Message, StringComparison.Ordinal);
}
