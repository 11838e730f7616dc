namespace HybridGen.Denoising;

/// <summary>Which columns of a canvas a pass through the network takes over from earlier passes instead of computing them again.</summary>
/// <remarks>
/// Families without a cache (all but A2D-Qwen, Dream and LLaDA) run whole canvases whatever the default; asking them for an approximate cache is refused.
/// </remarks>
public abstract record CacheRule
{
    private CacheRule() { }

    /// <summary>None: every pass runs the whole canvas.</summary>
    public sealed record None : CacheRule;

    /// <summary>Columns that nothing written since can reach: with block-causal attention the blocks before the first that changed, else none.</summary>
    /// <remarks>The text is the one that is written without a cache, up to the rounding of the machine.</remarks>
    public sealed record Exact : CacheRule;

    /// <summary>
    /// Approximate: for full attention, all columns before the block at work, as they were when the block was begun (Wu et al. 2025,
    /// "Fast-dLLM", arXiv:2505.22618, prefix cache).
    /// </summary>
    /// <remarks>The text may be another than without a cache. With block-causal attention it is <see cref="Exact"/>.</remarks>
    public sealed record Prefix : CacheRule;

    /// <summary>
    /// Approximate: for full attention, all columns before and after the block at work, as they were when the block was begun (Wu et al. 2025,
    /// "Fast-dLLM", arXiv:2505.22618, DualCache); faster than <see cref="Prefix"/> where masks stand behind the block.
    /// </summary>
    /// <remarks>The text may be another than without a cache. With block-causal attention it is <see cref="Exact"/>.</remarks>
    public sealed record Dual : CacheRule;
}
