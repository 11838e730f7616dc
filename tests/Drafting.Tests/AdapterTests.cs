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

    private async Task<float[]> ScoreAsync(GgufWriter model, params LoraAdapter[] adapters)
    {
        var path = _scratch.Write($"{Guid.NewGuid():N}.gguf", model.ToArray());
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
    private sealed class Factors(string tensor, int from, int to, int seed)
    {
        private readonly float[] _a = TinyModels.Noise(seed, Rank * from, 1);
        private readonly float[] _b = TinyModels.Noise(seed + 1, to * Rank, 1);

        public (string, int, int, float[], float[]) All => (tensor, from, to, _a, _b);

        /// <summary>Their product, as it is added to the tensor.</summary>
        public (string, float[]) Change(float scale) =>
            (tensor, [.. Enumerable.Range(0, from * to).Select(i => scale * Enumerable.Range(0, Rank).Sum(rank => _b[(i / from * Rank) + rank] * _a[(rank * from) + (i % from)]))]);
    }
}
