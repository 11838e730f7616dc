namespace HybridGen.Drafting.Tests;

/// <summary>What a drafter thinks of given texts, with the shipped mini drafter.</summary>
public sealed class ScoringTests : IAsyncLifetime
{
    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public Task Score_OfADraft_IsWhatTheDraftReported() => ScoringLaws.ScoreIsWhatADraftReports(_drafter);

    [Fact]
    public Task Compare_ManyTexts_GivesWhatEachAloneGives() => ScoringLaws.AVariantDoesNotDependOnItsBatchMates(_drafter);

    [Fact]
    public Task Compare_Variant_IsTheDifferenceOfWholeTexts() => ScoringLaws.AVariantIsTheDifferenceOfWholeTexts(_drafter);

    [Fact]
    public Task Compare_VariantThatCannotMatter_IsGivenUp() => ScoringLaws.AVariantThatCannotMatterIsGivenUp(_drafter);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a")]
    [InlineData("<|mask|> stays text, 日本 👩‍👩‍👧 too.\r\n\tEnd ")]
    [InlineData("\uD800")]
    public async Task Score_AnyText_IsTiledByItsTokens(string text)
    {
        var tokens = await _drafter.ScoreAsync(text, Token);
        var end = 0;
        foreach (var token in tokens)
        {
            Assert.Equal(end, token.Span.Start);
            Assert.True(token.LogProbability <= 0);
            end = token.Span.End;
        }

        Assert.Equal(text.Length, end);
    }

    [Fact]
    public async Task Compare_TextBeyondTheContext_SaysBothSizes()
    {
        var failure = await Assert.ThrowsAsync<DraftingException>(() => _drafter.CompareAsync([new(string.Concat(Enumerable.Repeat("word and ", 600)), [new(new TextSpan(5000, 4), "ward")])], 4, Token));
        Assert.Contains("1202 tokens; the variants of at most 1024 can be compared", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A batch smaller than the number of sequences side by side ends the process in llama.cpp.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public async Task Score_WithASmallBatch_IsTheSame(int batchSize)
    {
        await using var small = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, BatchSize = batchSize }, cancellationToken: Token);
        Assert.Equal(await _drafter.ScoreAsync("The old town", Token), await small.ScoreAsync("The old town", Token));
        await ScoringLaws.ScoreIsWhatADraftReports(small);
    }

    [Fact]
    public async Task Compare_Cancelled_ThrowsAndTheNextIsWhole()
    {
        TextVariants[] few = [new("The sea was calm.", [new(new TextSpan(4, 3), "tea")])];
        var expected = (await _drafter.CompareAsync(few, 4, Token)).Scores[0][0].LogRatio;
        var many = Enumerable.Repeat(new TextVariants("The sea was calm, and the town was quiet.", [.. Enumerable.Repeat(new TextVariant(new TextSpan(4, 3), "tea"), 50)]), 60).ToList();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var started = System.Diagnostics.Stopwatch.StartNew();
        await _drafter.CompareAsync(many, 4, Token);
        // Early enough also where the machine was busy the first time.
        cancel.CancelAfter(started.Elapsed / 50);
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _drafter.CompareAsync(many, 4, cancel.Token));
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Equal(expected, (await _drafter.CompareAsync(few, 4, Token)).Scores[0][0].LogRatio, 0.01);
    }

    [Fact]
    public async Task Score_WhileDrafting_GivesWhatEachAloneGives()
    {
        var options = new DraftOptions { MaxTokens = 60, Sampling = new Sampling.Greedy() };
        var draft = (await Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw("The old town"), options, Token), Token)).Text;
        var scores = (await _drafter.ScoreAsync(draft, Token)).Select(token => token.LogProbability).ToList();
        var drafting = Task.Run(() => Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw("The old town"), options, Token), Token), Token);
        for (var i = 0; i < 5; i++) Assert.Equal(scores, (await _drafter.ScoreAsync(draft, Token)).Select(token => token.LogProbability));
        Assert.Equal(draft, (await drafting).Text);
    }

    [Fact]
    public async Task Score_AfterDisposal_IsRefused()
    {
        await _drafter.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _drafter.ScoreAsync("a", Token));
    }

    [Fact]
    public void LogSumExp_IsWhatTheDefinitionSays()
    {
        float[] values = [.. Enumerable.Range(0, 5000).Select(i => MathF.Sin(i) * 30), float.NegativeInfinity, 88];
        Assert.Equal(Math.Log(values.Sum(value => Math.Exp(value))), ScoringBatch.LogSumExp(values), 1e-5);
    }
}
