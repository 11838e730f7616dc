using HybridGen.Checkpoints;
using HybridGen.Drafting;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests;

public class EngineTests(MiniEngine mini)
{
    private const string Draft = "I recieved teh packige yesterday.";
    private const string Revised = "I received the package yesterday.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFailedLoadIsTriedAgainAndDisposalEndsUse()
    {
        var loads = 0;
        var engine = new HybridGenEngine(new HybridGenOptions(), (_, _, _) => throw new DraftingException($"load {++loads}"));
        for (var i = 1; i <= 2; i++)
            Assert.Equal($"load {i}", (await Assert.ThrowsAsync<DraftingException>(() => engine.LoadAsync(refiner: false, cancellationToken: Token))).Message);
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.ReviseAsync("a", cancellationToken: Token));
    }

    [Fact]
    public async Task AMissingRefinerIsNamed()
    {
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = "no-such-folder" });
        var failure = await Assert.ThrowsAsync<CheckpointFormatException>(() => engine.ReviseAsync("a", cancellationToken: Token));
        Assert.Contains("no-such-folder", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADrafterThatCannotScoreIsRefusedAsJudge()
    {
        var options = new HybridGenOptions { RefinerPath = Repository.MiniModel, DrafterPath = "a drafter", JudgePath = "a drafter" };
        await using var engine = new HybridGenEngine(options, (_, _, _) => Task.FromResult<IDrafter>(new FakeDrafter(Draft)));
        var failure = await Assert.ThrowsAsync<DraftingException>(() => engine.ReviseAsync(Draft, cancellationToken: Token));
        Assert.Equal("The drafter 'fake' cannot say how probable a given text is, so it cannot judge; name another judge, or none.", failure.Message);
        Assert.Equal(Revised, (await engine.ReviseAsync(Draft, new ReviseOptions { Policies = [new EditPolicy.Spelling { Judge = null }] }, cancellationToken: Token)).Output);
    }

    [Fact]
    public async Task AnyDrafterCanBeBroughtAndIsDisposedOfWithTheEngine()
    {
        var unused = new FakeDrafter(Draft);
        await using (new HybridGenEngine(unused)) { }
        Assert.True(unused.IsDisposed);
        await using var engine = new HybridGenEngine(new TextDrafter(Draft), new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null });
        var generation = await engine.GenerateAsync(DraftPrompt.User("Hi"), new GenerateOptions { Revise = ReviseOptions.Fix }, Token);
        Assert.Equal(Revised, generation.Text);
        Assert.Equal(Revised, string.Concat(generation.Tokens.Select(token => token.Text)));
    }

    [Fact]
    public async Task TheStreamIsDraftThenRevisionThenTheGeneration()
    {
        await using var engine = WithDraft(Draft);
        var updates = await engine.StreamAsync(DraftPrompt.User("Hi"), cancellationToken: Token).ToListAsync(Token);
        var kinds = updates.Select(update => update.GetType().Name).ToList();
        Assert.Equal(kinds.Order(Comparer<string>.Create((a, b) => Rank(a) - Rank(b))), kinds);
        Assert.Equal(Draft, string.Concat(updates.OfType<GenerationUpdate.Drafted>().Select(update => update.Token.Text)));
        var generation = Assert.Single(updates.OfType<GenerationUpdate.Completed>()).Generation;
        Assert.Equal((Draft, Revised), (generation.Draft.Text, generation.Text));
        Assert.Contains(updates, update => update is GenerationUpdate.Revised);

        static int Rank(string kind) => Array.IndexOf([nameof(GenerationUpdate.Drafted), nameof(GenerationUpdate.Revised), nameof(GenerationUpdate.Completed)], kind);
    }

    [Fact]
    public async Task WithoutARevisionTheDraftIsTheTextAndNoRefinerIsLoaded()
    {
        await using var engine = WithDraft(Draft, refiner: "no-such-folder");
        var generation = await engine.GenerateAsync(DraftPrompt.User("Hi"), new GenerateOptions { Revise = null }, Token);
        Assert.Equal(Draft, generation.Text);
        Assert.Null(generation.Revision);
    }

    [Fact]
    public async Task EightCallersLoadOneModelAndDisposalFreesIt()
    {
        var loads = 0;
        var drafter = new FakeDrafter(Draft);
        var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null }, async (_, _, cancellationToken) =>
        {
            await Task.Delay(50, cancellationToken);
            Interlocked.Increment(ref loads);
            return drafter;
        });
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => engine.GenerateAsync(DraftPrompt.User("Hi"), cancellationToken: Token))));
        Assert.Equal(1, loads);
        Assert.All(all, generation => Assert.Equal(Revised, generation.Text));
        await engine.DisposeAsync();
        Assert.True(drafter.IsDisposed);
    }

    [Fact]
    public async Task AReaderThatTurnsAwayLeavesTheEngineUsable()
    {
        await using var engine = WithDraft(Draft);
        await using (var reader = engine.StreamAsync(DraftPrompt.User("Hi"), cancellationToken: Token).GetAsyncEnumerator(Token)) await reader.MoveNextAsync();
        Assert.Equal(Revised, (await engine.GenerateAsync(DraftPrompt.User("Hi"), cancellationToken: Token)).Text);
    }

    [Fact]
    public async Task RevisionsAtOnceGiveWhatRevisionsInTurnGive()
    {
        string[] texts = [.. Enumerable.Range(0, 6).Select(i => string.Concat(Enumerable.Repeat($"I recieved {i} packiges and teh leter. ", i + 1)))];
        var inTurn = new List<string>();
        foreach (var text in texts) inTurn.Add((await mini.Engine.ReviseAsync(text, cancellationToken: Token)).Output);
        var atOnce = await Task.WhenAll(texts.Select(text => Task.Run(() => mini.Engine.ReviseAsync(text, cancellationToken: Token))));
        Assert.Equal(inTurn, atOnce.Select(revision => revision.Output));
    }

    [Fact]
    public async Task TheMiniPairGeneratesTheSameTextForTheSameSeed()
    {
        var options = new GenerateOptions { Draft = new DraftOptions { MaxTokens = 40, Sampling = new Sampling.Random { Seed = 11 } } };
        var first = await mini.Engine.GenerateAsync(new DraftPrompt.Raw("The old town"), options, Token);
        var second = await mini.Engine.GenerateAsync(new DraftPrompt.Raw("The old town"), options, Token);
        Assert.Equal((first.Draft.Text, first.Text), (second.Draft.Text, second.Text));
        Assert.True(first.Revision!.Words > 0);
    }

    private static HybridGenEngine WithDraft(string draft, string? refiner = null) =>
        new(new HybridGenOptions { RefinerPath = refiner ?? Repository.MiniModel, JudgePath = null }, (_, _, _) => Task.FromResult<IDrafter>(new FakeDrafter(draft)));
}
