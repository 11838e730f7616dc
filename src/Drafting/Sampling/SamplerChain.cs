using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>llama.cpp's samplers one after the other, the last of which chooses.</summary>
internal sealed class SamplerChain : IDisposable
{
    private const int KeepAtLeast = 1;

    private readonly SafeLLamaSamplerChainHandle _chain = SafeLLamaSamplerChainHandle.Create(LLamaSamplerChainParams.Default());

    /// <summary>Builds the samplers.</summary>
    /// <param name="sampling">How to choose; its bias is not applied here.</param>
    /// <param name="weights">The model whose tokens are chosen.</param>
    /// <param name="contextSize">What a window that is not given stands for, in tokens.</param>
    public SamplerChain(Sampling sampling, LLamaWeights weights, int contextSize)
    {
        AddHistory(sampling, weights, contextSize);
        switch (sampling)
        {
            case Sampling.Greedy: _chain.AddGreedySampler(); break;
            case Sampling.Random random: AddRandom(random); break;
            case Sampling.Mirostat1 mirostat: AddMirostat1(mirostat, weights.Vocab.Count); break;
            case Sampling.Mirostat2 mirostat: AddMirostat2(mirostat); break;
            default: throw new ArgumentException($"{sampling.GetType().Name} is not a kind of sampling that is known.", nameof(sampling));
        }
    }

    /// <summary>Chooses one of the candidates.</summary>
    /// <param name="candidates">At least one, each with a finite logit; their order and values change.</param>
    /// <param name="left">Where given, told of those that the last sampler chose from.</param>
    public LLamaToken Choose(Memory<LLamaTokenData> candidates, ICollection<LLamaTokenData>? left = null)
    {
        using var pinned = LLamaTokenDataArrayNative.Create(new LLamaTokenDataArray(candidates), out var native);
        _chain.Apply(ref native);
        if (left is not null) foreach (var token in native.Data) left.Add(token);
        return native.Data[(int)native.Selected].ID;
    }

    /// <summary>Tells the samplers that look back of a token of the prompt or the draft.</summary>
    public void Accept(LLamaToken token) => _chain.Accept(token);

    public void Dispose() => _chain.Dispose();

    private static uint Seed(uint? seed) => seed ?? (uint)Random.Shared.NextInt64(1L << 32);

    private void AddHistory(Sampling sampling, LLamaWeights weights, int contextSize)
    {
        // A window of -1 is the whole context in llama.cpp's tools, but no window at all in the library: it is always given as a number.
        if (sampling.Penalties is { } penalties)
            _chain.AddPenalties(penalties.Window ?? contextSize, (float)penalties.Repetition, (float)penalties.Frequency, (float)penalties.Presence);
        if (sampling.Dry is { } dry)
            _chain.AddDry(weights.NativeHandle, dry.Breakers.ToArray(), (float)dry.Multiplier, (float)dry.Base, dry.AllowedLength, dry.Window ?? contextSize);
    }

    private void AddRandom(Sampling.Random sampling)
    {
        var seed = Seed(sampling.Seed);
        if (sampling.TopK > 0) _chain.AddTopK(sampling.TopK);
        if (sampling.Typical < 1) _chain.AddTypical((float)sampling.Typical, KeepAtLeast);
        _chain.AddTopP((float)sampling.TopP, KeepAtLeast);
        _chain.AddMinP((float)sampling.MinP, KeepAtLeast);
        if (sampling.Xtc is { } xtc) _chain.AddXTC((float)xtc.Probability, (float)xtc.Threshold, KeepAtLeast, seed);
        _chain.AddTemperature((float)sampling.Temperature);
        _chain.AddDistributionSampler(seed);
    }

    private void AddMirostat1(Sampling.Mirostat1 sampling, int vocabularySize)
    {
        _chain.AddTemperature((float)sampling.Temperature);
        _chain.AddMirostat1Sampler(vocabularySize, Seed(sampling.Seed), (float)sampling.TargetSurprise, (float)sampling.LearningRate, sampling.EstimatedFrom);
    }

    private void AddMirostat2(Sampling.Mirostat2 sampling)
    {
        _chain.AddTemperature((float)sampling.Temperature);
        _chain.AddMirostat2Sampler(Seed(sampling.Seed), (float)sampling.TargetSurprise, (float)sampling.LearningRate);
    }
}
