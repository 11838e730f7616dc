using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>A masked-diffusion network: sees a canvas from both sides and predicts what stands at each of its positions.</summary>
/// <remarks>
/// Legend: B canvases, L positions, D hidden size, V vocabulary. The head is apart from the body, so that logits are only ever made of the
/// positions that are asked for. Implementations expect inference mode on the calling thread; what they return belongs to its dispose scope.
/// </remarks>
internal interface IDenoiser : IDisposable
{
    /// <summary>What differs between families: ids, shift, attention, time.</summary>
    DenoiserDescriptor Descriptor { get; }

    /// <summary>Where the weights are; inputs must be there too.</summary>
    Device Device { get; }

    /// <summary>Hidden states before the head, (B, L, D).</summary>
    Tensor Hidden(DenoiserInput input);

    /// <summary>
    /// Logits (n, V) in float32 of hidden states (n, D), as the model returns them: where <see cref="DenoiserDescriptor.ShiftsLogits"/> holds,
    /// those at position i speak of position i + 1.
    /// </summary>
    Tensor Logits(Tensor hidden);
}

/// <summary>A batch of canvases.</summary>
/// <param name="Ids">Token ids, (B, L), int64.</param>
internal sealed record DenoiserInput(Tensor Ids)
{
    /// <summary>
    /// What may be seen, bool: keys (B, K), or for each query (B or 1, 1, L, K); null lets every position see every other. K is L, with a cache
    /// all columns that are seen (<see cref="KeyValueCache.Columns"/>).
    /// </summary>
    public Tensor? Attention { get; init; }

    /// <summary>Position ids, (B, L), int64; null counts from 0, with a cache from its start. Families without position ids ignore them.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>Segment ids, (B, L), int64, for families that have them; null is all 0.</summary>
    public Tensor? TokenTypes { get; init; }

    /// <summary>Diffusion times in (0, 1), (B), float32, for families that are conditioned on it; null is the model's least noisy time.</summary>
    public Tensor? Times { get; init; }

    /// <summary>Columns that are known from earlier forwards; the ids are then those from the cache's start on. Null runs whole canvases.</summary>
    /// <remarks>The caller owns it. Only where <see cref="DenoiserDescriptor.CanCache"/> holds.</remarks>
    public KeyValueCache? Cache { get; init; }

    /// <summary>The batch and its length, after a check of everything that came with the ids.</summary>
    /// <exception cref="ArgumentException">Something does not fit the ids or the model.</exception>
    public (int Batch, int Length) Check(DenoiserDescriptor descriptor)
    {
        if (Ids.shape is not [var batch, var length]) throw Wrong("Ids", Ids, "(B, L)");
        if (Cache is not null && !descriptor.CanCache) throw new ArgumentException($"{descriptor.Family} runs whole canvases only; it has no cache.");
        if ((Cache?.Start ?? 0) + length > descriptor.MaxPositions) throw new ArgumentException($"A canvas has {(Cache?.Start ?? 0) + length} positions; {descriptor.Family} has {descriptor.MaxPositions}.");
        var keys = Cache?.Columns((int)length) ?? length;
        if (Attention is { } mask && !(mask.shape is [var rows, var columns] && rows == batch && columns == keys) && !(mask.shape is [var some, 1, var queries, var seen] && (some == batch || some == 1) && queries == length && seen == keys))
            throw Wrong("Attention", mask, $"({batch}, {keys}) or ({batch} or 1, 1, {length}, {keys})");
        foreach (var (name, tensor) in new[] { (nameof(Positions), Positions), (nameof(TokenTypes), TokenTypes) })
            if (tensor is not null && !tensor.shape.AsSpan().SequenceEqual(Ids.shape)) throw Wrong(name, tensor, $"({batch}, {length})");
        return ((int)batch, (int)length);
    }

    private static ArgumentException Wrong(string name, Tensor tensor, string what) => new($"{name} must be {what}; the shape is ({string.Join(", ", tensor.shape)}).");
}
