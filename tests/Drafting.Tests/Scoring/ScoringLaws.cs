namespace HybridGen.Drafting.Tests;

/// <summary>What must hold of any drafter that scores.</summary>
internal static class ScoringLaws
{
    private const string Line = "The children of the old town were hapy to live their, and (teh sea) was calm in the evning. Café naïve 日本 end.";

    private static readonly TextVariant[] Variants =
    [
        Change("hapy", "happy"), Change("hapy", "hay"), Change("their", "there"), Change("teh", "the"), Change("evning", "evening"), Change("evning", "even ing"), Change("end", "ends"),
        Change("The", "A"), Change("Café", "Cafe"), Change("日本", "中国"), Change("town", "town"), Change("was calm ", ""),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task ScoreIsWhatADraftReports(LlamaDrafter drafter)
    {
        const string Prompt = "The old town";
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw(Prompt), new() { MaxTokens = 40, Sampling = new Sampling.Greedy() }, Token), Token);
        var scored = await drafter.ScoreAsync(Prompt + draft.Text, Token);
        var own = scored.Where(token => token.Span.Start >= Prompt.Length).ToList();
        Assert.Equal(draft.Tokens.Select(token => token.Id!.Value), own.Select(token => token.Id));
        Assert.Equal(draft.Tokens.Select(token => token.Span.Start + Prompt.Length), own.Select(token => token.Span.Start));
        var differences = draft.Tokens.Zip(own, (drafted, token) => Math.Abs(drafted.LogProbability!.Value - token.LogProbability!.Value)).ToList();
        // Many tokens at once are summed in another order than one by one, in half precision.
        Assert.InRange(differences.Average(), 0, 1e-3);
        Assert.InRange(differences.Max(), 0, 5e-3);
    }

    public static async Task AVariantIsTheDifferenceOfWholeTexts(LlamaDrafter drafter)
    {
        var comparison = await drafter.CompareAsync([new TextVariants(Line, Variants)], tail: 1000, Token);
        foreach (var (variant, score) in Variants.Zip(comparison.Scores[0]))
        {
            var changed = string.Concat(Line.AsSpan(0, variant.Span.Start), variant.After, Line.AsSpan(variant.Span.End));
            var expected = await SumAsync(drafter, changed) - await SumAsync(drafter, Line);
            Assert.Equal(expected, score.LogRatio, 0.05);
        }
    }

    /// <summary>What is decoded beside a variant, and how much of it, changes nothing beyond rounding.</summary>
    public static async Task AVariantDoesNotDependOnItsBatchMates(LlamaDrafter drafter)
    {
        var texts = Enumerable.Range(0, 40).Select(i => new TextVariants(string.Concat(Enumerable.Repeat("Then they went on. ", i % 5)) + Line, [])).ToList();
        texts = [.. texts.Select(text => text with { Variants = [.. Variants.Select(variant => variant with { Span = variant.Span with { Start = variant.Span.Start + text.Text.Length - Line.Length } })] })];
        var together = await drafter.CompareAsync(texts, tail: 4, Token);
        for (var i = 0; i < texts.Count; i += 7)
        {
            var alone = await drafter.CompareAsync([texts[i]], tail: 4, Token);
            Assert.All(alone.Scores[0].Zip(together.Scores[i]), pair => Assert.Equal(pair.First.LogRatio, pair.Second.LogRatio, 0.02));
        }
    }

    /// <summary>A variant that can hardly reach what it must is not read to its end; what it is said to be worth stays below that.</summary>
    public static async Task AVariantThatCannotMatterIsGivenUp(LlamaDrafter drafter)
    {
        TextVariant[] variants = [Change("hapy", "happy"), Change("hapy", "the"), Change("their", "parliament") with { Least = 20 }, Change("their", "there") with { Least = -20 }];
        var all = await drafter.CompareAsync([new TextVariants(Line, [.. variants.Select(variant => variant with { Least = double.NegativeInfinity })])], tail: 6, Token);
        var some = await drafter.CompareAsync([new TextVariants(Line, variants)], tail: 6, Token);
        Assert.Equal([true, true, false, true], some.Scores[0].Select(score => score.IsComplete));
        Assert.True(some.Scores[0][2].LogRatio < 20 && some.Scores[0][2].LogRatio > all.Scores[0][2].LogRatio);
        Assert.Equal(all.Scores[0][3].LogRatio, some.Scores[0][3].LogRatio, 0.02);
        Assert.True(some.VariantTokens < all.VariantTokens);
        Assert.Equal(all.TextTokens, some.TextTokens);
    }

    private static TextVariant Change(string before, string after) => new(new TextSpan(Line.IndexOf(before, StringComparison.Ordinal), before.Length), after);

    private static async Task<double> SumAsync(LlamaDrafter drafter, string text) => (await drafter.ScoreLedAsync(text, Token)).Sum(token => (double?)token.LogProbability ?? 0);
}
