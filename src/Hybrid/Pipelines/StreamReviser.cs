using System.Runtime.CompilerServices;

namespace HybridGen.Pipelines;

/// <summary>Revises texts of any origin while they come in: sentence by sentence, within a bounded delay.</summary>
/// <param name="engine">The engine, which stays the caller's; its drafter is not needed.</param>
/// <param name="options">How; <see langword="null"/> for the defaults.</param>
public sealed class StreamReviser(HybridGenEngine engine, StreamReviserOptions? options = null)
{
    private readonly HybridGenEngine _engine = engine ?? throw new ArgumentNullException(nameof(engine));
    private readonly StreamReviserOptions _options = options ?? new();

    /// <summary>Revises a text.</summary>
    /// <param name="pieces">The text in pieces of any size.</param>
    /// <param name="cancellationToken">Stops reading and revising.</param>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IAsyncEnumerable<RevisedBlock> ReviseAsync(IAsyncEnumerable<string> pieces, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        return ReviseAsync(pieces.Select(piece => new RevisedBlock(piece, [])), piece => piece.Text, (_, block) => block, cancellationToken);
    }

    /// <summary>Revises the text of a stream of items.</summary>
    /// <typeparam name="T">An item, such as an update of a chat service.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="text">The text of an item; <see langword="null"/> for one that has none: it is passed on in its place, after all text before it.</param>
    /// <param name="with">An item with other text: made from the last item of those that the block came in.</param>
    /// <param name="cancellationToken">Stops reading and revising.</param>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<T> ReviseAsync<T>(IAsyncEnumerable<T> items, Func<T, string?> text, Func<T, RevisedBlock, T> with, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(with);
        var (incoming, last) = (new IncomingText(_engine, _options), default(T)!);
        var source = new PatientReader<T>(items, _options, cancellationToken);
        await using var _ = source.ConfigureAwait(false);
        while (await source.ReadAsync(incoming.PendingFrom).ConfigureAwait(false) is var outcome && outcome != ReadOutcome.End)
        {
            if (outcome == ReadOutcome.Late)
            {
                if (incoming.Due(isLate: true) is > 0 and var late) yield return with(last, await incoming.TakeAsync(late, cancellationToken).ConfigureAwait(false));
            }
            else if (text(source.Current) is { } piece)
            {
                last = source.Current;
                incoming.Append(piece);
                if (incoming.Due(isLate: false) is > 0 and var due) yield return with(last, await incoming.TakeAsync(due, cancellationToken).ConfigureAwait(false));
            }
            else
            {
                if (incoming.IsPending) yield return with(last, await incoming.TakeAllAsync(cancellationToken).ConfigureAwait(false));
                incoming.Break();
                yield return source.Current;
            }
        }

        if (incoming.IsPending) yield return with(last, await incoming.TakeAllAsync(cancellationToken).ConfigureAwait(false));
    }
}
