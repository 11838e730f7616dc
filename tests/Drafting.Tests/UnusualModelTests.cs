namespace HybridGen.Drafting.Tests;

/// <summary>Models that are not like the shipped one.</summary>
public sealed class UnusualModelTests : IDisposable
{
    private static readonly DraftOptions Greedy = new() { MaxTokens = 8, Sampling = new Sampling.Greedy() };

    private readonly Scratch _scratch = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    /// <summary>A recurrent model goes on from what it holds, but cannot forget a part of it: a corrected text is read anew as a whole.</summary>
    [Fact]
    public async Task Session_OfARecurrentModel_ReadsACorrectedTextAnew()
    {
        await using var drafter = await LoadAsync(TinyModels.Mamba());
        var session = drafter.StartSession();
        var prompt = new DraftPrompt.Raw("The old town");
        var first = await Draft.CollectAsync(session.DraftAsync(prompt, Greedy, Token), Token);
        var went = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        Assert.Equal((false, true), (went.Completion.IsCacheRefused, went.Completion.CachedTokens > first.Completion.PromptTokens));
        session.Replace(0, " was here");
        var corrected = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        Assert.Equal((true, 0), (corrected.Completion.IsCacheRefused, corrected.Completion.CachedTokens));
        var alone = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw("The old town was here"), Greedy, Token), Token);
        Assert.Equal(alone.Tokens.Select(token => token.Id), corrected.Tokens.Select(token => token.Id));
        Assert.All(alone.Tokens.Zip(corrected.Tokens), pair => Assert.Equal(pair.First.LogProbability!.Value, pair.Second.LogProbability!.Value, 1e-3));
    }

    [Fact]
    public async Task Session_OfATransformer_KeepsWhatACorrectionLeaves()
    {
        await using var drafter = await LoadAsync(TinyModels.Llama());
        var session = drafter.StartSession();
        await Draft.CollectAsync(session.DraftAsync(new DraftPrompt.Raw("The old town"), Greedy, Token), Token);
        session.Replace(0, " was here");
        var corrected = await Draft.CollectAsync(session.ContinueAsync(Greedy, Token), Token);
        Assert.Equal((false, true), (corrected.Completion.IsCacheRefused, corrected.Completion.CachedTokens > 3));
    }

    [Fact]
    public async Task Score_ByARecurrentModel_IsWhatTheDraftReported()
    {
        await using var drafter = await LoadAsync(TinyModels.Mamba());
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Raw("The old town"), Greedy, Token), Token);
        Assert.All(draft.Tokens, token => Assert.True(token.LogProbability < 0));
        Assert.InRange((await drafter.ScoreAsync("The old town was here", Token)).Count, 20, 30);
    }

    [Fact]
    public async Task Load_WithoutAnEndOfText_IsRefused()
    {
        // Of every other tokenizer llama.cpp assumes one where the file says nothing.
        var writer = TinyModels.Llama().Set("tokenizer.ggml.model", "rwkv").Set("tokenizer.ggml.tokens", [.. Enumerable.Range(0, TinyModels.Vocabulary).Select(i => i < 256 ? $"\\x{i:x2}" : $"word{i}")]);
        writer.Remove("tokenizer.ggml.bos_token_id").Remove("tokenizer.ggml.eos_token_id").Remove("tokenizer.ggml.unknown_token_id");
        var failure = await Assert.ThrowsAnyAsync<DraftingException>(() => LoadAsync(writer));
        Assert.Contains("end-of-text", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_WithoutAVocabulary_IsRefused()
    {
        var failure = await Assert.ThrowsAnyAsync<DraftingException>(() => LoadAsync(TinyModels.Llama().Set("tokenizer.ggml.model", "no_vocab").Set("llama.vocab_size", (uint)TinyModels.Vocabulary)));
        Assert.Contains("vocabulary", failure.Message, StringComparison.Ordinal);
    }

    private Task<LlamaDrafter> LoadAsync(GgufWriter model) => LlamaDrafter.LoadAsync(new() { ModelPath = _scratch.Write("model.gguf", model.ToArray()) }, cancellationToken: Token);
}
