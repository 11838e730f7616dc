using System.Globalization;
using CsCheck;
using HybridGen.Attributing;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Hybrid.Tests.Tokens;

namespace HybridGen.Hybrid.Tests.Attributing;

public class RevisedTokensTests
{
    private static readonly Gen<(int Skip, int Length, string After)[]> Steps =
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 6], Gen.OneOf(AnyText.Broken, AnyText.Any("", "word", "\u0301", "\u200d", "\n"))).Array[0, 5];

    [Fact]
    public void AnEditInsideATokenLeavesItsOtherCharactersTheirShare()
    {
        var draft = Draft(("The", -1), (" straw", -6), ("berry", -5), (".", -0.5f));
        var tokens = Of(draft, (6, 1, "t"));
        Assert.Equal(
            [("The", TokenOrigin.Drafter, -1f, 0), (" st", TokenOrigin.Drafter, -3f, null), ("t", TokenOrigin.Refiner, null, null), ("aw", TokenOrigin.Drafter, -2f, null), ("berry", TokenOrigin.Drafter, -5f, 2), (".", TokenOrigin.Drafter, -0.5f, 3)],
            tokens.Select(token => (token.Text, token.Origin, token.LogProbability, token.Id)));
    }

    [Fact]
    public void WithoutEditsTheTokensAreTheDrafts()
    {
        foreach (var draft in Drafts())
        {
            var tokens = Of(draft);
            Assert.Equal(draft.Tokens.Select(token => (token.Text, token.Span, (float?)token.LogProbability, (int?)token.Id)), tokens.Select(token => (token.Text, token.Span, token.LogProbability, token.Id)));
            Assert.All(tokens, token => Assert.Equal(TokenOrigin.Drafter, token.Origin));
        }
    }

    [Fact]
    public void TheRefinersTokensKeepTheirIdsAndProbabilities()
    {
        var refiner = FixtureDrafts.Tokenizers["qwen"];
        var draft = Draft(("The", -1), (" cat", -2), (" sat", -3));
        var after = refiner.Tokenize(" dög 😀");
        var revision = Revision(draft.Text, (3, 4, " dög 😀"));
        var tokens = RevisedTokens.Of(draft.Tokens, revision, edit => RevisedToken.OfRefiner(edit.After, after, [.. after.Select((_, i) => -i / 4f)]));
        var refined = tokens.Where(token => token.Origin == TokenOrigin.Refiner).ToList();
        Assert.Equal(after.Select(token => (int?)token.Id), refined.Select(token => token.Id));
        Assert.Equal(after.Select((_, i) => (float?)(-i / 4f)), refined.Select(token => token.LogProbability));
        Assert.Equal(" dög 😀", string.Concat(refined.Select(token => token.Text)));
        CheckTiling(revision.Output, tokens);
    }

    [Theory]
    [InlineData("cafe\u0301 au", 3, 1, "a", "a\u0301")]
    [InlineData("x\u0301yz", 0, 1, "", null)]
    [InlineData("ay\u0301z", 1, 1, "", "a\u0301")]
    [InlineData("a\r\nb", 2, 1, "\n", "\r\n")]
    [InlineData("🇩🇪🇫🇷", 4, 0, "🇪", "🇪🇫")]
    public void AnEditThatLeavesAPartOfACharacterTakesAllOfIt(string text, int start, int length, string after, string? expected)
    {
        var draft = Draft([.. text.Select(unit => (unit.ToString(), -1f))]);
        var revision = Revision(text, (start, length, after));
        var tokens = RevisedTokens.Of(draft.Tokens, revision);
        CheckGraphemes(revision, tokens);
        if (expected is not null) Assert.Contains(expected, tokens.Where(token => token.Origin == TokenOrigin.Refiner).Select(token => token.Text));
    }

    [Fact]
    public void AfterAnyEditsTheTokensTileTheTextAndSplitNoCharacter()
    {
        var drafts = Drafts().ToArray();
        Gen.Select(AnyText.Any(drafts), Steps, Gen.Bool).Sample((draft, steps, exact) =>
        {
            var revision = Revision(draft.Text, steps);
            var tokens = RevisedTokens.Of(draft.Tokens, revision, edit => exact ? Refined(edit) : null);
            CheckTiling(revision.Output, tokens);
            CheckGraphemes(revision, tokens);
            Assert.All(tokens.Where(token => token is { Origin: TokenOrigin.Drafter, Id: not null }), token =>
                Assert.Equal((draft.Tokens[token.Id!.Value].Text, draft.Tokens[token.Id.Value].LogProbability), (token.Text, token.LogProbability)));
        }, iter: 2000);
    }

    [Fact]
    public void KeptCharactersHaveTheirShareOfTheTotal()
    {
        var drafts = Drafts().Where(draft => draft.Text.Length > 0).ToArray();
        Gen.Select(AnyText.Any(drafts), Steps).Sample((draft, steps) =>
        {
            var revision = Revision(draft.Text, [.. steps.Select(step => (step.Skip, step.Length, After: "."))]);
            var tokens = RevisedTokens.Of(draft.Tokens, revision);
            var written = revision.Edits.Sum(edit => edit.After.Length);
            if (tokens.Where(token => token.Origin == TokenOrigin.Refiner).Sum(token => token.Text.Length) != written) return;
            Assert.Equal(Kept(draft, revision), tokens.Where(token => token.Origin == TokenOrigin.Drafter).Sum(token => (double)token.LogProbability!), tolerance: 1e-3);
        }, iter: 2000);
    }

    [Fact]
    public void TokensOfAnotherTextAreRefused()
    {
        var draft = Draft(("The", -1), (" cat", -2));
        Assert.Throws<ArgumentException>(() => RevisedTokens.Of(draft.Tokens, Revision("The dog")));
        Assert.Throws<ArgumentException>(() => RevisedTokens.Of(draft.Tokens, Revision(draft.Text, (4, 3, "dog")), _ => []));
    }

    private static double Kept(Draft draft, Revision revision)
    {
        var parts = new List<TextSpan>();
        var at = 0;
        foreach (var edit in revision.Edits)
        {
            parts.AddRange([new TextSpan(at, edit.Span.Start - at), edit.Span]);
            at = edit.Span.End;
        }

        parts.Add(new TextSpan(at, draft.Text.Length - at));
        return new LogProbabilityProfile(draft).Onto(parts).Where((_, i) => i % 2 == 0).Sum();
    }

    private static void CheckTiling(string text, IReadOnlyList<RevisedToken> tokens)
    {
        var at = 0;
        foreach (var token in tokens)
        {
            Assert.Equal(new TextSpan(at, token.Text.Length), token.Span);
            Assert.Equal(token.Text, token.Span.Of(text).ToString());
            at = token.Span.End;
        }

        Assert.Equal(text.Length, at);
    }

    private static void CheckGraphemes(Revision revision, IReadOnlyList<RevisedToken> tokens)
    {
        var writers = tokens.SelectMany(token => Enumerable.Repeat(token.Origin, token.Text.Length)).ToArray();
        var starts = StringInfo.ParseCombiningCharacters(revision.Output).Append(revision.Output.Length).ToArray();
        for (var i = 0; i + 1 < starts.Length; i++) Assert.Single(writers[starts[i]..starts[i + 1]].Distinct());
        var shift = 0;
        foreach (var edit in revision.Edits)
        {
            var place = edit.Span.Start + shift;
            shift += edit.After.Length - edit.Span.Length;
            if (!starts.Contains(place)) Assert.Equal((TokenOrigin.Refiner, TokenOrigin.Refiner), (writers[place - 1], writers[place]));
        }
    }

    private static IReadOnlyList<RevisedToken>? Refined(Edit edit)
    {
        var tokens = FixtureDrafts.Tokenizers["gpt2"].Tokenize(edit.After);
        return RevisedToken.OfRefiner(edit.After, tokens, [.. tokens.Select(_ => -1f)]);
    }

    private static IEnumerable<Draft> Drafts()
    {
        var random = new Random(5);
        return FixtureDrafts.Texts.SelectMany(text => FixtureDrafts.Tokenizers.Values.Select(tokenizer => FixtureDrafts.Of(text, tokenizer, random))).OfType<Draft>();
    }

    private static Draft Draft(params (string Text, float LogProbability)[] tokens)
    {
        var at = 0;
        return HybridGen.Drafting.Draft.From(
            [.. tokens.Select((token, i) => new DraftToken(i, token.Text, new TextSpan((at += token.Text.Length) - token.Text.Length, token.Text.Length), token.LogProbability, 0, []))],
            new(StopReason.EndOfText, 0, default, default));
    }

    private static IReadOnlyList<RevisedToken> Of(Draft draft, params (int Skip, int Length, string After)[] steps) => RevisedTokens.Of(draft.Tokens, Revision(draft.Text, steps));

    private static Revision Revision(string text, params (int Skip, int Length, string After)[] steps)
    {
        var edits = new List<Edit>();
        var at = 0;
        foreach (var (skip, length, after) in steps)
        {
            at += skip;
            if (at + length > text.Length) break;
            edits.Add(new Edit(new TextSpan(at, length), text.Substring(at, length), after, EditKind.Refill, 1, 1));
            at += length;
        }

        return new Revision(text, HybridGen.Editing.Revision.Apply(text, edits), edits, 0, 0, default);
    }
}
