using HybridGen.Drafting;

namespace HybridGen.Plugin;

/// <summary>Drafts and revises one text: <see cref="HybridGenEngine.GenerateAsync"/>, or a test's stand-in.</summary>
internal delegate Task<Generation> Generating(DraftPrompt prompt, GenerateOptions options, CancellationToken cancellationToken);

/// <summary>Drafts and revises one text, and says how it comes about: <see cref="HybridGenEngine.StreamAsync"/>, or a test's stand-in.</summary>
internal delegate IAsyncEnumerable<GenerationUpdate> Streaming(DraftPrompt prompt, GenerateOptions options, CancellationToken cancellationToken);
