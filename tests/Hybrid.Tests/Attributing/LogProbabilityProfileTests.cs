using System.Globalization;
using CsCheck;
using HybridGen.Attributing;
using HybridGen.Drafting;
using HybridGen.Hybrid.Tests.Tokens;
using HybridGen.Words;

namespace HybridGen.Hybrid.Tests.Attributing;

public class LogProbabilityProfileTests
{
    [Fact]
    public void ATokenIsSharedOutByItsUnits()
    {
        var profile = new LogProbabilityProfile(6, [(new(0, 2), -1), (new(2, 4), -2)]);
        Assert.Equal([-1.5, -1.5], profile.Onto([new(0, 3), new(3, 3)]));
        Assert.Equal([-1, -2], profile.Onto([new(0, 2), new(2, 4)]));
    }

    [Fact]
    public void ATokenWithoutTextBelongsToTheOneThatCompletesItsCharacter()
    {
        Assert.Equal([-1, -6], new LogProbabilityProfile(3, [(new(0, 1), -1), (new(1, 0), -2), (new(1, 0), -3), (new(1, 2), -1)]).Onto([new(0, 1), new(1, 2)]));
        Assert.Equal([-3], new LogProbabilityProfile(1, [(new(0, 1), -1), (new(1, 0), -2)]).Onto([new(0, 1)]));
    }

    [Fact]
    public void WhatNoPartCoversBelongsToTheNextOneAndWhatSeveralCoverToAllOfThem()
    {
        var profile = new LogProbabilityProfile(6, [(new(0, 6), -6)]);
        Assert.Equal([-2, -4], profile.Onto([new(1, 1), new(3, 1)]));
        Assert.Equal([-1, -2.5, -2.5], profile.Onto([new(0, 1), new(1, 5), new(1, 5)]));
        Assert.Equal([-6], profile.Onto([new(3, 0)]));
        Assert.Empty(profile.Onto([]));
    }

    [Fact]
    public void TheTotalIsTheSameOverWordsGraphemesAndOtherTokens()
    {
        foreach (var text in FixtureDrafts.Texts) CheckTotals(text, new Random(text.Length));
    }

    [Fact]
    public void TheTotalIsTheSameForAnyText() => AnyText.Broken.Sample(text => CheckTotals(text, new Random(7)));

    [Fact]
    public void AWordHasTheSumOfItsTokens()
    {
        const string Text = "The strawberries, surprisingly, ripened.";
        var draft = FixtureDrafts.Of(Text, FixtureDrafts.Tokenizers["gpt2"], new Random(1))!;
        var words = WordSplitter.Split(Text);
        var shares = new LogProbabilityProfile(draft).Onto([.. words.Select(word => word.Span)]);
        for (var i = 0; i < words.Count; i++)
        {
            var start = words[i].Span.End - words[i].Text.Length;
            var own = draft.Tokens.Where(token => token.Span.Start >= start && token.Span.End <= words[i].Span.End).ToList();
            Assert.Equal(words[i].Text, string.Concat(own.Select(token => token.Text)));
            Assert.Equal(own.Sum(token => (double)token.LogProbability!), shares[i], tolerance: 1e-4);
        }
    }

    private static void CheckTotals(string text, Random random)
    {
        foreach (var tokenizer in FixtureDrafts.Tokenizers.Values)
        {
            if (FixtureDrafts.Of(text, tokenizer, random) is not { Text.Length: > 0 } draft) continue;
            var profile = new LogProbabilityProfile(draft);
            var total = draft.Tokens.Sum(token => (double)token.LogProbability!);
            Assert.Equal(total, profile.Total, tolerance: 1e-4);
            foreach (var parts in Segmentations(text).Where(parts => parts.Count > 0)) Assert.Equal(total, profile.Onto(parts).Sum(), tolerance: 1e-4);
            var own = profile.Onto([.. draft.Tokens.Select(token => token.Span)]);
            for (var i = 0; i < own.Length; i++)
                if (draft.Tokens[i].Text.Length > 0 && (i == 0 || draft.Tokens[i - 1].Text.Length > 0) && i < own.Length - 1) Assert.Equal(draft.Tokens[i].LogProbability!.Value, own[i], tolerance: 1e-4);
        }
    }

    private static IEnumerable<IReadOnlyList<TextSpan>> Segmentations(string text)
    {
        yield return [.. WordSplitter.Split(text).Select(word => word.Span)];
        var starts = StringInfo.ParseCombiningCharacters(text);
        yield return [.. starts.Select((start, i) => new TextSpan(start, (i + 1 < starts.Length ? starts[i + 1] : text.Length) - start))];
        foreach (var tokenizer in FixtureDrafts.Tokenizers.Values) yield return [.. tokenizer.Tokenize(text).Select(token => token.Span)];
    }
}
