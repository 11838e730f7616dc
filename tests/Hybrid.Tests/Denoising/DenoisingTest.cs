using HybridGen.Denoising;
using HybridGen.Models;
using HybridGen.Torch;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>What the tests of the sampler share: the tensors' thread, and short ways to run.</summary>
public abstract class DenoisingTest : IDisposable
{
    private readonly TensorWorker _worker = new(threads: 1);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _worker.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task On(Action test) => _worker.RunAsync(() =>
    {
        test();
        return true;
    }, Token);

    /// <summary>Options without a safeguard: one step a token, in the order of confidence.</summary>
    private protected static SamplingOptions Plain(int steps) => new() { Steps = steps, Acceptance = new Acceptance.Scheduled(), Runs = new RunRule.Ignored() };

    private protected static SamplingResult Fill(IDenoiser denoiser, int[] ids, SamplingOptions options) => Run(denoiser, ids, new BlockRule.Columns(ids.Length), options with { End = new EndRule.Forbidden() });

    private protected static SamplingResult Grow(IDenoiser denoiser, int[] prompt, int block, int tokens, SamplingOptions options) => Run(denoiser, prompt, new BlockRule.Growing(block, tokens), options);

    private protected static SamplingResult Run(IDenoiser denoiser, int[] ids, BlockRule rule, SamplingOptions options) =>
        DiffusionSampler.Run(denoiser, [new DenoisingCanvas(ids, FakeDenoiser.Mask)], rule, options, Token)[0];

    private protected static int[] Masks(int count) => new int[count];
}
