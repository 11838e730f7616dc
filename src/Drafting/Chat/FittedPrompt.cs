using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>A prompt's tokens, how many of its oldest turns were left out so that they fit, and how its answer is to be read.</summary>
internal readonly record struct FittedPrompt(IReadOnlyList<LLamaToken> Tokens, int DroppedTurns, AnswerFormat Answer)
{
    /// <summary>What of the answer stands there already.</summary>
    public string Written { get; init; } = "";
}
