#pragma warning disable
namespace HybridGen.Drafting;
public sealed record LlamaDrafterOptions { public required string ModelPath { get; init; } public int? ContextSize { get; init; } public int Threads { get; init; } }
public sealed class LlamaDrafter : IDrafter
{
    public string ModelId => "";
    public static Task<LlamaDrafter> LoadAsync(LlamaDrafterOptions o, IProgress<float>? p = null, CancellationToken cancellationToken = default) => throw new DraftingException("stub");
    public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default) => throw new DraftingException("stub");
    public ValueTask DisposeAsync() => default;
}
