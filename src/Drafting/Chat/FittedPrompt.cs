using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>A prompt's tokens, and how many of its oldest turns were left out so that they fit.</summary>
internal readonly record struct FittedPrompt(IReadOnlyList<LLamaToken> Tokens, int DroppedTurns);
