using HybridGen.Denoising;
using HybridGen.Drafting;
using HybridGen.Models;
using HybridGen.Models.Mini;
using HybridGen.Scoring;
using HybridGen.Torch;
using HybridGen.Verifying;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

/// <summary>What holds on the processor holds on a GPU; skipped where libtorch sees none.</summary>
public sealed class GpuTests : IDisposable
{
    private const string Gpu = "cuda:0";
    private const string Text = "I recieved teh packige yesterday, and it was wonderfull. The buttler of Brunswick said that teh box was broken.\n";

    private readonly TensorWorker _worker = new(Environment.ProcessorCount);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Families => DenoiserParityTests.Families;

    public GpuTests() => Assert.SkipUnless(LibTorch.CanUseGpu, "libtorch sees no GPU: this test needs TorchBackend=cuda, or HYBRIDGEN_LIBTORCH with PyTorch's CUDA libraries, and NVIDIA's driver.");

    public void Dispose() => _worker.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public async Task LogitsAndTracesInF32AreTheExpectedOnes(string family)
    {
        var cases = await CheckpointVerifier.VerifyAsync(Repository.Checkpoint(family), On(DenoiserPrecision.F32, 1e-3), cancellationToken: Token);
        Assert.All(cases, verified => Assert.True(verified.Passed, $"{verified.Kind} {verified.Name}: {verified.Difference}, {verified.Detail}"));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task HalfPrecisionsAreNear(string family)
    {
        // Weights this small and random round worse than trained ones: on the processor BF16 differs by up to 0.8.
        foreach (var (precision, tolerance) in new[] { (DenoiserPrecision.BF16, 1.2), (DenoiserPrecision.F16, 0.25) })
        {
            var cases = await CheckpointVerifier.VerifyAsync(Repository.Checkpoint(family), On(precision, tolerance), cancellationToken: Token);
            Assert.All(cases, verified => Assert.True(verified.Passed, $"{precision}, {verified.Kind} {verified.Name}: {verified.Difference}, {verified.Detail}"));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public Task NothingIsLeftOfAForwardAndOfALoad(string family) => _worker.RunAsync(() =>
    {
        var before = Tensor.TotalCount;
        using (NewDisposeScope())
        using (var denoiser = DenoiserLoader.Load(Repository.Checkpoint(family), new DenoiserPlacement { Device = Gpu }))
        {
            var loaded = Tensor.TotalCount;
            using (NewDisposeScope())
                Assert.Equal(Gpu, denoiser.Logits(denoiser.Hidden(new DenoiserInput(randint(10, 300, [2, 7], ScalarType.Int64, denoiser.Device))).flatten(0, 1)).device.ToString());
            Assert.Equal(loaded, Tensor.TotalCount);
        }

        Assert.Equal(before, Tensor.TotalCount);
        return true;
    }, Token);

    [Fact]
    public async Task TheMiniRefinerMakesTheSameEdits() => Assert.Equal(await FixAsync("cpu"), await FixAsync(Gpu));

    [Fact]
    public Task NothingIsLeftOfTheMiniRefiner() => _worker.RunAsync(() =>
    {
        var before = Tensor.TotalCount;
        using (NewDisposeScope())
        using (var denoiser = MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel), new Device(Gpu)))
        {
            var loaded = Tensor.TotalCount;
            using (NewDisposeScope()) denoiser.WordVectors(zeros([3, CharacterNgrams.Slots], ScalarType.Int64, denoiser.Device));
            Assert.Equal(loaded, Tensor.TotalCount);
        }

        Assert.Equal(before, Tensor.TotalCount);
        return true;
    }, Token);

    public static TheoryData<string, CacheRule> Caches => new()
    {
        { "llada", new CacheRule.None() },
        { "llada", new CacheRule.Prefix() },
        { "llada", new CacheRule.Dual() },
        { "dream", new CacheRule.Dual() },
        { "a2d-qwen3", new DiffusionOptions().Sampling.Cache },
    };

    [Theory]
    [MemberData(nameof(Caches))]
    public async Task ASeedDrawsTheSameTextAsOnTheProcessor(string family, CacheRule cache) => Assert.Equal(await DiffuseAsync(family, cache, "cpu"), await DiffuseAsync(family, cache, Gpu));

    [Fact]
    public async Task AWordIsAsDoubtfulAsOnTheProcessor()
    {
        foreach (var scoring in new SuspicionScoring[] { new SuspicionScoring.StridedMasking(), new SuspicionScoring.ShadowMasks() })
        {
            var (expected, found) = (await ScoreAsync(scoring, "cpu"), await ScoreAsync(scoring, Gpu));
            Assert.Equal(expected.Words.Select(word => word.Span), found.Words.Select(word => word.Span));
            Assert.All(expected.Words.Zip(found.Words), pair => Assert.Equal(pair.First.LogProbability, pair.Second.LogProbability, 1e-3f));
        }
    }

    private static VerifyOptions On(DenoiserPrecision precision, double? tolerance) =>
        new() { Placement = new DenoiserPlacement { Device = Gpu, Precision = precision }, Tolerance = tolerance };

    private static async Task<IReadOnlyList<(TextSpan, string, string)>> FixAsync(string device)
    {
        await using var engine = new HybridGenEngine(new() { RefinerPath = Repository.MiniModel, JudgePath = null, RefinerPlacement = new() { Device = device } });
        var revision = await engine.ReviseAsync(Text, cancellationToken: Token);
        Assert.NotEmpty(revision.Edits);
        return [.. revision.Edits.Select(edit => (edit.Span, edit.Before, edit.After))];
    }

    private static async Task<string> DiffuseAsync(string family, CacheRule cache, string device)
    {
        await using var engine = Engine(family, device);
        return (await engine.DiffuseAsync("the old market", new DiffusionOptions { MaxNewTokens = 16, Sampling = new() { Temperature = 1, Seed = 5, Cache = cache } }, cancellationToken: Token)).Text;
    }

    private static async Task<TextScore> ScoreAsync(SuspicionScoring scoring, string device)
    {
        await using var engine = Engine("llada", device);
        return await engine.ScoreAsync(Text, scoring, Token);
    }

    private static HybridGenEngine Engine(string family, string device) =>
        new(new() { RefinerPath = Repository.Checkpoint(family), JudgePath = null, RefinerPlacement = new() { Device = device, Precision = DenoiserPrecision.F32 } });
}
