using HybridGen.Checkpoints;
using HybridGen.Drafting;

namespace HybridGen.Hybrid.Tests;

public class EngineTests
{
    [Fact]
    public async Task AFailedLoadIsTriedAgainAndDisposalEndsUse()
    {
        var loads = 0;
        var engine = new HybridGenEngine(new HybridGenOptions(), (_, _) => throw new DraftingException($"load {++loads}"));
        for (var i = 1; i <= 2; i++)
            Assert.Equal($"load {i}", (await Assert.ThrowsAsync<DraftingException>(() => engine.LoadAsync(refiner: false, cancellationToken: TestContext.Current.CancellationToken))).Message);
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.ReviseAsync("a", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AMissingRefinerIsNamed()
    {
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = "no-such-folder" });
        var failure = await Assert.ThrowsAsync<CheckpointFormatException>(() => engine.ReviseAsync("a", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("no-such-folder", failure.Message, StringComparison.Ordinal);
    }
}
