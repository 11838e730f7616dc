using HybridGen.Checkpoints;
using HybridGen.Torch;
using TorchSharp;

namespace HybridGen.Hybrid.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly TensorWorker _worker = new(1);
    private readonly Scratch _scratch = new();

    public void Dispose()
    {
        _worker.Dispose();
        _scratch.Dispose();
    }

    /// <summary>The same weights in half precision and in shards differ by no more than their rounding.</summary>
    [Theory]
    [InlineData("a2d-qwen3-f16", torch.ScalarType.Float16)]
    [InlineData("a2d-qwen3-sharded-bf16", torch.ScalarType.BFloat16)]
    public Task HalfPrecisionAndShardsGiveTheRoundedWeights(string name, torch.ScalarType type) => _worker.RunAsync(() =>
    {
        using var whole = Checkpoint.Open(Repository.Shared("fixtures/a2d-qwen3"));
        using var other = Checkpoint.Open(Repository.Shared($"fixtures/{name}"));
        foreach (var tensor in other.Names)
        {
            var expected = Load(whole, tensor);
            Assert.Equal(type, Load(other, tensor).dtype);
            Assert.True(expected.to(type).equal(Load(other, tensor)).all().item<bool>(), tensor);
        }

        return true;
    }, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("""{"weight_map":{"w":"../model.safetensors"}}""", "not a file name")]
    [InlineData("""{"weight_map":{"w":"none.safetensors"}}""", "none.safetensors")]
    [InlineData("""{"weights":{}}""", "no index of weights")]
    [InlineData("no json", "no index of weights")]
    public void ABadIndexIsRefused(string index, string expected)
    {
        _scratch.Write("model.safetensors.index.json", index);
        Assert.Contains(expected, Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(_scratch.Folder)).Message, StringComparison.Ordinal);
    }

    private static torch.Tensor Load(Checkpoint checkpoint, string name) => checkpoint.Load(name, checkpoint.Shape(name));
}
