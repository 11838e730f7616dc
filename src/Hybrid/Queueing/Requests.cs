using HybridGen.Logging;
using HybridGen.Telemetry;
using Microsoft.Extensions.Logging;

namespace HybridGen.Queueing;

/// <summary>Does an engine's requests: each in its turn, within its time, and told of.</summary>
/// <param name="limit">How many may wait; <see langword="null"/> for any number.</param>
/// <param name="timeout">How long one may take; <see langword="null"/> for as long as it takes.</param>
/// <param name="time">The clock of the timeout.</param>
/// <param name="log">Told how they end.</param>
internal sealed class Requests(int? limit, TimeSpan? timeout, TimeProvider time, ILogger log)
{
    /// <summary>Who waits.</summary>
    public RequestQueue Queue { get; } = new(limit);

    /// <summary>Does one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="station">Where it begins.</param>
    /// <param name="within">The request that it is a part of; <see langword="null"/> for a caller's.</param>
    /// <param name="work">Does it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineBusyException">It is a caller's, and too many wait.</exception>
    /// <exception cref="EngineTimeoutException">It is a caller's, and took too long.</exception>
    public async Task<T> RunAsync<T>(string name, Station station, Request? within, Func<Request, Task<T>> work, CancellationToken cancellationToken)
    {
        using var deadline = within?.Deadline.Within(cancellationToken) ?? new Deadline(timeout, time, cancellationToken);
        using var operation = new Operation(name);
        try
        {
            using var turn = await Queue.EnterAsync(station, within is null, deadline.Token).ConfigureAwait(false);
            return await work(new Request(operation, turn, deadline)).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline.IsOver)
        {
            var exceeded = deadline.Exceeded(cancelled);
            _ = Ended(exceeded);
            throw exceeded;
        }
        catch (Exception failure) when (Ended(failure))
        {
            throw;
        }

        bool Ended(Exception failure) => operation.Fail(failure) || (within is null && log.Ended(name, failure));
    }
}
