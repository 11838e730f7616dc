using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen;

/// <summary>A drafter and a refiner: drafts from a prompt and revises, or revises a text that the caller brings.</summary>
/// <remarks>
/// Thread-safe. Each model is loaded when it is first needed, once; a text can be revised without the drafter ever being loaded.
/// </remarks>
public sealed class HybridGenEngine : IAsyncDisposable, IDisposable
{
    /// <summary>Creates an engine; nothing is loaded yet.</summary>
    public HybridGenEngine(HybridGenOptions? options = null) => Options = options ?? new();

    /// <summary>The models and the share of the machine that the engine uses.</summary>
    public HybridGenOptions Options { get; }

    /// <summary>Loads a model now instead of at its first use; both by default.</summary>
    public Task LoadAsync(bool drafter = true, bool refiner = true, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Drafts and revises, streaming what happens.</summary>
    public IAsyncEnumerable<GenerationUpdate> StreamAsync(DraftPrompt prompt, GenerateOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Drafts and revises.</summary>
    public Task<Generation> GenerateAsync(DraftPrompt prompt, GenerateOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Revises a text.</summary>
    public Task<Revision> ReviseAsync(string text, ReviseOptions? options = null, IProgress<ReviseProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() { }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
