using HybridGen.Models;
using HybridGen.Torch;
using HybridGen.Verifying;

namespace HybridGen.Hybrid.Tests.Verifying;

/// <summary>Every recorded run of every reference sampler, step by step.</summary>
public sealed class TraceVerifierTests : IDisposable
{
    private readonly TensorWorker _worker = new(threads: 1);

    public static TheoryData<string, int> Families => new()
    {
        { "a2d-qwen2", 11 }, { "a2d-qwen3", 13 }, { "bert", 6 }, { "dream", 10 }, { "gidd", 3 }, { "llada", 13 }, { "modernbert", 7 }, { "roberta", 6 },
    };

    public void Dispose() => _worker.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public Task EveryCanvasOfEveryStepIsTheReferences(string family, int traces) => _worker.RunAsync(() =>
    {
        using var denoiser = DenoiserLoader.Load(Repository.Checkpoint(family), new DenoiserPlacement { Device = "cpu" });
        var checks = TraceVerifier.Verify(Repository.Checkpoint(family), denoiser, TestContext.Current.CancellationToken).ToArray();
        Assert.Equal(traces, checks.Length);
        Assert.Equal("", string.Join('\n', checks.Where(check => !check.IsEqual).Select(check => $"{check.Index} {check.Name}, step {check.FirstDifferentStep}: {check.Problem}")));
        return true;
    }, TestContext.Current.CancellationToken);
}
