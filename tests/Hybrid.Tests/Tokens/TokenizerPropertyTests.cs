using System.Text;
using CsCheck;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Tokens;

public class TokenizerPropertyTests
{
    public static TheoryData<string> All => ["tokenizers/gpt2.json", "tokenizers/qwen.json", "tokenizers/wordpiece.json", "checkpoints/roberta", "checkpoints/modernbert", "checkpoints/dream"];

    [Theory]
    [MemberData(nameof(All))]
    public void SpansAreInOrderInsideTheTextAndCutNoCharacter(string name)
    {
        var tokenizer = Load(name);
        Gen.Select(AnyText.Broken, Gen.Bool).Sample((text, readsAdded) =>
        {
            var (start, end) = (0, 0);
            foreach (var token in tokenizer.Tokenize(text, readsAdded))
            {
                Assert.InRange(token.Span.Start, start, text.Length);
                Assert.InRange(token.Span.End, Math.Max(end, token.Span.Start), text.Length);
                Assert.False(IsInsidePair(text, token.Span.Start) || IsInsidePair(text, token.Span.End));
                (start, end) = (token.Span.Start, token.Span.End);
            }
        });
    }

    [Theory]
    [InlineData("tokenizers/gpt2.json")]
    [InlineData("checkpoints/roberta")]
    [InlineData("checkpoints/gidd")]
    public void WithoutANormalizerEveryTextComesBackAndEveryCharacterHasItsTokens(string name)
    {
        var tokenizer = Load(name);
        AnyText.Broken.Sample(text =>
        {
            var tokens = tokenizer.Tokenize(text);
            Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), tokenizer.Decode(tokens.Select(token => token.Id)));
            Assert.Equal(tokens.Select(token => token.Id), tokenizer.Encode(text));
            if (name.EndsWith("roberta", StringComparison.Ordinal)) return;
            Assert.Equal(text.Length, tokens.Select(token => token.Span.End).LastOrDefault());
            Assert.All(tokens.Skip(1).Zip(tokens), pair => Assert.True(pair.First.Span == pair.Second.Span || pair.First.Span.Start <= pair.Second.Span.End));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AddedTokensInATextAreCharacters(string name)
    {
        var tokenizer = Load(name);
        var added = tokenizer.AddedTokens.Values.ToHashSet();
        added.Remove(tokenizer.AddedTokens.GetValueOrDefault("[UNK]", -1));
        Gen.Select(AnyText.Broken, AnyText.Any<string>([.. tokenizer.AddedTokens.Keys]), AnyText.Broken).Sample((before, token, after) =>
        {
            Assert.DoesNotContain(tokenizer.Tokenize(before + token + after), read => added.Contains(read.Id));
            Assert.Contains(tokenizer.Tokenize(before + token + after, readsAdded: true), read => read.Id == tokenizer.AddedTokens[token]);
        });
    }

    [Fact]
    public void NormalizedTextsAreReadAlike()
    {
        var tokenizer = Load("tokenizers/qwen.json");
        AnyText.Whole.Sample(text => Assert.Equal(tokenizer.Encode(text), tokenizer.Encode(CanonicalForms.Compose(new AlignedText(text)).Text)));
    }

    private static bool IsInsidePair(string text, int place) => place > 0 && place < text.Length && char.IsSurrogatePair(text[place - 1], text[place]);

    private static Tokenizer Load(string name) => Tokenizer.Load(Path.Combine(Repository.Root, "tests", "fixtures", name));
}
