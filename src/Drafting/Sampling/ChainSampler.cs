using System.Runtime.CompilerServices;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Chooses with llama.cpp's samplers, after biases and within a constraint.</summary>
/// <remarks>
/// A constraint is asked only about the token that was chosen; where it refuses that, the choice is made anew among all that it allows. So do
/// llama.cpp's own tools: almost every token is right at once, and looking through the whole vocabulary is slow. For the most probable token
/// the outcome is the same as with the constraint first, and so is the distribution without filters; a token that a filter
/// would have dropped beside refused ones is drawn more rarely than with the constraint first, never another one.
/// </remarks>
internal sealed class ChainSampler(SamplerChain chain, (int Id, float Bias)[] biases, TokenConstraint? constraint) : TokenSampler
{
    private float[] _logits = [];
    private LLamaTokenData[] _candidates = [];

    public override LLamaToken Sample(SafeLLamaContextHandle context, int row, TokenStatistics statistics)
    {
        var token = Choose(context.GetLogitsIth(row));
        chain.Accept(token);
        constraint?.Accept((int)token);
        return token;
    }

    /// <summary>Chooses from logits, one for each token.</summary>
    internal LLamaToken Choose(ReadOnlySpan<float> logits)
    {
        Read(logits);
        var token = chain.Choose(Candidates(null) ?? throw new DraftingException("No token is left to draft: the logit bias bans all that the model allows."));
        if (constraint is null || constraint.Allows((int)token)) return token;
        return chain.Choose(Candidates(constraint.Allowed()) ?? throw new DraftingException($"The model has no token with which the draft can go on as its {nameof(DraftOptions.Constraint)} asks."));
    }

    public override void Dispose()
    {
        chain.Dispose();
        base.Dispose();
    }

    private void Read(ReadOnlySpan<float> logits)
    {
        if (_logits.Length != logits.Length) (_logits, _candidates) = (new float[logits.Length], new LLamaTokenData[logits.Length]);
        logits.CopyTo(_logits);
        foreach (var (id, bias) in biases) _logits[id] += bias;
    }

    /// <summary>
    /// The tokens that are possible, <see langword="null"/> if none is. Impossible ones are left out: some samplers compute NaN from them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // the whole vocabulary at every token, also at the first hundred
    private Memory<LLamaTokenData>? Candidates(bool[]? allowed)
    {
        var count = 0;
        for (var id = 0; id < _logits.Length; id++)
            if (_logits[id] > float.NegativeInfinity && allowed?[id] != false) _candidates[count++] = new LLamaTokenData(id, _logits[id], 0);
        // A bare null would become an empty memory.
        return count == 0 ? (Memory<LLamaTokenData>?)null : _candidates.AsMemory(0, count);
    }
}
