using HybridGen.Drafting;

namespace HybridGen.Plugin;

/// <summary>Drafts and revises one text, and says how it comes about: <see cref="HybridGenEngine.StreamAsync"/>, or a test's stand-in.</summary>
internal delegate IAsyncEnumerable<GenerationUpdate> Streaming(DraftPrompt prompt, GenerateOptions options, CancellationToken cancellationToken);
