using HybridGen.Denoising;
using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>What passes take over from earlier ones: how much it saves, and that it changes nothing where it is exact.</summary>
public sealed class CacheRuleTests : DenoisingTest
{
    private const int Block = 4;
    private const int Tokens = 16;

    private static readonly int[] Prompt = [11, 12, 13, 14, 15, 16, 17, 18];

    private static readonly string[] Families = ["a2d-qwen2", "a2d-qwen3", "dream"];

    private static SamplingOptions Steps => Plain(Tokens) with { End = new EndRule.Forbidden(), Seed = 3 };

    public static TheoryData<string> Ways => new("plain", "drawn", "guided", "remasked", "rejected", "replaced", "threshold", "ends");

    /// <summary>Two canvases, four blocks of four steps: the prompt and every finished block are run once more when the next is begun, and never again.</summary>
    [Fact]
    public Task FinishedBlocksAreNotRunAgain() => On(() =>
    {
        using var denoiser = Load("a2d-qwen3", AttentionPattern.BlockCausal);
        Assert.Equal(2 * 4 * (12 + 16 + 20 + 24), Grown(denoiser, Steps with { Cache = new CacheRule.None() })[0].Positions);
        Assert.Equal(2 * (12 + (3 * 4) + (3 * (8 + (3 * 4)))), Grown(denoiser, Steps)[0].Positions);
    });

    /// <summary>Whoever changes what is already written, the tokens, their steps and confidences are those without a cache; the second canvas has padding.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public Task AnExactCacheChangesNothing(string way) => On(() =>
    {
        foreach (var family in Families)
        {
            using var denoiser = Load(family, AttentionPattern.BlockCausal);
            var (without, with) = (Grown(denoiser, Options(way, denoiser) with { Cache = new CacheRule.None() }), Grown(denoiser, Options(way, denoiser)));
            foreach (var (expected, found) in without.Zip(with))
            {
                Assert.Equal(expected.Ids, found.Ids);
                Assert.Equal((expected.Reason, expected.Steps, expected.Forwards), (found.Reason, found.Steps, found.Forwards));
                Assert.All(expected.Sources.Zip(found.Sources), pair => Assert.Equal((pair.First.Kind, pair.First.Step, pair.First.Confidence), (pair.Second.Kind, pair.Second.Step, pair.Second.Confidence), Near));
            }

            Assert.True(with[0].Positions < without[0].Positions, $"{with[0].Positions} of {without[0].Positions}");
        }
    });

    /// <summary>All masks from the start, full attention: a block's first pass runs everything, the others what is not kept.</summary>
    [Theory]
    [InlineData("llada", 0)]
    [InlineData("dream", 1)]
    public Task AnApproximateCacheRunsTheBlockAndWhatIsNotKept(string family, int shift) => On(() =>
    {
        using var denoiser = Load(family, AttentionPattern.Full);
        Assert.Equal(16 * 24, Whole(denoiser, Steps).Positions);
        Assert.Equal((4 * 24) + (3 * (16 + 12 + 8 + 4 + (4 * shift))), Whole(denoiser, Steps with { Cache = new CacheRule.Prefix() }).Positions);
        Assert.Equal((4 * 24) + (3 * 4 * (4 + shift)), Whole(denoiser, Steps with { Cache = new CacheRule.Dual() }).Positions);
        foreach (var cache in new CacheRule[] { new CacheRule.Prefix(), new CacheRule.Dual() })
        {
            var result = Whole(denoiser, Steps with { Cache = cache });
            Assert.Equal((SamplingEnd.MaxTokens, 24), (result.Reason, result.Ids.Count));
            Assert.DoesNotContain(denoiser.Descriptor.MaskId, result.Ids);
            // A pass a block has nothing to guess at.
            Assert.Equal(Whole(denoiser, Steps with { Steps = 4 }).Ids, Whole(denoiser, Steps with { Steps = 4, Cache = cache }).Ids);
        }
    });

    [Fact]
    public Task AChangeOutsideOfTheBlockEndsAnApproximation() => On(() =>
    {
        using var denoiser = Load("llada", AttentionPattern.Full);
        var options = Steps with { OnStep = step => step.Step == 6 ? new StepResponse { Replace = new Dictionary<int, int> { [9] = 20 } } : StepResponse.Accept };
        foreach (var cache in new CacheRule[] { new CacheRule.Prefix(), new CacheRule.Dual() })
            Assert.Equal(24 - (cache is CacheRule.Dual ? 4 : 12), Whole(denoiser, options with { Cache = cache }).Positions - Whole(denoiser, Steps with { Cache = cache }).Positions);
    });

    [Fact]
    public Task AnApproximationIsRefusedWhereThereIsNoCache() => On(() =>
        Assert.Contains("whole canvases", Assert.Throws<RefiningException>(() => Whole(FakeDenoiser.Wanting(_ => 5), Steps with { Cache = new CacheRule.Dual() })).Message, StringComparison.Ordinal));

    private static SamplingOptions Options(string way, IDenoiser denoiser) => way switch
    {
        "drawn" => Steps with { Temperature = 1, OrderTemperature = 0.5 },
        "guided" => Steps with { GuidanceScale = 1.5 },
        "remasked" => Steps with { Remasking = new Remasking.Rescale { Eta = 0.5 } },
        "rejected" => Steps with { OnStep = step => step is { Step: 10, Canvas: 0 } ? new StepResponse { Reject = [9] } : StepResponse.Accept },
        "replaced" => Steps with { OnStep = step => step is { Step: 10, Canvas: 1 } ? new StepResponse { Replace = new Dictionary<int, int> { [9] = 20 } } : StepResponse.Accept },
        "threshold" => new SamplingOptions { Steps = Tokens, Seed = 3 },
        "ends" => Steps with { End = new EndRule.First { MinTokens = 12 }, OnStep = step => step is { Step: 6, Canvas: 0 } ? new StepResponse { Replace = new Dictionary<int, int> { [13] = denoiser.Descriptor.EosId!.Value } } : StepResponse.Accept },
        _ => Steps,
    };

    private static bool Near((TokenSourceKind Kind, int Step, double Confidence) a, (TokenSourceKind Kind, int Step, double Confidence) b) =>
        (a.Kind, a.Step) == (b.Kind, b.Step) && Math.Abs(a.Confidence - b.Confidence) < 1e-4;

    private static IReadOnlyList<SamplingResult> Grown(IDenoiser denoiser, SamplingOptions options)
    {
        var pad = denoiser.Descriptor.PadId ?? denoiser.Descriptor.EosId!.Value;
        var canvases = new[] { new DenoisingCanvas(Prompt, denoiser.Descriptor.MaskId), new DenoisingCanvas([pad, pad, pad, .. Prompt[3..]], denoiser.Descriptor.MaskId, padding: 3) };
        return DiffusionSampler.Run(denoiser, canvases, new BlockRule.Growing(Block, Tokens), options, Token);
    }

    private static SamplingResult Whole(IDenoiser denoiser, SamplingOptions options) =>
        DiffusionSampler.Run(denoiser, [new DenoisingCanvas(Prompt, denoiser.Descriptor.MaskId)], new BlockRule.AfterPrompt(Block, Tokens), options, Token)[0];

    private static Recast Load(string family, AttentionPattern attention)
    {
        var denoiser = DenoiserLoader.Load(Repository.Checkpoint(family), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 });
        return new Recast(denoiser, denoiser.Descriptor with { Attention = attention });
    }

    /// <summary>A checkpoint taken to have been trained with other attention.</summary>
    private sealed class Recast(IDenoiser denoiser, DenoiserDescriptor descriptor) : IDenoiser
    {
        public DenoiserDescriptor Descriptor => descriptor;

        public Device Device => denoiser.Device;

        public Tensor Hidden(DenoiserInput input) => denoiser.Hidden(input);

        public Tensor Logits(Tensor hidden) => denoiser.Logits(hidden);

        public void Dispose() => denoiser.Dispose();
    }
}
