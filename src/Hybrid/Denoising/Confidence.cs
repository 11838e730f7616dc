using static TorchSharp.torch;

namespace HybridGen.Denoising;

/// <summary>How sure a denoiser is of what it proposes for a masked place; the surest are committed first.</summary>
public abstract record Confidence
{
    private Confidence() { }

    /// <summary>Ratings (n) of proposals; null where they do not depend on the model.</summary>
    /// <param name="probabilities">(n, V).</param>
    /// <param name="ofChosen">Probabilities of the proposed ids, (n).</param>
    internal abstract Tensor? Rate(Tensor probabilities, Tensor ofChosen);

    /// <summary>The probability of the proposed token (LLaDA's low_confidence, Dream's maskgit_plus).</summary>
    public sealed record Probability : Confidence
    {
        internal override Tensor? Rate(Tensor probabilities, Tensor ofChosen) => ofChosen;
    }

    /// <summary>How far the first token leads before the second, in probability (Dream's topk_margin).</summary>
    public sealed record Margin : Confidence
    {
        internal override Tensor? Rate(Tensor probabilities, Tensor ofChosen)
        {
            var (top, _) = probabilities.topk(2, dim: -1);
            return top[.., 0] - top[.., 1];
        }
    }

    /// <summary>The negative entropy Σ p · log(p + 1e-10) (Dream's entropy).</summary>
    public sealed record NegativeEntropy : Confidence
    {
        internal override Tensor? Rate(Tensor probabilities, Tensor ofChosen) => (probabilities * (probabilities + 1e-10).log()).sum(-1);
    }

    /// <summary>A uniform draw: places are committed in random order (LLaDA's random).</summary>
    public sealed record Random : Confidence
    {
        internal override Tensor? Rate(Tensor probabilities, Tensor ofChosen) => null;
    }
}
