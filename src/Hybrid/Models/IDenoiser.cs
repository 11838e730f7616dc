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
    /// <summary>What may be seen, bool: keys (B, L), or for each query (B or 1, 1, L, L); null lets every position see every other.</summary>
    public Tensor? Attention { get; init; }

    /// <summary>Position ids, (B, L), int64; null counts from 0. Families without position ids ignore them.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>Segment ids, (B, L), int64, for families that have them; null is all 0.</summary>
    public Tensor? TokenTypes { get; init; }

    /// <summary>Diffusion times in (0, 1), (B), float32, for families that are conditioned on it; null is the model's least noisy time.</summary>
    public Tensor? Times { get; init; }
}
