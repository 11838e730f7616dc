using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Chooses the next token.</summary>
internal abstract class TokenSampler : IDisposable
{
    /// <summary>Chooses from the logits in a row of the last decode, and remembers what it chose.</summary>
    /// <exception cref="DraftingException">No token is left to choose.</exception>
    public abstract LLamaToken Sample(SafeLLamaContextHandle context, int row, TokenStatistics statistics);

    public virtual void Dispose() { }
}

/// <summary>The most probable token, as the model says it.</summary>
internal sealed class BestTokenSampler : TokenSampler
{
    public override LLamaToken Sample(SafeLLamaContextHandle context, int row, TokenStatistics statistics) => statistics.Best;
}
