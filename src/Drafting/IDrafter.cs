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

    /// <summary>Writes several drafts of one prompt; one after the other, unless the drafter knows better.</summary>
    /// <param name="prompt">What to continue or answer.</param>
    /// <param name="count">How many drafts, at least 1.</param>
    /// <param name="options">How; where a seed is given, each draft adds its number to it, so that they differ.</param>
    /// <param name="cancellationToken">Stops all of them.</param>
    /// <returns>The drafts in the order of their numbers.</returns>
    /// <exception cref="DraftingException">The prompt does not fit, or the model failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    async Task<IReadOnlyList<Draft>> DraftManyAsync(DraftPrompt prompt, int count, DraftOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var drafts = new List<Draft>(count);
        for (var i = 0; i < count; i++) drafts.Add(await Draft.CollectAsync(DraftAsync(prompt, options.Numbered(i), cancellationToken), cancellationToken).ConfigureAwait(false));
        return drafts;
    }
}

/// <summary>A drafter whose text can be corrected while it is written, so that it goes on from the corrected text.</summary>
public interface ISessionDrafter : IDrafter
{
    /// <summary>Begins a session.</summary>
    IDraftSession StartSession();
}

/// <summary>A text that is written bit by bit.</summary>
/// <remarks>It writes one draft at a time.</remarks>
public interface IDraftSession
{
    /// <summary>What was written after the prompt, as it stands now.</summary>
    /// <value>Empty before the first draft.</value>
    string Text { get; }

    /// <summary>Drafts from a prompt; what it begins with that the session has read before is not read again.</summary>
    /// <param name="prompt">The whole prompt: of a conversation all turns, those before included.</param>
    /// <param name="options">Length, sampling, seed and stop strings.</param>
    /// <param name="cancellationToken">Stops the draft; <see cref="Text"/> keeps what was written.</param>
    /// <exception cref="DraftingException">The session is at another draft, the prompt does not fit, or the model failed.</exception>
    /// <exception cref="OperationCanceledException">The draft was cancelled.</exception>
    IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default);

    /// <summary>Goes on from what stands there: the last prompt and <see cref="Text"/>.</summary>
    /// <param name="options">Length, sampling, seed and stop strings.</param>
    /// <param name="cancellationToken">Stops the draft; <see cref="Text"/> keeps what was written.</param>
    /// <exception cref="InvalidOperationException">Nothing was drafted yet.</exception>
    /// <exception cref="DraftingException">The session is at another draft, the context is full, or the model failed.</exception>
    /// <exception cref="OperationCanceledException">The draft was cancelled.</exception>
    IAsyncEnumerable<DraftUpdate> ContinueAsync(DraftOptions options, CancellationToken cancellationToken = default);

    /// <summary>Replaces the end of <see cref="Text"/>, so that the next draft goes on from the corrected text.</summary>
    /// <param name="from">Where the end begins, a UTF-16 index into <see cref="Text"/>.</param>
    /// <param name="text">What stands there instead.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="from"/> lies outside of <see cref="Text"/> or within a character.</exception>
    /// <exception cref="InvalidOperationException">Nothing was drafted yet.</exception>
    /// <exception cref="DraftingException">The session is at a draft, or the text does not fit into the context.</exception>
    void Replace(int from, string text);
}
