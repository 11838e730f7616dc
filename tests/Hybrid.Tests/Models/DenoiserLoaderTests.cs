using System.Text;
using System.Text.Json.Nodes;
using HybridGen.Checkpoints;
using HybridGen.Models;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

/// <summary>What a checkpoint's folder says of itself, and how the loader refuses one that it cannot use.</summary>
public sealed class DenoiserLoaderTests : IDisposable
{
    private readonly TensorWorker _worker = new(1);
    private readonly Scratch _scratch = new();

    public void Dispose()
    {
        _worker.Dispose();
        _scratch.Dispose();
    }

    [Theory]
    [InlineData("a2d-qwen2", 383, 382, 380, null, null)]
    [InlineData("a2d-qwen3", 383, 382, 380, null, null)]
    [InlineData("dream", 383, 380, 380, 386, null)]
    [InlineData("llada", 381, 380, 380, 382, null)]
    [InlineData("bert", 4, 3, 0, 2, 3)]
    [InlineData("roberta", 384, 2, 1, 0, 2)]
    [InlineData("modernbert", 384, 382, 383, 381, 382)]
    [InlineData("gidd", 382, 380, 381, 380, null)]
    public async Task SpecialTokensAreRead(string family, int mask, int eos, int pad, int? bos, int? sep)
    {
        var descriptor = await DescribeAsync(Repository.Checkpoint(family));
        Assert.Equal((mask, eos, pad, bos, sep), (descriptor.MaskId, descriptor.EosId, descriptor.PadId, descriptor.BosId, descriptor.SepId));
    }

    [Fact]
    public async Task FamiliesDifferWhereTheyMust()
    {
        Assert.True((await DescribeAsync(Repository.Checkpoint("dream"))).ShiftsLogits);
        var gidd = await DescribeAsync(Repository.Checkpoint("gidd"));
        Assert.True(gidd is { IsTimeConditioned: true, ScoresVisibleTokens: true, ShiftsLogits: false });
        Assert.Equal(64, (await DescribeAsync(Repository.Checkpoint("roberta"))).MaxPositions);
    }

    [Fact]
    public async Task RowsThatTheTokenizerDoesNotKnowHaveNoText()
    {
        Assert.Equal([386, 387, 388, 389, 390, 391], (await DescribeAsync(Repository.Checkpoint("a2d-qwen2"))).IdsWithoutText);
        Assert.Empty((await DescribeAsync(Repository.Checkpoint("bert"))).IdsWithoutText);
    }

    [Fact]
    public async Task ABlockSizeMakesAttentionBlockCausal()
    {
        Copy("a2d-qwen3");
        Configure(config => config["block_size"] = 32);
        var descriptor = await DescribeAsync(_scratch.Folder);
        Assert.Equal(AttentionPattern.BlockCausal, descriptor.Attention);
        Assert.Equal([32], descriptor.TrainedBlockLengths);
    }

    [Fact]
    public Task AnAutoregressiveModelIsRefusedAsSuch() =>
        RefusesAsync(Repository.Checkpoint("llama-ar"), "config.json", "LlamaForCausalLM", "autoregressive", "masked-diffusion or masked-language model", "a2d-qwen3");

    [Theory]
    [InlineData("gpt2", "GPT2LMHeadModel", "autoregressive")]
    [InlineData("qwen3", "Qwen3ForCausalLM", "autoregressive")]
    [InlineData("t5", "T5ForConditionalGeneration", "not known")]
    [InlineData("bert", "BertForSequenceClassification", "no head")]
    [InlineData("hybridgen-refiner", "", "mini refiner")]
    public Task OtherArchitecturesAreRefused(string type, string architecture, string expected)
    {
        Copy("a2d-qwen3");
        Configure(config => (config["model_type"], config["architectures"]) = (type, new JsonArray(architecture)));
        return RefusesAsync(_scratch.Folder, expected, architecture);
    }

    [Theory]
    [InlineData("layer_types", """["full_attention","linear_attention","full_attention"]""", "linear attention")]
    [InlineData("layer_types", """["full_attention","sliding_attention","full_attention"]""", "sliding_attention")]
    [InlineData("rope_scaling", """{"rope_type":"yarn","factor":4.0}""", "yarn")]
    [InlineData("hidden_size", "null", "has no hidden_size")]
    [InlineData("num_hidden_layers", "\"two\"", "num_hidden_layers")]
    [InlineData("num_hidden_layers", "0", "num_hidden_layers")]
    [InlineData("num_key_value_heads", "4", "key heads")]
    [InlineData("head_dim", "13", "even")]
    [InlineData("intermediate_size", "96", "'model.layers.0.mlp.gate_proj.weight'", "expected the shape [96, 48], found [88, 48]")]
    [InlineData("num_hidden_layers", "4", "no tensor 'model.layers.3.")]
    [InlineData("num_hidden_layers", "2", "no use for: 'model.layers.2.input_layernorm.weight'", "and 8 more")]
    [InlineData("vocab_size", "385", "'</think>' the id 385", "only 385 rows")]
    [InlineData("eos_token_id", "1000", "token 1000")]
    [InlineData("use_sliding_window", "true", "use_sliding_window")]
    public Task ABadConfigurationIsRefused(string key, string value, params string[] expected)
    {
        Copy("a2d-qwen3");
        Configure(config => config[key] = JsonNode.Parse(value));
        return RefusesAsync(_scratch.Folder, [.. expected]);
    }

    [Fact]
    public Task AMissingTensorIsNamed()
    {
        Copy("a2d-qwen3");
        PatchWeights("model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.op_proj.weight");
        return RefusesAsync(_scratch.Folder, _scratch.Folder, "no tensor 'model.layers.1.mlp.up_proj.weight'");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public Task AValueThatIsNotFiniteIsNamed(float value)
    {
        Copy("bert");
        var path = Path.Combine(_scratch.Folder, "model.safetensors");
        long last;
        string name;
        using (var file = SafetensorsFile.Open(path)) (name, last) = (file.Tensors.MaxBy(tensor => tensor.Value.Offset).Key, new FileInfo(path).Length - sizeof(float));
        using (var stream = File.OpenWrite(path))
        {
            stream.Position = last;
            stream.Write(BitConverter.GetBytes(value));
        }

        return RefusesAsync(_scratch.Folder, $"'{name}'", "NaN or infinite");
    }

    [Fact]
    public Task ACheckpointWithoutAMaskIsRefused()
    {
        Copy("a2d-qwen3");
        File.Delete(Path.Combine(_scratch.Folder, "tokenizer_config.json"));
        var path = Path.Combine(_scratch.Folder, "tokenizer.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("<|mask|>", "<|other|>", StringComparison.Ordinal));
        return RefusesAsync(_scratch.Folder, "names no mask token", "tokenizer_config.json");
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public Task AMissingFileIsNamed(string name)
    {
        Copy("a2d-qwen2");
        File.Delete(Path.Combine(_scratch.Folder, name));
        return RefusesAsync(_scratch.Folder, Path.Combine(_scratch.Folder, name));
    }

    [Theory]
    [InlineData("tokenizer.json", "[]")]
    [InlineData("tokenizer.json", "{}")]
    [InlineData("tokenizer.json", """{"model":{"vocab":{"a":"b"}}}""")]
    [InlineData("tokenizer_config.json", "[]")]
    [InlineData("special_tokens_map.json", "null")]
    [InlineData("generation_config.json", "no json")]
    [InlineData("config.json", "[]")]
    public Task AMalformedFileIsNamed(string name, string content)
    {
        Copy("a2d-qwen2");
        return RefusesAsync(_scratch.Folder, _scratch.Write(name, content));
    }

    [Fact]
    public Task AFolderThatIsNotThereIsNamed() => RefusesAsync(Path.Combine(_scratch.Folder, "none"), "none", "not a folder");

    [Fact]
    public async Task AGpuThatIsNotThereIsRefusedInASentence()
    {
        Assert.SkipWhen(LibTorch.CanUseGpu, "This machine has a GPU.");
        var failure = await Assert.ThrowsAsync<RefiningException>(() => LoadAsync(Repository.Checkpoint("bert"), new DenoiserPlacement { Device = "cuda:1" }));
        Assert.Contains("'cuda:1'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("TorchBackend=cuda", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("")]
    public void AnUnknownDeviceIsRefused(string device) => Assert.Throws<ArgumentException>(() => new DenoiserPlacement { Device = device });

    [Fact]
    public async Task HalfPrecisionOnAProcessorIsRefused() =>
        Assert.Contains("F16", (await Assert.ThrowsAsync<RefiningException>(() => LoadAsync(Repository.Checkpoint("bert"), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F16 }))).Message, StringComparison.Ordinal);

    /// <summary>Linux lists what a processor can do; nothing here reads that list but this test.</summary>
    [Fact]
    public async Task TheProcessorComputesInTheFasterPrecision()
    {
        Assert.SkipUnless(File.Exists("/proc/cpuinfo"), "Only Linux lists a processor's instructions in a file.");
        var multiplies = (await File.ReadAllTextAsync("/proc/cpuinfo", TestContext.Current.CancellationToken)).Contains("avx512_bf16", StringComparison.Ordinal);
        Assert.Equal(multiplies ? ScalarType.BFloat16 : ScalarType.Float32, new DenoiserPlacement { Device = "cpu" }.Resolve().Type);
        Assert.Equal(ScalarType.Float32, new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 }.Resolve().Type);
    }

    private Task<DenoiserDescriptor> DescribeAsync(string folder) => LoadAsync(folder, new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 });

    private Task<DenoiserDescriptor> LoadAsync(string folder, DenoiserPlacement placement) => _worker.RunAsync(() =>
    {
        using var denoiser = DenoiserLoader.Load(folder, placement);
        return denoiser.Descriptor;
    }, TestContext.Current.CancellationToken);

    private async Task RefusesAsync(string folder, params string[] expected)
    {
        var before = await _worker.RunAsync(Living, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<CheckpointFormatException>(() => DescribeAsync(folder));
        Assert.All(expected, part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
        Assert.Equal(before, await _worker.RunAsync(Living, TestContext.Current.CancellationToken));
    }

    private static long Living() => TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    private void Copy(string family)
    {
        foreach (var name in new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json" })
            File.WriteAllBytes(Path.Combine(_scratch.Folder, name), File.ReadAllBytes(Path.Combine(Repository.Checkpoint(family), name)));
    }

    private void Configure(Action<JsonObject> change)
    {
        var path = Path.Combine(_scratch.Folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    /// <summary>Renames a tensor to a name of the same length.</summary>
    private void PatchWeights(string name, string other)
    {
        var path = Path.Combine(_scratch.Folder, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        Encoding.UTF8.GetBytes(other).CopyTo(bytes, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)));
        File.WriteAllBytes(path, bytes);
    }
}
