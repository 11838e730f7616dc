namespace HybridGen.Drafting.Tests;

/// <summary>Low-rank adapters: what they add is what a model has whose weights were changed by as much.</summary>
public sealed class AdapterTests : IDisposable
{
    private const int Rank = 2;
    private const string Attention = "blk.0.attn_q.weight";
    private const string Inside = "blk.1.ffn_up.weight";
    private const string Text = "The children of the old town went to the sea.";

    // Of the size of the weights, so that what they add is seen.
    private static readonly Factors First = new(Attention, TinyModels.Embedding, TinyModels.Embedding, 10);
    private static readonly Factors Second = new(Inside, TinyModels.Embedding, TinyModels.Inner, 20);

    private readonly Scratch _scratch = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(0.5f)]
    [InlineData(-2)]
    public async Task Score_WithAnAdapter_IsWhatTheChangedWeightsGive(float scale)
    {
        var plain = await ScoreAsync(TinyModels.Llama());
        var expected = await ScoreAsync(TinyModels.Llama(1, First.Change(scale), Second.Change(scale)));
        var adapted = await ScoreAsync(TinyModels.Llama(), new LoraAdapter(Adapter("both.gguf", First, Second), scale));
        AssertNear(expected, adapted);
        Assert.True(plain.Zip(adapted).Max(pair => Math.Abs(pair.First - pair.Second)) > 0.05);
    }

    [Fact]
    public async Task Score_WithTwoAdapters_AddsBoth()
    {
        var expected = await ScoreAsync(TinyModels.Llama(1, First.Change(1), Second.Change(-0.5f)));
        AssertNear(expected, await ScoreAsync(TinyModels.Llama(), new LoraAdapter(Adapter("first.gguf", First)), new LoraAdapter(Adapter("second.gguf", Second), -0.5f)));
    }

    /// <summary>The shipped drafter, in 32 bits so that the change is not rounded.</summary>
    [Fact]
    public async Task Score_OfTheShippedDrafterWithAnAdapter_IsWhatTheChangedWeightsGive()
    {
        LlamaLibrary.EnsureLoaded();
        var (path, changed) = (Path.Combine(_scratch.Folder, "mini.gguf"), Path.Combine(_scratch.Folder, "mini-changed.gguf"));
        LLama.LLamaQuantizer.Quantize(Repository.MiniDrafter, path, LLama.Native.LLamaFtype.ALL_F32, 2, true, false);
        var file = await File.ReadAllBytesAsync(path, Token);
        var factors = new[] { Attention, Inside }.Select((name, i) => Change(file, name, 30 + i, 0.7f)).ToList();
        await File.WriteAllBytesAsync(changed, file, Token);
        var adapted = await ScoreAsync(path, new LoraAdapter(Adapter("mini-adapter.gguf", [.. factors]), 0.7f));
        AssertNear(await ScoreAsync(changed), adapted);
        Assert.InRange((await ScoreAsync(path)).Zip(adapted).Max(pair => Math.Abs(pair.First - pair.Second)), 0.05, 100);
    }

    /// <summary>Changes a tensor of a file as an adapter would; returns the adapter's factors.</summary>
    private static Factors Change(byte[] file, string tensor, int seed, float scale)
    {
        var elements = GgufTensors.Find(file, tensor, out var shape);
        var factors = new Factors(tensor, (int)shape[0], (int)shape[1], seed, 1);
        var (_, change) = factors.Change(scale);
        for (var i = 0; i < change.Length; i++) elements[i] += change[i];
        return factors;
    }

    /// <summary>A draft is written with them too.</summary>
    [Fact]
    public async Task Draft_WithAnAdapter_IsTheChangedModels()
    {
        var path = _scratch.Write("model.gguf", TinyModels.Llama().ToArray());
        var changed = _scratch.Write("changed.gguf", TinyModels.Llama(1, First.Change(1)).ToArray());
        Assert.Equal(await DraftAsync(new() { ModelPath = changed }), await DraftAsync(new() { ModelPath = path, Adapters = [new(Adapter("first.gguf", First))] }));
    }

    [Fact]
    public async Task Load_AnAdapterOfAnotherModel_IsRefusedByItsName()
    {
        var model = _scratch.Write("model.gguf", TinyModels.Llama().ToArray());
        string[] refused =
        [
            _scratch.Write("qwen.gguf", TinyModels.Adapter("qwen2", Rank, First.All).ToArray()),
            Adapter("size.gguf", new Factors(Attention, TinyModels.Embedding, TinyModels.Inner, 10)),
            Adapter("name.gguf", new Factors("blk.7.attn_q.weight", TinyModels.Embedding, TinyModels.Embedding, 10)),
        ];
        foreach (var adapter in refused)
        {
            var failure = await Assert.ThrowsAsync<DraftingException>(() => LlamaDrafter.LoadAsync(new() { ModelPath = model, Adapters = [new(adapter)] }, cancellationToken: Token));
            Assert.Contains($"The adapter '{adapter}' cannot be used with this model", failure.Message, StringComparison.Ordinal);
        }
    }

    private string Adapter(string name, params Factors[] factors) => _scratch.Write(name, TinyModels.Adapter("llama", Rank, [.. factors.Select(factor => factor.All)]).ToArray());

    private Task<float[]> ScoreAsync(GgufWriter model, params LoraAdapter[] adapters) => ScoreAsync(_scratch.Write($"{Guid.NewGuid():N}.gguf", model.ToArray()), adapters);

    private static async Task<float[]> ScoreAsync(string path, params LoraAdapter[] adapters)
    {
        await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = path, Adapters = adapters, KeyCache = CacheNumber.F32, ValueCache = CacheNumber.F32 }, cancellationToken: Token);
        return [.. (await drafter.ScoreAsync(Text, Token)).Select(token => token.LogProbability!.Value)];
    }

    private static async Task<string> DraftAsync(LlamaDrafterOptions options)
    {
        await using var drafter = await LlamaDrafter.LoadAsync(options, cancellationToken: Token);
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw(Text), new() { MaxTokens = 12, Sampling = new Sampling.Greedy() }, Token), Token);
        return string.Join(' ', draft.Tokens.Select(token => token.Id));
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    /// <summary>The factors for one tensor.</summary>
    private sealed class Factors(string tensor, int from, int to, int seed, float size = 1)
    {
        private readonly float[] _a = TinyModels.Noise(seed, Rank * from, size);
        private readonly float[] _b = TinyModels.Noise(seed + 1, to * Rank, size);

        public (string, int, int, float[], float[]) All => (tensor, from, to, _a, _b);

        /// <summary>Their product, as it is added to the tensor.</summary>
        public (string, float[]) Change(float scale) =>
            (tensor, [.. Enumerable.Range(0, from * to).Select(i => scale * Enumerable.Range(0, Rank).Sum(rank => _b[(i / from * Rank) + rank] * _a[(rank * from) + (i % from)]))]);
    }
}
