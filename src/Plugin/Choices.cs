using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace HybridGen.Plugin;

/// <summary>Writes the answers that one call asks for, so many at once. Where one fails, or the caller turns away, the others end too.</summary>
/// <param name="count">How many answers.</param>
/// <param name="atOnce">How many of them are written at once.</param>
internal sealed class Choices(int count, int atOnce)
{
    /// <summary>All answers, in the order of their numbers.</summary>
    public async Task<IReadOnlyList<T>> AllAsync<T>(Func<int, CancellationToken, Task<T>> answer, CancellationToken cancellationToken)
    {
        if (count == 1) return [await answer(0, cancellationToken).ConfigureAwait(false)];
        var answers = new T[count];
        await EachAsync(async (choice, token) => answers[choice] = await answer(choice, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return answers;
    }

    /// <summary>The parts of all answers, one answer after the other: those that come early wait for their turn.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(Func<int, CancellationToken, IAsyncEnumerable<T>> answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // An answer is no longer than the drafter may write.
        var answers = Enumerable.Range(0, count).Select(_ => Channel.CreateUnbounded<T>(new() { SingleReader = true })).ToList();
        var writing = WriteAsync(answer, answers, stop.Token);
        try
        {
            foreach (var parts in answers)
                await foreach (var part in parts.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return part;
            cancellationToken.ThrowIfCancellationRequested();
            await writing.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WriteAsync<T>(Func<int, CancellationToken, IAsyncEnumerable<T>> answer, List<Channel<T>> answers, CancellationToken cancellationToken)
    {
        try
        {
            await EachAsync(WriteOneAsync, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also of those that were never begun.
            answers.ForEach(parts => parts.Writer.TryComplete());
        }

        async Task WriteOneAsync(int choice, CancellationToken token)
        {
            await foreach (var part in answer(choice, token).ConfigureAwait(false)) answers[choice].Writer.TryWrite(part);
            answers[choice].Writer.Complete();
        }
    }

    private Task EachAsync(Func<int, CancellationToken, Task> answer, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
        (choice, token) => new ValueTask(answer(choice, token)));
}
