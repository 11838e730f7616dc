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

    /// <summary>A load that is cancelled in its middle leaves nothing: the weights are not mapped here, so that 20 would take 360 MB; glibc keeps the end of some threads' heaps.</summary>
    [Fact]
    public async Task Load_CancelledInTheMiddle_ThrowsAndLeavesNothing()
    {
        for (var i = 0; i < 5; i++) await CancelAsync(i);
        var before = Resident();
        for (var i = 0; i < 20; i++) await CancelAsync(i);
        Assert.InRange(Resident() - before, long.MinValue, 128 << 20);
    }

    private static async Task CancelAsync(int number)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var shares = new List<float>();
        var loading = LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, IsMemoryMapped = false }, new Watch(share =>
        {
            shares.Add(share);
            if (share >= number % 5 * 0.2f) cancel.Cancel();
        }), cancel.Token);
        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading)).CancellationToken);
        Assert.NotEmpty(shares);
        Assert.DoesNotContain(1, shares);
    }

    private sealed class Watch(Action<float> seen) : IProgress<float>
    {
        public void Report(float value) => seen(value);
    }

    private static long Resident()
    {
        GC.Collect();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
