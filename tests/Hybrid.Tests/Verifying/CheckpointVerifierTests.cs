using System.Text;
using HybridGen.Checkpoints;
using HybridGen.Models;
using HybridGen.Verifying;

namespace HybridGen.Hybrid.Tests.Verifying;

public sealed class CheckpointVerifierTests : IDisposable
{
    private static readonly VerifyOptions OnProcessor = new() { Placement = new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 } };

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("a2d-qwen3", 4)]
    [InlineData("dream", 3)]
    [InlineData("gidd", 3)]
    [InlineData("roberta", 3)]
    public async Task ASoundCheckpointPassesEveryCase(string family, int count)
    {
        var cases = await VerifyAsync(Repository.Checkpoint(family));
        Assert.Contains(cases, verified => verified.Kind == "tokenizer");
        Assert.Equal(count, cases.Count(verified => verified.Kind == "logits"));
        Assert.All(cases, verified => Assert.True(verified.Passed, $"{verified.Name}: {verified.Detail}"));
    }

    [Fact]
    public async Task AnotherNetworkFailsWithTheDifference()
    {
        Copy("a2d-qwen3");
        _scratch.Write("config.json", Read("config.json").Replace("\"rope_theta\": 1000000.0", "\"rope_theta\": 10000.0", StringComparison.Ordinal));
        var cases = await VerifyAsync(_scratch.Folder);
        Assert.All(cases, verified => Assert.True(verified is { Passed: false, Difference: > 1e-4 }, verified.Name));
    }

    [Theory]
    [InlineData("case0.logits", "case0.logitz", "'case0.logits'")]
    [InlineData("\"case1.attention_mask\":{\"dtype\":\"I64\",\"shape\":[3,20]", "\"case1.attention_mask\":{\"dtype\":\"I64\",\"shape\":[2,30]", "'case1.attention_mask'")]
    public async Task MalformedExpectationsAreNamed(string text, string other, string expected)
    {
        Copy("a2d-qwen3");
        var bytes = File.ReadAllBytes(Path.Combine(_scratch.Folder, "expected.safetensors"));
        Encoding.UTF8.GetBytes(other).CopyTo(bytes, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)));
        _scratch.Write("expected.safetensors", bytes);
        Assert.Contains(expected, (await Assert.ThrowsAsync<CheckpointFormatException>(() => VerifyAsync(_scratch.Folder))).Message, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<VerifiedCase>> VerifyAsync(string folder) =>
        CheckpointVerifier.VerifyAsync(folder, OnProcessor, cancellationToken: TestContext.Current.CancellationToken);

    private string Read(string name) => File.ReadAllText(Path.Combine(_scratch.Folder, name));

    private void Copy(string family)
    {
        foreach (var name in new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "expected.safetensors" })
            _scratch.Write(name, File.ReadAllBytes(Path.Combine(Repository.Checkpoint(family), name)));
    }
}
