using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Revising;

/// <summary>A denoiser to which every token depends strongly on all others: two changes that win one by one often lose together.</summary>
internal sealed class PairDenoiser : IDenoiser
{
    private const int Mask = 381;
    private const int Eos = 380;
    private const int Vocabulary = 386;
    private const float Strength = 3;

    private readonly Tensor _pairs = Pairs();   // What a token says of each other: (V, V).

    /// <summary>The ids are those of the llada fixture's tokenizer.</summary>
    public DenoiserDescriptor Descriptor { get; } = new() { Family = "pairs", MaskId = Mask, EosId = Eos, VocabularySize = Vocabulary, MaxPositions = 512, ScoresVisibleTokens = true };

    public Device Device => CPU;

    /// <summary>Sums over what is seen, less the further away it is; a place says nothing of itself.</summary>
    public Tensor Hidden(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = input.Check(Descriptor);
        var positions = (input.Positions ?? arange(length).unsqueeze(0)).to(ScalarType.Float32);
        var distances = (positions.unsqueeze(-1) - positions.unsqueeze(-2)).abs();                      // (B or 1, L, L)
        var weights = distances.eq(0).to(ScalarType.Float32).neg().add(1).div(distances.clamp_min(1).sqrt());
        if (input.Attention is { } seen) weights = weights * (seen.dim() == 2 ? seen.unsqueeze(1) : seen.squeeze(1)).to(ScalarType.Float32);
        return weights.expand(batch, length, length).bmm(_pairs.index_select(0, input.Ids.reshape(-1)).view(batch, length, Vocabulary)).MoveToOuterDisposeScope();
    }

    public Tensor Logits(Tensor hidden) => hidden.clone();

    public void Dispose() => _pairs.Dispose();

    private static Tensor Pairs()
    {
        using var scope = NewDisposeScope();
        var pairs = Strength * randn(Vocabulary, Vocabulary, generator: new Generator(1));
        pairs.narrow(0, Mask, 1).zero_();
        return pairs.DetachFromDisposeScope();
    }
}
