namespace HybridGen.Drafting.Tests;

/// <summary>Sampling as drafts of the shipped model show it.</summary>
public sealed class DraftSamplingTests : IAsyncLifetime
{
    private LlamaDrafter _drafter = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, Threads = 1 }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _drafter.DisposeAsync();

    [Fact]
    public async Task Draft_GreedyWithoutEffect_IsThePlainGreedy() =>
        Assert.Equal((await DraftAsync(new Sampling.Greedy())).Text, (await DraftAsync(new Sampling.Greedy { Penalties = new(), LogitBias = [new LogitBias.OfToken(5, 0)] })).Text);

    [Fact]
    public async Task Draft_BannedToken_IsNeverChosenAndStillReported()
    {
        var best = (await DraftAsync(new Sampling.Greedy(), tokens: 1)).Tokens[0];
        var draft = await DraftAsync(new Sampling.Greedy { LogitBias = [new LogitBias.OfToken(best.Id!.Value, LogitBias.Banned)] });
        Assert.DoesNotContain(best.Id, draft.Tokens.Select(token => token.Id));
        Assert.Equal(best.Alternatives, draft.Tokens[0].Alternatives);
        Assert.Equal(best.Alternatives[1].Id, draft.Tokens[0].Id);
    }

    [Fact]
    public async Task Draft_BiasByText_PutsItsTokenEverywhere() =>
        Assert.Equal(" and and and", (await DraftAsync(new Sampling.Random { Seed = 1, LogitBias = [new LogitBias.OfText(" and", 100)] }, tokens: 3)).Text);

    [Theory]
    [InlineData(" an unlikely long text")]
    [InlineData("")]
    public async Task Draft_BiasForWhatIsNotOneToken_IsRefused(string text) =>
        Assert.Contains("exactly one", (await Refused(new Sampling.Greedy { LogitBias = [new LogitBias.OfText(text, 1)] })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public async Task Draft_BiasForAnUnknownToken_IsRefused(int id) =>
        Assert.Contains($"token {id}", (await Refused(new Sampling.Greedy { LogitBias = [new LogitBias.OfToken(id, 1)] })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Draft_EverythingBanned_IsRefusedForEverySampling()
    {
        var all = Enumerable.Range(0, VocabularySize).Select(id => new LogitBias.OfToken(id, LogitBias.Banned)).ToArray();
        foreach (var sampling in new Sampling[] { new Sampling.Greedy(), new Sampling.Random { Typical = 0.5 }, new Sampling.Mirostat1(), new Sampling.Mirostat2() })
            Assert.Contains("bans", (await Refused(sampling with { LogitBias = all })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draft_AllButOneBanned_IsThatOne()
    {
        foreach (var sampling in new Sampling[] { new Sampling.Greedy(), new Sampling.Random { Typical = 0.5, Xtc = new() }, new Sampling.Mirostat1(), new Sampling.Mirostat2() })
        {
            var bias = Enumerable.Range(0, VocabularySize).Where(id => id != 400).Select(id => new LogitBias.OfToken(id, LogitBias.Banned)).ToArray();
            Assert.All((await DraftAsync(sampling with { LogitBias = bias }, tokens: 3)).Tokens, token => Assert.Equal(400, token.Id));
        }
    }

    /// <summary>The prompt's tokens count from the first drafted token on.</summary>
    [Fact]
    public async Task Draft_PenaltyOnWhatThePromptSays_AvoidsItAtOnce()
    {
        const string Prompt = "the sea the sea the sea the sea the";
        var plain = (await DraftAsync(new Sampling.Greedy(), Prompt, 1)).Tokens[0];
        Assert.Equal(" sea", plain.Text);
        Assert.NotEqual(" sea", (await DraftAsync(new Sampling.Greedy { Penalties = new() { Presence = 10 } }, Prompt, 1)).Text);
        Assert.NotEqual(" sea", (await DraftAsync(new Sampling.Greedy { Dry = new() { Multiplier = 20 } }, Prompt, 1)).Text);
        Assert.Equal(" sea", (await DraftAsync(new Sampling.Greedy { Penalties = new() { Presence = 10, Window = 1 } }, Prompt, 1)).Text);
    }

    [Fact]
    public async Task Draft_FrequencyPenalty_LeavesTheLoop()
    {
        var plain = await DraftAsync(new Sampling.Greedy(), tokens: 60);
        var penalised = await DraftAsync(new Sampling.Greedy { Penalties = new() { Frequency = 2, Window = null } }, tokens: 60);
        Assert.True(MostUsed(penalised) < MostUsed(plain) / 2);
        static int MostUsed(Draft draft) => draft.Tokens.CountBy(token => token.Id!.Value).Max(count => count.Value);
    }

    [Fact]
    public async Task Draft_Mirostat_IsFixedByTheSeed()
    {
        foreach (var (one, same, other) in new (Sampling, Sampling, Sampling)[]
        {
            (new Sampling.Mirostat1 { Seed = 1 }, new Sampling.Mirostat1 { Seed = 1 }, new Sampling.Mirostat1 { Seed = 2 }),
            (new Sampling.Mirostat2 { Seed = 1 }, new Sampling.Mirostat2 { Seed = 1 }, new Sampling.Mirostat2 { Seed = 2 }),
        })
        {
            var first = await DraftAsync(one);
            Assert.Equal(first.Text, (await DraftAsync(same)).Text);
            Assert.NotEqual(first.Text, (await DraftAsync(other)).Text);
        }
    }

    private int VocabularySize => _drafter.VocabularySize;

    private async Task<DraftingException> Refused(Sampling sampling) => await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(sampling));

    private Task<Draft> DraftAsync(Sampling sampling, string prompt = "The old town", int tokens = 24) =>
        Draft.CollectAsync(_drafter.DraftAsync(new DraftPrompt.Raw(prompt), new() { MaxTokens = tokens, Sampling = sampling }, Token), Token);
}
