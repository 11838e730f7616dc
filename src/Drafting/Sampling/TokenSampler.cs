using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Chooses the next token.</summary>
internal abstract class TokenSampler : IDisposable
{
    public static TokenSampler For(Sampling sampling) => sampling switch
    {
        Sampling.Greedy => new Greedy(),
        Sampling.Random random => new Chain(random),
        _ => throw new ArgumentException($"{sampling.GetType().Name} is not a kind of sampling that is known.", nameof(sampling)),
    };

    /// <summary>Samples from the logits in a row of the last decode.</summary>
    public abstract LLamaToken Sample(SafeLLamaContextHandle context, int row, TokenStatistics statistics);

    public virtual void Dispose() { }

    private sealed class Greedy : TokenSampler
    {
        public override LLamaToken Sample(SafeLLamaContextHandle context, int row, TokenStatistics statistics) => statistics.Best;
    }

    private sealed class Chain : TokenSampler
    {
        private const int KeepAtLeast = 1;

        private readonly SafeLLamaSamplerChainHandle _chain = SafeLLamaSamplerChainHandle.Create(LLamaSamplerChainParams.Default());

        public Chain(Sampling.Random sampling)
        {
            if (sampling.TopK > 0) _chain.AddTopK(sampling.TopK);
            _chain.AddTopP((float)sampling.TopP, KeepAtLeast);
            _chain.AddMinP((float)sampling.MinP, KeepAtLeast);
            _chain.AddTemperature((float)sampling.Temperature);
            _chain.AddDistributionSampler(sampling.Seed ?? (uint)Random.Shared.NextInt64(1L << 32));
        }

        public override LLamaToken Sample(SafeLLamaContextHandle context, int row, TokenStatistics statistics) => _chain.Sample(context, row);

        public override void Dispose()
        {
            _chain.Dispose();
            base.Dispose();
        }
    }
}
