namespace HybridGen.Drafting.Tests;

public sealed class MiniDrafterTests : IAsyncLifetime
{
    private LlamaDrafter _drafter = null!;

    private static DraftPrompt Prompt => new DraftPrompt.Raw("The old town");

    private static DraftOptions Greedy => new() { MaxTokens = 24, Sampling = new Sampling.Greedy() };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public async Task Draft_Greedy_TakesTheBestTokenAndIsTheSameEachTime()
    {
        var first = await DraftAsync(Prompt, Greedy);
        var second = await DraftAsync(Prompt, Greedy);
        Assert.Equal(" was a great deal of the world, and the great city of the world was a great deal of the world. The", first.Text);
        Assert.Equal(first.Text, second.Text);
        Assert.All(first.Tokens, token => Assert.Equal((token.Id, token.LogProbability), (token.Alternatives[0].Id, token.Alternatives[0].LogProbability)));
        Assert.Equal(StopReason.MaxTokens, first.Completion.Reason);
    }

    [Fact]
    public async Task Draft_Seeded_IsFixedByTheSeed()
    {
        var first = await DraftAsync(Prompt, Seeded(7));
        Assert.Equal(first.Text, (await DraftAsync(Prompt, Seeded(7))).Text);
        Assert.NotEqual(first.Text, (await DraftAsync(Prompt, Seeded(8))).Text);
    }

    /// <summary>What is reported is the model's own distribution, whatever the sampler makes of it.</summary>
    [Fact]
    public async Task Draft_AnySampling_ReportsTheSameDistribution()
    {
        var greedy = (await DraftAsync(Prompt, Greedy)).Tokens[0];
        var sampled = (await DraftAsync(Prompt, Greedy with { Sampling = new Sampling.Random { Temperature = 3, TopK = 2, Seed = 1 } })).Tokens[0];
        Assert.Equal(greedy.Alternatives, sampled.Alternatives);
        Assert.Equal(greedy.Entropy, sampled.Entropy);
        Assert.Contains(sampled.Id!.Value, greedy.Alternatives.Take(2).Select(token => token.Id));
    }

    [Fact]
    public async Task Draft_StopString_EndsBeforeItAndKeepsTheTokensTogether()
    {
        var draft = await DraftAsync(Prompt, Greedy with { StopStrings = ["nowhere", "eal of"] });
        Assert.Equal((" was a great d", StopReason.StopString, "eal of"), (draft.Text, draft.Completion.Reason, draft.Completion.StopString));
        Assert.All(draft.Tokens, token => Assert.Equal(token.Text, token.Span.Of(draft.Text).ToString()));
    }

    [Theory]
    [InlineData("<|mask|>")]
    [InlineData("<|blank|>")]
    [InlineData("<|endoftext|>")]
    public async Task Draft_ControlStringInThePrompt_StaysText(string control)
    {
        var options = Greedy with { MaxTokens = 1 };
        var without = await DraftAsync(new DraftPrompt.Raw("Say x"), options);
        var with = await DraftAsync(new DraftPrompt.Raw($"Say x{control}"), options);
        Assert.True(with.Completion.PromptTokens > without.Completion.PromptTokens + 2);
    }

    [Fact]
    public async Task Draft_PromptBeyondTheContext_SaysBothSizes()
    {
        var failure = await Assert.ThrowsAsync<ContextOverflowException>(() => DraftAsync(new DraftPrompt.Raw(string.Concat(Enumerable.Repeat("word ", 1500))), Greedy));
        Assert.Contains("the context has 1024", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draft_ContextFull_EndsThereAndSaysSo()
    {
        var prompt = new DraftPrompt.Raw(string.Concat(Enumerable.Repeat("word and ", 500)));
        var draft = await DraftAsync(prompt, Greedy with { MaxTokens = 2000 });
        Assert.Equal(StopReason.ContextFull, draft.Completion.Reason);
        Assert.InRange(draft.Completion.PromptTokens + draft.Tokens.Count, _drafter.ContextSize, _drafter.ContextSize + 1);
    }

    [Fact]
    public async Task Draft_Cancelled_ThrowsAndTheNextDraftIsWhole()
    {
        var expected = await DraftAsync(Prompt, Greedy);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var tokens = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in _drafter.DraftAsync(Prompt, Greedy with { MaxTokens = 900 }, cancel.Token))
                if (++tokens == 2) await cancel.CancelAsync();
        });
        Assert.Equal(expected.Text, (await DraftAsync(Prompt, Greedy)).Text);
    }

    [Fact]
    public async Task Draft_ReaderTurnsAway_TheNextDraftIsWhole()
    {
        var expected = await DraftAsync(Prompt, Greedy);
        await using (var reader = _drafter.DraftAsync(Prompt, Greedy with { MaxTokens = 900 }, Token).GetAsyncEnumerator(Token)) await reader.MoveNextAsync();
        Assert.Equal(expected.Text, (await DraftAsync(Prompt, Greedy)).Text);
    }

    /// <summary>A draft that is read slowly, or not at all, keeps no other waiting once it is decoded.</summary>
    [Fact]
    public async Task Draft_InsideTheLoopOverAnother_Works()
    {
        await foreach (var update in _drafter.DraftAsync(Prompt, Greedy with { MaxTokens = 3 }, Token))
            if (update is DraftToken) Assert.Equal(24, (await DraftAsync(Prompt, Greedy)).Tokens.Count);
    }

    [Fact]
    public async Task Draft_FourAtOnce_GivesWhatFourInTurnGive()
    {
        var inTurn = new List<string>();
        for (uint seed = 0; seed < 4; seed++) inTurn.Add((await DraftAsync(Prompt, Seeded(seed))).Text);
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() => DraftAsync(Prompt, Seeded((uint)seed)), Token)));
        Assert.Equal(inTurn, atOnce.Select(draft => draft.Text));
    }

    [Fact]
    public async Task Prepare_BeforeAndAfterDrafts_ChangesNothing()
    {
        await Task.WhenAll(_drafter.PrepareAsync(), _drafter.PrepareAsync());
        var draft = await DraftAsync(Prompt, Greedy);
        await _drafter.PrepareAsync();
        Assert.Equal(draft.Text, (await DraftAsync(Prompt, Greedy)).Text);
        await _drafter.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(_drafter.PrepareAsync);
    }

    /// <summary>No machine has room for it: the one who prepares hears so, and so does the one who drafts.</summary>
    [Fact]
    public async Task Prepare_WithoutRoom_IsADraftingExceptionEachTime()
    {
        await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, ContextSize = 1 << 29, Sequences = 64 }, cancellationToken: Token);
        await Assert.ThrowsAsync<DraftingException>(drafter.PrepareAsync);
        await Assert.ThrowsAsync<DraftingException>(drafter.PrepareAsync);
        await Assert.ThrowsAsync<DraftingException>(() => Draft.CollectAsync(drafter.DraftAsync(Prompt, Greedy, Token), Token));
    }

    [Fact]
    public async Task Draft_AfterDisposal_IsRefused()
    {
        await _drafter.DisposeAsync();
        await _drafter.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => DraftAsync(Prompt, Greedy));
    }

    [Fact]
    public async Task Dispose_WhileAPromptIsReadIntoTokens_WaitsForIt()
    {
        using var goOn = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        FittedPrompt Fit()
        {
            begun.SetResult();
            goOn.Wait(Token);
            return _drafter.Scaffold.Fit(Prompt, Greedy, _drafter.ContextSize);
        }

        var draft = Draft.CollectAsync(_drafter.StreamAsync(Fit, Greedy, null, null, Token), Token);
        await begun.Task;
        var disposing = Task.Run(() => _drafter.DisposeAsync().AsTask(), Token);
        await Assert.ThrowsAsync<TimeoutException>(() => disposing.WaitAsync(TimeSpan.FromMilliseconds(200), Token));
        goOn.Set();
        await disposing;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => draft);
    }

    [Fact]
    public async Task Load_AnyBadFile_IsADraftingException()
    {
        var failure = await Assert.ThrowsAsync<GgufFormatException>(() => LlamaDrafter.LoadAsync(new() { ModelPath = Path.Combine(Repository.Root, "LICENSE") }, cancellationToken: Token));
        Assert.Contains("LICENSE", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Beside each other, loads that fail say each its own reason.</summary>
    [Fact]
    public async Task Load_SeveralAtOnce_EachFailsForItsOwnReason()
    {
        using var scratch = new Scratch();
        var paths = Enumerable.Range(0, 16).Select(i => scratch.Write($"{i}.gguf", TinyModels.Llama().Set("general.architecture", $"unknown{i}").ToArray())).ToList();
        var failures = await Task.WhenAll(paths.Select(path => Assert.ThrowsAnyAsync<DraftingException>(() => LlamaDrafter.LoadAsync(new() { ModelPath = path }, cancellationToken: Token))));
        Assert.All(failures.Index(), failure => Assert.Contains($"unknown{failure.Index}'", failure.Item.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Load_UnknownArchitecture_PassesOnLlamaCppsReason()
    {
        var bytes = File.ReadAllBytes(Repository.MiniDrafter);
        bytes[bytes.AsSpan().IndexOf("llama"u8) + 4] = (byte)'x';
        var path = Path.GetTempFileName();
        await File.WriteAllBytesAsync(path, bytes, Token);
        var failure = await Assert.ThrowsAsync<DraftingException>(() => LlamaDrafter.LoadAsync(new() { ModelPath = path }, cancellationToken: Token));
        File.Delete(path);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("unknown model architecture: 'llamx'", failure.Message, StringComparison.Ordinal);
    }

    private static DraftOptions Seeded(uint seed) => new() { MaxTokens = 24, Sampling = new Sampling.Random { Seed = seed } };

    private Task<Draft> DraftAsync(DraftPrompt prompt, DraftOptions options) => Draft.CollectAsync(_drafter.DraftAsync(prompt, options, Token), Token);
}
