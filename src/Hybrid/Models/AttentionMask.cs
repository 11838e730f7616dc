using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>What attention adds to a key's score: 0 where it may be seen, minus infinity elsewhere.</summary>
internal static class AttentionMask
{
    /// <summary>The mask of keys (B, K), or of keys for each query (B or 1, 1, L, K), ready for all heads; null lets everything be seen.</summary>
    /// <remarks>
    /// A query that may see nothing sees everything: what comes out of it means nothing, but it is finite, and what is not would spread
    /// from a masked value through 0 times NaN.
    /// </remarks>
    public static Tensor? Additive(Tensor? visible, ScalarType type)
    {
        if (visible is null) return null;
        using var scope = NewDisposeScope();
        var keys = visible.dim() == 2 ? visible.unsqueeze(1).unsqueeze(1) : visible;
        var hidden = keys.logical_not().logical_and_(keys.any(-1, keepdim: true));
        return zeros(hidden.shape, type, hidden.device).masked_fill_(hidden, float.NegativeInfinity).MoveToOuterDisposeScope();
    }
}
