using HybridGen.Checkpoints;
using HybridGen.Models;
using HybridGen.Torch;
using HybridGen.Verifying;

namespace HybridGen.Hybrid.Tests.Verifying;

/// <summary>Every recorded run of every reference sampler, step by step.</summary>
public sealed class TraceCasesTests : IDisposable
{
    private readonly TensorWorker _worker = new(threads: 1);
    private readonly Scratch _scratch = new();

    public static TheoryData<string, int> Families => new()
    {
        { "a2d-qwen2", 11 }, { "a2d-qwen3", 13 }, { "bert", 6 }, { "dream", 10 }, { "gidd", 3 }, { "llada", 13 }, { "modernbert", 7 }, { "roberta", 6 },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _worker.Dispose();
        _scratch.Dispose();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task EveryCanvasOfEveryStepIsTheReferences(string family, int traces)
    {
        var cases = await RunAsync(family, Repository.Checkpoint(family));
        Assert.Equal(traces, cases.Length);
        Assert.Equal("", string.Join('\n', cases.Where(trace => !trace.Passed).Select(trace => $"{trace.Name}: {trace.Detail}")));
        Assert.Equal(traces, cases.Select(trace => trace.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("\"steps\":6", "\"steps\":7", "step")]
    [InlineData("\"scheduler\":\"cosine\"", "\"scheduler\":\"linear\"", "step")]
    [InlineData("\"block_length\":6", "\"block_length\":5", "step")]
    [InlineData("\"threshold\":0.4", "\"threshold\":0.3", "step")]
    [InlineData("dllm MDLMSampler.infill", "somebody's", "no sampler 'somebody's'")]
    public async Task AnotherRunIsToldByItsFirstDifference(string text, string other, string said)
    {
        var traces = await File.ReadAllTextAsync(Path.Combine(Repository.Checkpoint("roberta"), "traces.json"), Token);
        Assert.Contains(text, traces, StringComparison.Ordinal);
        _scratch.Write("traces.json", traces.Replace(text, other, StringComparison.Ordinal));
        var failed = (await RunAsync("roberta", _scratch.Folder)).Where(trace => !trace.Passed).Select(trace => trace.Detail).ToArray();
        Assert.NotEmpty(failed);
        Assert.All(failed, detail => Assert.Contains(said, detail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"traces\": [{\"name\": \"x\", \"sampler\": \"dllm MDLMSampler.sample\"}]}")]
    [InlineData("{\"traces\": [{\"sampler\": 3}]}")]
    public async Task AFileThatIsNoRecordIsSaid(string json)
    {
        _scratch.Write("traces.json", json);
        Assert.Contains("no record of a sampler's run", (await Assert.ThrowsAsync<CheckpointFormatException>(() => RunAsync("roberta", _scratch.Folder))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InAnotherPrecisionTheyAreNotRun()
    {
        var cases = await RunAsync("roberta", Repository.Checkpoint("roberta"), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.BF16 });
        Assert.Equal(("traces.json", "not run: they hold in single precision only"), (Assert.Single(cases).Name, cases[0].Detail));
    }

    private Task<VerifiedCase[]> RunAsync(string family, string folder, DenoiserPlacement? placement = null) => _worker.RunAsync(() =>
    {
        var options = new VerifyOptions { Placement = placement ?? new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 } };
        using var denoiser = DenoiserLoader.Load(Repository.Checkpoint(family), options.Placement);
        return new TraceCases().Run(folder, denoiser, options).ToArray();
    }, Token);
}
