using HybridGen.Models;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

public sealed class KeyValueCacheTests : IDisposable
{
    private const int Length = 18;
    private const int Block = 4;

    private readonly TensorWorker _worker = new(2);

    public void Dispose() => _worker.Dispose();

    /// <summary>Two canvases, the second with padding at its left, which is neither seen nor counted; the last block is short.</summary>
    [Theory]
    [InlineData("a2d-qwen2")]
    [InlineData("a2d-qwen3")]
    [InlineData("llada")]
    public Task BlockByBlockIsTheWholeBlockCausalForward(string family) => RunAsync(family, denoiser =>
    {
        var ids = Ids(5);
        var real = arange(Length).ge(tensor([0L, 3L]).unsqueeze(1));                                // (2, L)
        var positions = real.to(ScalarType.Int64).cumsum(1).sub(1).clamp_min(0);
        var whole = denoiser.Hidden(new DenoiserInput(ids) { Attention = BlockCausal().logical_and(real.view(2, 1, 1, Length)), Positions = positions });
        using var cache = KeyValueCache.BlockCausal();
        for (var start = 0; start < Length; start += Block)
        {
            var run = Math.Min(Block, Length - start);
            denoiser.Hidden(Input(Ids(start), start, run));                                         // Not committed: leaves nothing.
            var hidden = denoiser.Hidden(Input(ids, start, run));
            cache.Commit();
            var meant = real.narrow(1, start, run);
            AssertClose(whole.narrow(1, start, run)[meant], hidden[meant], 1e-5f);
            var expected = denoiser.Logits(whole.narrow(1, start, run)[meant]);
            AssertClose(expected, denoiser.Logits(hidden[meant]), 1e-5f * expected.abs().max().item<float>());
        }

        Assert.Equal((Length, Length), (cache.Length, cache.Start));

        DenoiserInput Input(Tensor all, int start, int run) => new(all.narrow(1, start, run))
        {
            Attention = real.narrow(1, 0, start + run),
            Positions = positions.narrow(1, start, run),
            Cache = cache,
        };
    });

    [Fact]
    public Task WithoutPositionsTheyCountFromTheStart() => RunAsync("a2d-qwen3", denoiser =>
    {
        var ids = Ids(1);
        var whole = denoiser.Hidden(new DenoiserInput(ids) { Attention = BlockCausal() });
        using var cache = KeyValueCache.BlockCausal();
        Run(denoiser, cache, ids, 0, Block);
        Run(denoiser, cache, ids, Block, Block);
        cache.Truncate(Block);
        AssertClose(whole.narrow(1, Block, Block), Run(denoiser, cache, ids, Block, Block), 1e-5f);
    });

    /// <summary>As long as nothing changes, what is kept is what would be computed; a change in the block changes little elsewhere.</summary>
    [Fact]
    public Task AnApproximateCacheIsNearTheWholeForward() => RunAsync("dream", denoiser =>
    {
        var (ids, changed) = (Ids(1), Ids(1));
        changed.narrow(1, 9, 1).fill_(20);
        var (whole, after) = (denoiser.Hidden(new DenoiserInput(ids)), denoiser.Hidden(new DenoiserInput(changed)));
        using var cache = KeyValueCache.Approximate();
        Run(denoiser, cache, ids, 0, Length);

        cache.Revisit(8);
        AssertClose(whole.narrow(1, 8, Block), Run(denoiser, cache, ids, 8, Block), 1e-5f);
        cache.Revisit(8);
        var near = Run(denoiser, cache, changed, 8, Block);
        Assert.InRange((near - after.narrow(1, 8, Block)).abs().max().item<float>(), 1e-6f, (near - whole.narrow(1, 8, Block)).abs().max().item<float>());

        cache.Revisit(0);
        Run(denoiser, cache, ids, 0, Length);
        cache.Truncate(8);
        AssertClose(whole.narrow(1, 8, Length - 8), Run(denoiser, cache, ids, 8, Length - 8), 1e-5f);
    });

    [Fact]
    public Task AnExactCacheDoesNotRunKnownColumnsAgain() => RunAsync("a2d-qwen3", denoiser =>
    {
        using var cache = KeyValueCache.BlockCausal();
        Run(denoiser, cache, Ids(1), 0, 2 * Block);
        Assert.Throws<InvalidOperationException>(() => cache.Revisit(Block));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(2 * Block + 1));
    });

    [Fact]
    public Task WhatDoesNotFitIsRefused() => RunAsync("a2d-qwen3", denoiser =>
    {
        using var cache = KeyValueCache.BlockCausal();
        Run(denoiser, cache, Ids(1), 0, Block);
        Assert.Throws<ArgumentException>(() => denoiser.Hidden(new DenoiserInput(Ids(1).narrow(0, 0, 1)) { Cache = cache }));
        Assert.Throws<ArgumentException>(() => denoiser.Hidden(new DenoiserInput(Ids(1)) { Cache = cache, Attention = ones([2, Length], ScalarType.Bool) }));
    });

    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    [InlineData("gidd")]
    public Task OtherFamiliesSayThatTheyHaveNone(string family) => RunAsync(family, denoiser =>
    {
        using var cache = KeyValueCache.Approximate();
        Assert.False(denoiser.Descriptor.CanCache);
        Assert.Throws<ArgumentException>(() => denoiser.Hidden(new DenoiserInput(Ids(1)) { Cache = cache }));
    });

    private static Tensor Run(IDenoiser denoiser, KeyValueCache cache, Tensor ids, int start, int run)
    {
        var hidden = denoiser.Hidden(new DenoiserInput(ids.narrow(1, start, run)) { Cache = cache });
        cache.Commit();
        return hidden;
    }

    private static Tensor Ids(int seed)
    {
        var random = new Random(seed);
        return tensor([.. Enumerable.Range(0, 2 * Length).Select(_ => (long)random.Next(10, 300))], [2, Length]);
    }

    private static Tensor BlockCausal()
    {
        var blocks = arange(Length).floor_divide(Block);
        return blocks.unsqueeze(0).le(blocks.unsqueeze(1)).view(1, 1, Length, Length);
    }

    private static void AssertClose(Tensor expected, Tensor found, float tolerance) =>
        Assert.InRange((expected - found).abs().max().item<float>(), 0, tolerance);

    private Task<bool> RunAsync(string family, Action<IDenoiser> test) => _worker.RunAsync(() =>
    {
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        using (var denoiser = DenoiserLoader.Load(Repository.Checkpoint(family), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 }))
            test(denoiser);
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        return true;
    }, TestContext.Current.CancellationToken);
}
