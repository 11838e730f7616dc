using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using LLama.Native;

namespace HybridGen.Drafting.Tests;

public sealed class GrammarStateTests(SamplerChainTests.Vocabulary vocabulary) : IClassFixture<SamplerChainTests.Vocabulary>
{
    private readonly LlamaVocabulary _vocabulary = new(vocabulary.Weights);

    private static Gen<(string Gbnf, string Regex)> Leaf { get; } =
        Gens.Choose(("\"a\"", "a"), ("[ab]", "[ab]"), ("[^a]", "[^a]"), ("\"bé\"", "bé"), (".", "[\\s\\S]"), ("[a-c]", "[a-c]"));

    /// <summary>The same regular expression as a grammar and as one of .NET's.</summary>
    private static Gen<(string Gbnf, string Regex)> Expressions { get; } = Gen.Recursive<(string Gbnf, string Regex)>((depth, inner) => depth >= 3
        ? Leaf
        : Gen.OneOf(
            Leaf,
            Gen.Select(inner, inner, (one, two) => ($"({one.Gbnf} {two.Gbnf})", $"(?:{one.Regex}{two.Regex})")),
            Gen.Select(inner, inner, (one, two) => ($"({one.Gbnf} | {two.Gbnf})", $"(?:{one.Regex}|{two.Regex})")),
            Gen.Select(Leaf, Gens.Choose("*", "+", "?", "{2}", "{1,3}", "{2,}"), (one, times) => ($"{one.Gbnf}{times}", $"(?:{one.Regex}){times}")),
            inner.Select(one => ($"{one.Gbnf}?", $"(?:{one.Regex})?"))));

    [Fact]
    public void After_AnyRegularExpression_AgreesWithDotNet() => Gen.Select(Expressions, Gens.Choose("a", "b", "c", "é").Array[0, 6].Select(string.Concat)).Sample((expression, text) =>
        Assert.Equal(Regex.IsMatch(text, $"\\A(?:{expression.Regex})\\z"), Matching.Accepts($"root ::= {expression.Gbnf}", text)), iter: 5000);

    [Fact]
    public void After_WrittenByTheGrammar_IsAcceptedHoweverItsBytesAreCut() => Gen.Select(Expressions, Gen.Int, Gen.Int[1, 3].Array[1, 5]).Sample((expression, seed, sizes) =>
    {
        var grammar = new OutputConstraint.Gbnf($"root ::= {expression.Gbnf}").Grammar;
        var bytes = Encoding.UTF8.GetBytes(Matching.Write(grammar, 20, seed));
        var state = GrammarState.Start(grammar);
        for (int at = 0, i = 0; at < bytes.Length; at += sizes[i++ % sizes.Length])
        {
            var next = state.After(bytes.AsSpan(at, Math.Min(sizes[i % sizes.Length], bytes.Length - at)));
            Assert.NotNull(next);
            state = next;
        }

        Assert.True(state.IsComplete);
    });

    /// <summary>Bytes that are no character are no text, also where each of them alone could begin one.</summary>
    [Theory]
    [InlineData(new byte[] { 0xE0, 0x9F })] // U+07FF in three bytes
    [InlineData(new byte[] { 0xF0, 0x8F })]
    [InlineData(new byte[] { 0xC1 })]
    [InlineData(new byte[] { 0xED, 0xA0 })] // a surrogate
    [InlineData(new byte[] { 0xF4, 0x90 })] // beyond U+10FFFF
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xE2, 0x61 })]
    [InlineData(new byte[] { 0x00 })]
    public void After_NoUtf8_IsRefusedInOneOrSeveralTokens(byte[] bytes)
    {
        var state = GrammarState.Start(new OutputConstraint.Gbnf("root ::= .*").Grammar);
        Assert.Null(state.After(bytes));
        if (bytes.Length > 1) Assert.Null(state.After(bytes.AsSpan(0, 1))!.After(bytes.AsSpan(1)));
    }

    [Fact]
    public void After_HalfACharacter_IsOpenOnlyWhereTheWholeOneCanFollow()
    {
        var state = GrammarState.Start(new OutputConstraint.Gbnf("root ::= \"é\" | \"a\"").Grammar);
        Assert.False(state.After([0xC3])!.IsComplete);
        Assert.All([0xC4, 0xE0, 0xF0], first => Assert.Null(state.After([(byte)first])));
        Assert.True(state.After([0xC3])!.After([0xA9])!.IsComplete);
    }

    [Fact]
    public void After_ExponentiallyManyWays_IsRefused() =>
        Assert.Contains("ambiguous", Assert.Throws<DraftingException>(() => Matching.Accepts($"root ::= (\"a\"? \"a\"? \"a\"? \"a\"?){{3000}}", new string('a', 500))).Message, StringComparison.Ordinal);

    /// <summary>What may come next is what llama.cpp's own grammar sampler allows, token for token.</summary>
    [Fact]
    public void Allowed_RandomGrammarsAndTexts_AreThoseOfLlamaCpp()
    {
        var alphabet = TokenAlphabet.Of(vocabulary.Weights, _vocabulary);
        var grammars = Gen.OneOf(
            Expressions.Select(expression => $"root ::= {expression.Gbnf}"),
            Gens.Choose("root ::= \"{\" [a-z ]{0,5} (\", \" root)? \"}\"", "root ::= [^\"\\\\\\n]+ \"é😀\"", "root ::= ([A-Z] [a-z]+ (\" \" | \".\\n\"))+"),
            Schemas.Cases.Select(one => OutputConstraint.JsonSchema.Parse(one.Schema).Text));
        Gen.Select(grammars, Gen.Int[0, int.MaxValue]).Sample((grammar, seed) =>
        {
            var random = new Random(seed);
            var own = new TokenConstraint(new OutputConstraint.Gbnf(grammar).Grammar, alphabet);
            using var chain = SafeLLamaSamplerChainHandle.Create(LLamaSamplerChainParams.Default());
            chain.AddGrammar(vocabulary.Weights.NativeHandle, grammar, "root");
            var written = Array.Empty<byte>();
            for (var step = 0; step < 6; step++)
            {
                var expected = AllowedByLlama(chain, alphabet, written);
                var allowed = own.Allowed();
                Assert.Equal(Numbers(expected), Numbers(allowed));
                Assert.All(Enumerable.Range(0, 20).Select(_ => random.Next(allowed.Length)), id => Assert.Equal(allowed[id], own.Allows(id)));
                var next = Numbers(allowed).Where(id => !alphabet.Ends[id]).ToArray();
                if (next.Length == 0) return;
                var chosen = next[random.Next(next.Length)];
                own.Accept(chosen);
                chain.Accept(chosen);
                written = [.. written, .. alphabet.Bytes[chosen]];
            }
        }, iter: 60, threads: 1);
    }

    /// <summary>
    /// Without what makes no text: llama.cpp reads the names of control tokens as text, and lets bytes pass that are in no character.
    /// </summary>
    private static bool[] AllowedByLlama(SafeLLamaSamplerChainHandle chain, TokenAlphabet alphabet, byte[] written)
    {
        var candidates = Enumerable.Range(0, alphabet.Bytes.Length).Select(id => new LLamaTokenData(id, 0, 0)).ToArray();
        using var pinned = LLamaTokenDataArrayNative.Create(new LLamaTokenDataArray(candidates), out var native);
        chain.Apply(ref native);
        return [.. candidates.Select(token => token.Logit == 0 && (alphabet.Ends[(int)token.ID] || IsText(alphabet.Bytes[(int)token.ID])))];

        bool IsText(byte[] bytes) => bytes.Length > 0 && Utf8Piece.Read([.. written, .. bytes]) is not null;
    }

    private static List<int> Numbers(bool[] set) => [.. set.Index().Where(item => item.Item).Select(item => item.Index)];
}
