namespace HybridGen.Drafting.Tests;

/// <summary>What the process holds: alone, so that no other test's memory is counted.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Compare_HundredsOfTimes_TakesNoMoreMemory()
    {
        await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter }, cancellationToken: Token);
        TextVariants[] texts = [new("The sea was calm, and the town was quiet.", [new(new TextSpan(4, 3), "tea"), new(new TextSpan(12, 4), "clam")])];
        for (var i = 0; i < 100; i++) await drafter.CompareAsync(texts, 4, Token);
        var before = Resident();
        for (var i = 0; i < 300; i++) await drafter.CompareAsync(texts, 4, Token);
        Assert.InRange(Resident() - before, long.MinValue, 16 << 20);
    }

    private static long Resident()
    {
        GC.Collect();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
