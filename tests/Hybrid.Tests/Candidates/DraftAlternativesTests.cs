using CsCheck;
using HybridGen.Candidates;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Hybrid.Tests.Attributing;
using HybridGen.Hybrid.Tests.Tokens;
using HybridGen.Words;

namespace HybridGen.Hybrid.Tests.Candidates;

public class DraftAlternativesTests
{
    [Fact]
    public void AnAlternativeStandsInItsTokensPlace()
    {
        var draft = Draft(("The", -1, []), (" straw", -3, [(" blue", -2), (" straw", -3)]), ("berry", -1, [("bery", -4), ("berries", -0.5f)]), (".", -1, []));
        Assert.Equal(
            [new("blue", 2), new("blueberry", 1), new("strawberries", 0.5f), new("strawbery", -3)],
            new DraftAlternatives(draft).For(WordSplitter.Split(draft.Text)[1]));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("berry")]
    [InlineData(" blue ")]
    [InlineData(" blue.")]
    [InlineData("\uFFFD")]
    [InlineData(" 7")]
    [InlineData("")]
    public void WhatIsNotOneWordLikeItIsNone(string other)
    {
        var draft = Draft(("The", -1, []), (" straw", -3, [(other, -2)]));
        Assert.Empty(new DraftAlternatives(draft).For(WordSplitter.Split(draft.Text)[1]));
    }

    [Fact]
    public void ATokenOverAWordsEndHasNone()
    {
        var draft = Draft(("The str", -1, [("The blu", -2)]), ("awberry.", -1, [("awberries.", -1)]));
        Assert.All(WordSplitter.Split(draft.Text), word => Assert.Empty(new DraftAlternatives(draft).For(word)));
    }

    [Fact]
    public void AWordIsFoundWhereEditsHaveMovedItAndAnotherHasNone()
    {
        var draft = Draft(("The", -1, []), (" cat", -1, [(" dog", -2)]), (" sat", -1, [(" lay", -2)]), (" down", -1, []), (" there", -1, [(" here", -2)]));
        var alternatives = new DraftAlternatives(draft);
        Edit[] edits = [Edit(draft, " cat", " small cat"), Edit(draft, "sat", "sits"), Edit(draft, " down", "")];
        alternatives.Follow(edits);
        var words = WordSplitter.Split(Revision.Apply(draft.Text, edits)); // The small cat sits there
        Assert.Equal([0, 0, 0, 0, 1], words.Select(word => alternatives.For(word).Count));
        alternatives.Follow([edits[2]]);
        words = WordSplitter.Split(Revision.Apply(draft.Text, [edits[2]])); // The cat sat there
        Assert.Equal(["dog", "lay", "here"], words.SelectMany(alternatives.For).Select(alternative => alternative.Form));
    }

    [Fact]
    public void AtMostAsManyAsWereAskedForAreFound()
    {
        var draft = Draft(("The", -1, []), (" cat", -1, [(" dog", -3), (" cow", -2), (" hen", -4)]));
        Assert.Equal(["cow", "dog"], new DraftAlternatives(draft, 2).For(WordSplitter.Split(draft.Text)[1]).Select(alternative => alternative.Form));
    }

    [Fact]
    public void FormsOfAnyDraftAreOtherWords()
    {
        var others = AnyText.Whole.Array[0, 4];
        Gen.Select(Gen.OneOf(AnyText.Whole, AnyText.Any([.. FixtureDrafts.Texts])), others, Gen.Int[0, 1000]).Sample((text, others, seed) =>
        {
            if (FixtureDrafts.Of(text, FixtureDrafts.Tokenizers["gpt2"], new Random(seed)) is not { } draft) return;
            TokenAlternative[] alternatives = [.. others.Select((other, i) => new TokenAlternative(-1 - i, other, -i)), new(-9, " word", -3), new(-10, "s", -4)];
            draft = draft with { Tokens = [.. draft.Tokens.Select(token => token with { Alternatives = alternatives })] };
            foreach (var word in WordSplitter.Split(draft.Text))
            {
                var found = new DraftAlternatives(draft).For(word);
                Assert.Distinct(found.Select(alternative => alternative.Form));
                Assert.All(found, alternative => Assert.NotEqual(word.Body, alternative.Form));
                Assert.All(found, alternative => Assert.Equal(alternative.Form, Assert.Single(WordSplitter.Split(alternative.Form)).Body));
            }
        });
    }

    private static Edit Edit(Draft draft, string before, string after) =>
        new(new TextSpan(draft.Text.IndexOf(before, StringComparison.Ordinal), before.Length), before, after, EditKind.Refill, 1, 1);

    private static Draft Draft(params (string Text, float LogProbability, (string Text, float LogProbability)[] Others)[] tokens)
    {
        var at = 0;
        return HybridGen.Drafting.Draft.From(
            [.. tokens.Select((token, i) => new DraftToken(i, token.Text, new TextSpan((at += token.Text.Length) - token.Text.Length, token.Text.Length), token.LogProbability, 0,
                [.. token.Others.Select((other, k) => new TokenAlternative(other.Text == token.Text ? i : 100 + k, other.Text, other.LogProbability))]))],
            new(StopReason.EndOfText, 0, default, default));
    }
}
