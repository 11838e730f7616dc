namespace HybridGen.Drafting.Tests;

public sealed class SessionTests : IAsyncLifetime
{
    private const string Town = "The old town was a quiet place by the sea, where the fishermen mended their nets in the evening and the children";

    private LlamaDrafter _drafter = null!;

    private static DraftOptions Greedy => new() { MaxTokens = 12, Sampling = new Sampling.Greedy() };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, Sequences = 2, IsBatchInvariant = true }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public async Task Draft_PromptThatBeginsAsTheLast_ReadsOnlyTheRest()
    {
        var session = _drafter.StartSession();
        var first = await DraftAsync(session, Town);
        var second = await DraftAsync(session, Town + first.Text + " And then");
        Assert.Equal(0, first.Completion.CachedTokens);
        Assert.InRange(second.Completion.CachedTokens, first.Completion.PromptTokens, second.Completion.PromptTokens - 1);
        Assert.Equal((await FreshAsync(Town + first.Text + " And then")).Text, second.Text);
    }

    [Fact]
    public async Task Continue_GoesOnAsOneDraftWould()
    {
        var session = _drafter.StartSession();
        var first = await DraftAsync(session, Town);
        var second = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        var whole = await Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw(Town), Greedy with { MaxTokens = 24 }, Token), Token);
        Assert.Equal(whole.Text, first.Text + second.Text);
        Assert.Equal(whole.Tokens.Select(token => token.LogProbability), first.Tokens.Concat(second.Tokens).Select(token => token.LogProbability));
        Assert.Equal(session.Text, whole.Text);
        Assert.Equal(second.Completion.PromptTokens - 1, second.Completion.CachedTokens);
    }

    /// <summary>The continuation of a corrected text is that of a fresh prompt with that text, token by token.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(" walked home")]
    [InlineData(" ran.\n\nÉmile Zoé 日本")]
    public async Task Replace_ContinuesAsAFreshPromptWould(string correction)
    {
        var session = _drafter.StartSession();
        await DraftAsync(session, Town);
        var from = session.Text.IndexOf(' ', 5);
        var kept = session.Text[..from];
        session.Replace(from, correction);
        var next = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        var fresh = await FreshAsync(Town + kept + correction);
        Assert.Equal(fresh.Tokens.Select(token => token.Id), next.Tokens.Select(token => token.Id));
        Assert.All(fresh.Tokens.Zip(next.Tokens), pair => Assert.Equal(pair.First.LogProbability!.Value, pair.Second.LogProbability!.Value, 1e-3));
        Assert.True(next.Completion.CachedTokens > 10);
        Assert.Equal(kept + correction + next.Text, session.Text);
    }

    [Fact]
    public async Task Replace_OutsideTheTextOrWithinACharacter_IsRefused()
    {
        var session = _drafter.StartSession();
        Assert.Throws<InvalidOperationException>(() => session.Replace(0, "x"));
        await DraftAsync(session, Town);
        session.Replace(0, "😀");
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Replace(1, ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Replace(3, ""));
        Assert.Equal("😀", session.Text);
    }

    /// <summary>A stop string cuts within a token: what goes on begins at the cut.</summary>
    [Fact]
    public async Task Continue_AfterAStopString_GoesOnFromTheText()
    {
        var session = _drafter.StartSession();
        var whole = await FreshAsync(Town);
        var stop = whole.Text.Substring(whole.Text.Length / 2, 3);
        await Draft.CollectAsync(session.DraftAsync(new DraftPrompt.Raw(Town), Greedy with { StopStrings = [stop] }, Token), Token);
        var next = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        Assert.Equal((await FreshAsync(Town + session.Text[..^next.Text.Length])).Text, next.Text);
    }

    [Fact]
    public async Task Draft_AnotherSessionNeedsThePlace_IsReadAnew()
    {
        var sessions = Enumerable.Range(0, 3).Select(_ => _drafter.StartSession()).ToList();
        foreach (var session in sessions) await DraftAsync(session, Town);
        var evicted = await Draft.CollectAsync(sessions[0].ContinueAsync(Greedy, Token), Token);
        Assert.Equal(0, evicted.Completion.CachedTokens);
        Assert.True((await Draft.CollectAsync(sessions[2].ContinueAsync(Greedy, Token), Token)).Completion.CachedTokens > 0);
        Assert.Equal((await FreshAsync(Town, 24)).Text, sessions[0].Text);
    }

    [Fact]
    public async Task Draft_TwoAtOnceOfOneSession_IsRefusedAndTheFirstGoesOn()
    {
        var session = _drafter.StartSession();
        await using var first = session.DraftAsync(new DraftPrompt.Raw(Town), Greedy with { MaxTokens = 200 }, Token).GetAsyncEnumerator(Token);
        Assert.True(await first.MoveNextAsync());
        var failure = await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(session, Town));
        Assert.Contains("another draft", failure.Message, StringComparison.Ordinal);
        Assert.Throws<DraftingException>(() => session.Replace(0, ""));
        Assert.True(await first.MoveNextAsync());
    }

    [Fact]
    public async Task Draft_Cancelled_KeepsWhatWasWritten()
    {
        var session = _drafter.StartSession();
        var seen = "";
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in session.DraftAsync(new DraftPrompt.Raw(Town), Greedy with { MaxTokens = 500 }, cancel.Token))
            {
                seen += ((DraftToken)update).Text;
                if (seen.Length > 20) await cancel.CancelAsync();
            }
        });
        Assert.StartsWith(seen, session.Text, StringComparison.Ordinal);
        var next = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        Assert.Equal((await FreshAsync(Town + session.Text[..^next.Text.Length])).Text, next.Text);
    }

    [Fact]
    public async Task SaveAndRestore_GoesOnWithoutReadingAnew()
    {
        using var folder = new Scratch();
        var session = _drafter.StartSession();
        await DraftAsync(session, Town);
        await session.SaveAsync(Path.Combine(folder.Folder, "s"), Token);
        var expected = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        var restored = _drafter.StartSession();
        await restored.RestoreAsync(Path.Combine(folder.Folder, "s"), Token);
        var next = await Draft.CollectAsync(restored.ContinueAsync(Greedy, Token), Token);
        Assert.Equal((expected.Text, session.Text), (next.Text, restored.Text));
        Assert.Equal(next.Completion.PromptTokens - 1, next.Completion.CachedTokens);
        restored.Replace(3, " gulls");
        Assert.StartsWith(session.Text[..3] + " gulls", restored.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_DamagedAtAnyPlace_IsRefusedAndTheSessionStays()
    {
        using var folder = new Scratch();
        var session = _drafter.StartSession();
        await DraftAsync(session, Town);
        await session.SaveAsync(Path.Combine(folder.Folder, "s"), Token);
        var good = await File.ReadAllBytesAsync(Path.Combine(folder.Folder, "s"), Token);
        var random = new Random(1);
        for (var i = 0; i < 60; i++)
        {
            byte[] bad = i % 3 == 0 ? good[..random.Next(good.Length)] : [.. good];
            if (i % 3 != 0) bad[i % 2 == 0 ? random.Next(400) : random.Next(bad.Length)] ^= (byte)random.Next(1, 256);
            await File.WriteAllBytesAsync(Path.Combine(folder.Folder, "bad"), bad, Token);
            await Assert.ThrowsAsync<DraftingException>(() => session.RestoreAsync(Path.Combine(folder.Folder, "bad"), Token));
        }

        await Assert.ThrowsAsync<DraftingException>(() => session.RestoreAsync(Path.Combine(folder.Folder, "none"), Token));
        Assert.Equal((await FreshAsync(Town, 24)).Text, session.Text + (await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token)).Text);
    }

    [Fact]
    public async Task Restore_OfAnotherModel_IsRefused()
    {
        using var folder = new Scratch();
        var session = _drafter.StartSession();
        await DraftAsync(session, Town);
        await session.SaveAsync(Path.Combine(folder.Folder, "s"), Token);
        await using var other = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf") }, cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<DraftingException>(() => other.StartSession().RestoreAsync(Path.Combine(folder.Folder, "s"), Token));
        Assert.Contains("another model", failure.Message, StringComparison.Ordinal);
    }

    private static Task<Draft> DraftAsync(DraftSession session, string prompt) => Draft.CollectAsync(session.DraftAsync(new DraftPrompt.Raw(prompt), Greedy, Token), Token);

    private Task<Draft> FreshAsync(string prompt, int tokens = 12) => Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw(prompt), Greedy with { MaxTokens = tokens }, Token), Token);
}
