using System.Text;

namespace HybridGen.Drafting.Tests;

public sealed class LlamaDrafterOptionsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static LlamaDrafterOptions Mini => new() { ModelPath = Repository.MiniDrafter };

    public void Dispose() => _scratch.Dispose();

    /// <summary>Whatever the memory is held in, a draft is written, and the first tokens' probabilities are nearly the same.</summary>
    [Theory]
    [InlineData(CacheNumber.F32, null)]
    [InlineData(CacheNumber.F16, false)]
    [InlineData(CacheNumber.Q8, true)]
    [InlineData(CacheNumber.Q4, true)]
    public async Task Load_AnyCache_DraftsAlike(CacheNumber number, bool? flash)
    {
        var plain = await DraftAsync(Mini);
        var draft = await DraftAsync(Mini with { KeyCache = number, ValueCache = number, FlashAttention = flash, IsMemoryMapped = false, BatchThreads = 1 });
        Assert.Equal(plain.Tokens[0].Id, draft.Tokens[0].Id);
        Assert.Equal(plain.Tokens[0].LogProbability!.Value, draft.Tokens[0].LogProbability!.Value, number == CacheNumber.Q4 ? 1 : 0.1);
    }

    [Fact]
    public async Task Load_OptionsThatExcludeEachOther_AreRefused()
    {
        Assert.Contains("IsBatchInvariant", (await Assert.ThrowsAsync<ArgumentException>(() => LoadAsync(Mini with { IsBatchInvariant = true, FlashAttention = false }))).Message, StringComparison.Ordinal);
        Assert.Contains("Q4", (await Assert.ThrowsAsync<ArgumentException>(() => LoadAsync(Mini with { ValueCache = CacheNumber.Q4, FlashAttention = false }))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Mini with { Sequences = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Mini with { Sequences = 65 });
    }

    [Fact]
    public async Task Load_AnAdapterThatIsNone_IsRefusedByItsName()
    {
        var text = _scratch.Write("adapter.gguf", "no adapter");
        Assert.Contains(text, (await Assert.ThrowsAsync<GgufFormatException>(() => LoadAsync(Mini with { Adapters = [new(text)] }))).Message, StringComparison.Ordinal);
        var failure = await Assert.ThrowsAsync<DraftingException>(() => LoadAsync(Mini with { Adapters = [new(Repository.MiniDrafter)] }));
        Assert.Contains($"The adapter '{Repository.MiniDrafter}' cannot be used with this model", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_AnEmbeddingModel_IsRefused()
    {
        var bytes = File.ReadAllBytes(Repository.MiniDrafter).ToList();
        var at = bytes.ToArray().AsSpan().IndexOf("general.architecture"u8) + "general.architecture".Length + 4;
        bytes.RemoveRange(at, 8 + "llama".Length);
        bytes.InsertRange(at, [.. BitConverter.GetBytes(4L), .. Encoding.ASCII.GetBytes("bert")]);
        var path = _scratch.Write("bert.gguf", [.. bytes, .. new byte[64]]);
        var failure = await Assert.ThrowsAsync<DraftingException>(() => LoadAsync(new() { ModelPath = path }));
        Assert.Contains("embedding model (bert)", failure.Message, StringComparison.Ordinal);
    }

    private static Task<LlamaDrafter> LoadAsync(LlamaDrafterOptions options) => LlamaDrafter.LoadAsync(options, cancellationToken: Token);

    private static async Task<Draft> DraftAsync(LlamaDrafterOptions options)
    {
        await using var drafter = await LoadAsync(options);
        return await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw("The old town"), new() { MaxTokens = 8, Sampling = new Sampling.Greedy() }, Token), Token);
    }
}
