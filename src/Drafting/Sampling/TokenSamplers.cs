using LLama;

namespace HybridGen.Drafting;

/// <summary>Makes the samplers of one model's drafts.</summary>
internal sealed class TokenSamplers(LLamaWeights weights, LlamaVocabulary vocabulary, int contextSize)
{
    // Reads every token's bytes, so only where a draft is constrained.
    private readonly Lazy<TokenAlphabet> _alphabet = new(() => TokenAlphabet.Of(weights, vocabulary));

    /// <summary>The sampler of a draft.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="prompt">The prompt: penalties count its tokens, and it may ask for a call.</param>
    /// <exception cref="DraftingException">A bias is for a token that the model does not have, or a call cannot be held to.</exception>
    public TokenSampler Create(DraftOptions options, FittedPrompt prompt)
    {
        var constraint = Constraint(options, prompt);
        if (constraint is null && options is { Sampling: Sampling.Greedy { LeavesLogits: true } }) return new BestTokenSampler();
        var biases = options.Sampling.LogitBias.Select(bias => (Id(bias), (float)bias.Bias)).ToArray();
        var chain = new SamplerChain(options.Sampling, weights, contextSize);
        foreach (var token in prompt.Tokens) chain.Accept(token);
        return new ChainSampler(chain, biases, constraint);
    }

    private TokenConstraint? Constraint(DraftOptions options, FittedPrompt prompt)
    {
        if (prompt.Answer.Required.Count == 0) return options.Constraint is { } asked ? Constraint(asked, prompt) : null;
        if (options.Constraint is not null) throw new DraftingException("A draft that must call a tool cannot be held to a Constraint, too; leave one of the two out.");
        return new TokenConstraint(RequiredCall.GrammarOf(prompt.Answer), _alphabet.Value.With(prompt.Answer.Marks), prompt.Written);
    }

    /// <summary>Holds the text to a grammar, or what is said in it.</summary>
    private TokenConstraint Constraint(OutputConstraint asked, FittedPrompt prompt) => asked.IsOfWhatIsSaid && prompt.Answer is { Tools.Count: > 0 } or { IsInsideThinking: true } or { Format.HasChannels: true }
        ? new TokenConstraint(RequiredCall.GrammarOf(prompt.Answer, asked.Grammar), _alphabet.Value.With(prompt.Answer.Marks), prompt.Written)
        : new TokenConstraint(asked.Grammar, _alphabet.Value);

    private int Id(LogitBias bias) => bias switch
    {
        LogitBias.OfToken { Id: var id } when id >= 0 && id < weights.Vocab.Count => id,
        LogitBias.OfToken { Id: var id } => throw new DraftingException($"A logit bias is for token {id}; the model has tokens 0 to {weights.Vocab.Count - 1}."),
        LogitBias.OfText { Text: var text } => OnlyToken(text),
        _ => throw new ArgumentException($"{bias.GetType().Name} is not a kind of bias that is known.", nameof(bias)),
    };

    private int OnlyToken(string text)
    {
        var tokens = vocabulary.TokenizeInside(text, isControl: false);
        return tokens.Count == 1
            ? (int)tokens[0]
            : throw new DraftingException($"A logit bias is for the text '{text}', which is {tokens.Count} tokens to this model; it must be exactly one.");
    }
}
