namespace HybridGen.Drafting.Tests;

/// <summary>Several drafts in one batch: none is another's business.</summary>
public sealed class BatchTests : IAsyncLifetime
{
    private const string Town = "The old town was a quiet place by the sea, where";

    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DraftPrompt.Raw Prompt(int i) => new DraftPrompt.Raw(string.Concat(Enumerable.Repeat("Then they went on. ", i % 5 * 7)) + Town);

    private static DraftOptions Seeded(int seed, int tokens = 24) => new() { MaxTokens = tokens, Sampling = new Sampling.Random { Seed = (uint)seed, Temperature = 1.2 } };

    public async ValueTask InitializeAsync() => _drafter = await LoadAsync(sequences: 4);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    /// <summary>Requests of different lengths join and leave; each writes what it writes alone, to the last bit of its log-probabilities.</summary>
    [Fact]
    public async Task Draft_ManyAtOnce_EachIsWhatItIsAlone()
    {
        var alone = new List<Draft>();
        for (var i = 0; i < 12; i++) alone.Add(await DraftAsync(Prompt(i), Seeded(i, 8 + 3 * i)));
        var together = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => DraftAsync(Prompt(i), Seeded(i, 8 + 3 * i)), Token)));
        Assert.Equal(alone.Select(draft => draft.Text), together.Select(draft => draft.Text));
        Assert.All(alone.Zip(together), pair => Assert.All(pair.First.Tokens.Zip(pair.Second.Tokens), tokens => Assert.Equal(tokens.First.LogProbability!.Value, tokens.Second.LogProbability!.Value, 1e-3)));
    }

    [Fact]
    public async Task DraftMany_ReadsThePromptOnceAndWritesWhatEachSeedGives()
    {
        var expected = new List<string>();
        for (var i = 0; i < 4; i++) expected.Add((await DraftAsync(Prompt(3), Seeded(5 + i))).Text);
        var before = _drafter.DecodedTokens;
        var drafts = await _drafter.DraftManyAsync(Prompt(3), 4, Seeded(5), Token);
        Assert.Equal(expected, drafts.Select(draft => draft.Text));
        Assert.InRange(_drafter.DecodedTokens - before, 1, drafts[0].Completion.PromptTokens + (4 * 24));
        Assert.Equal(4, drafts.Select(draft => draft.LogProbability).Distinct().Count());
    }

    [Fact]
    public async Task DraftMany_MoreThanThereIsRoomFor_TakeTurns()
    {
        var expected = new List<string>();
        for (var i = 0; i < 6; i++) expected.Add((await DraftAsync(Prompt(0), Seeded(5 + i))).Text);
        Assert.Equal(expected, (await _drafter.DraftManyAsync(Prompt(0), 6, Seeded(5), Token)).Select(draft => draft.Text));
    }

    /// <summary>Running, reading its prompt or waiting: a cancelled request leaves, and the others write on as if it had never been.</summary>
    [Fact]
    public async Task Draft_SomeCancelled_TheOthersAreUntouched()
    {
        var expected = await DraftAsync(Prompt(1), Seeded(1, 60));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var staying = Enumerable.Range(0, 2).Select(_ => Task.Run(() => DraftAsync(Prompt(1), Seeded(1, 60)), Token)).ToList();
        var leaving = Enumerable.Range(0, 6).Select(i => Task.Run(() => Draft.CollectAsync(_drafter.DraftAsync(Prompt(4), Seeded(i, 700), cancel.Token), cancel.Token), Token)).ToList();
        await Task.Delay(100, Token);
        await cancel.CancelAsync();
        foreach (var left in leaving) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        foreach (var stayed in staying) Assert.Equal(expected.Text, (await stayed).Text);
    }

    [Fact]
    public async Task Dispose_WhileDrafting_LetsThoseEndAndRefusesTheRest()
    {
        var drafter = await LoadAsync(sequences: 1);
        await using var first = drafter.DraftAsync(Prompt(0), Seeded(1, 50), Token).GetAsyncEnumerator(Token);
        Assert.True(await first.MoveNextAsync());
        var waiting = Draft.CollectAsync(drafter.DraftAsync(Prompt(0), Seeded(2, 50), Token), Token);
        await Task.Delay(50, Token);
        await Task.WhenAll(drafter.DisposeAsync().AsTask(), drafter.DisposeAsync().AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Draft.CollectAsync(drafter.DraftAsync(Prompt(0), Seeded(2), Token), Token));
        var tokens = 1;
        while (await first.MoveNextAsync()) tokens++;
        Assert.Equal(51, tokens);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Score_IsWhatADraftReported(bool isSmol)
    {
        await using var drafter = isSmol ? await LoadAsync(2, Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf")) : await LoadAsync(2);
        var prompt = Prompt(4).Text;
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw(prompt), new() { MaxTokens = 60, Sampling = new Sampling.Greedy() }, Token), Token);
        var scored = (await drafter.ScoreAsync(prompt + draft.Text, Token)).Where(token => token.Span.Start >= prompt.Length).ToList();
        Assert.Equal(draft.Tokens.Select(token => token.Id!.Value), scored.Select(token => token.Id));
        Assert.All(draft.Tokens.Zip(scored), pair => Assert.Equal(pair.First.LogProbability!.Value, pair.Second.LogProbability!.Value, 1e-3));
    }

    [Fact]
    public async Task Over_TheCallersWeights_DraftsTheSameAndLeavesThemLoaded()
    {
        LlamaLibrary.EnsureLoaded();
        using var weights = LLama.LLamaWeights.LoadFromFile(new LLama.Common.ModelParams(Repository.MiniDrafter) { GpuLayerCount = 0 });
        var options = new LlamaDrafterOptions { ModelPath = "mini", Sequences = 4, IsBatchInvariant = true };
        await using (var drafter = LlamaDrafter.Over(weights, options)) Assert.Equal((await DraftAsync(Prompt(2), Seeded(3))).Text, (await Draft.CollectAsync(drafter.DraftAsync(Prompt(2), Seeded(3), Token), Token)).Text);
        Assert.False(weights.NativeHandle.IsClosed);
    }

    [Fact]
    public async Task Draft_AConversationTooLong_IsRefusedOrLosesItsOldestTurns()
    {
        var turns = Enumerable.Range(0, 30).Select(i => new ChatTurn(i == 0 ? "system" : i % 2 == 1 ? "user" : "assistant", string.Concat(Enumerable.Repeat($"Turn {i} said much. ", 10)))).ToList();
        var chat = new DraftPrompt.Chat(turns);
        var overflow = await Assert.ThrowsAsync<ContextOverflowException>(() => DraftAsync(chat, Seeded(1)));
        Assert.True(overflow.Needed > overflow.Available);
        Assert.Equal(_drafter.ContextSize - 1, overflow.Available);
        var draft = await DraftAsync(chat, Seeded(1) with { Overflow = PromptOverflow.DropOldestTurns });
        var dropped = draft.Completion.DroppedTurns;
        Assert.InRange(dropped, 1, 28);
        Assert.Equal((await DraftAsync(new DraftPrompt.Chat([turns[0], .. turns.Skip(1 + dropped)]), Seeded(1))).Text, draft.Text);
        var last = new DraftPrompt.Chat([turns[0] with { Content = string.Concat(Enumerable.Repeat("word ", 2000)) }, turns[1]]);
        await Assert.ThrowsAsync<ContextOverflowException>(() => DraftAsync(last, Seeded(1) with { Overflow = PromptOverflow.DropOldestTurns }));
    }

    private static Task<LlamaDrafter> LoadAsync(int sequences, string? path = null) =>
        LlamaDrafter.LoadAsync(new() { ModelPath = path ?? Repository.MiniDrafter, Sequences = sequences, IsBatchInvariant = true }, cancellationToken: Token);

    private Task<Draft> DraftAsync(DraftPrompt prompt, DraftOptions options) => Draft.CollectAsync(_drafter.DraftAsync(prompt, options, Token), Token);
}
