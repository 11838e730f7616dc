namespace HybridGen.Drafting;

/// <summary>Writes a draft from left to right and reports how sure it was of each token.</summary>
/// <remarks>Implementations are safe for concurrent use; requests beyond the first wait for their turn.</remarks>
public interface IDrafter : IAsyncDisposable
{
    /// <summary>Name of the model, as results and metadata report it.</summary>
    string ModelId { get; }

    /// <summary>Streams the tokens of one draft, then exactly one <see cref="DraftCompleted"/>.</summary>
    /// <param name="prompt">What to continue or answer.</param>
    /// <param name="options">Length, sampling, seed and stop strings.</param>
    /// <param name="cancellationToken">Stops the draft, also inside a running decode; the tokens that were yielded stay valid.</param>
    /// <exception cref="DraftingException">The prompt does not fit, or the model failed.</exception>
    /// <exception cref="OperationCanceledException">The draft was cancelled.</exception>
    IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default);
}
