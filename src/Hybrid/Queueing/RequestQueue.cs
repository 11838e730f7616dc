using System.Diagnostics;
using HybridGen.Telemetry;

namespace HybridGen.Queueing;

/// <summary>Where an engine works on requests; as many at once as it has places.</summary>
/// <param name="places">How many; <see langword="null"/> for any number.</param>
internal sealed class Station(int? places)
{
    /// <summary>Places that nobody has.</summary>
    public int Free { get; set; } = places ?? int.MaxValue;

    /// <summary>Who waits for one, the first first.</summary>
    public LinkedList<TaskCompletionSource> Waiting { get; } = [];
}

/// <summary>Gives the places of an engine's stations to its requests, first come first served, and refuses new ones where too many wait.</summary>
/// <param name="limit">How many may wait, at all stations together; <see langword="null"/> for any number.</param>
internal sealed class RequestQueue(int? limit)
{
    private readonly Lock _gate = new();
    private readonly List<Station> _stations = [];
    private int _waiting;
    private bool _isClosed;

    /// <summary>Requests that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _waiting;
        }
    }

    /// <summary>Adds a station.</summary>
    public Station Open(int? places)
    {
        var station = new Station(places);
        _stations.Add(station);
        return station;
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="station">Where.</param>
    /// <param name="isNew">Whether the request comes to the engine only now; one that is at work goes on to its next station whoever waits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineBusyException">The request is new, would have to wait or finds too many waiting, and no more may.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public async Task<Turn> EnterAsync(Station station, bool isNew, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        if (Take(station, isNew) is { } waiter)
            await using (cancellationToken.UnsafeRegister(_ => Withdraw(station, waiter, cancellationToken), null).ConfigureAwait(false))
                await waiter.Value.Task.ConfigureAwait(false);
        Instruments.Waited(started);
        return new Turn(() => Leave(station));
    }

    /// <summary>Refuses what waits and what comes; what has a place keeps it.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var station in _stations)
                while (station.Waiting.First is { } waiter) Remove(station, waiter).SetException(new ObjectDisposedException(nameof(HybridGenEngine)));
        }
    }

    /// <summary>Takes a place, or else a rank in the line for one.</summary>
    private LinkedListNode<TaskCompletionSource>? Take(Station station, bool isNew)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(HybridGenEngine));
            if (isNew && _waiting + (station.Free > 0 ? 0 : 1) > limit) throw new EngineBusyException(_waiting, limit.Value);
            if (station.Free > 0)
            {
                station.Free--;
                return null;
            }

            Count(1);
            return station.Waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    private void Leave(Station station)
    {
        lock (_gate)
        {
            if (station.Waiting.First is { } next) Remove(station, next).SetResult();
            else station.Free++;
        }
    }

    private void Withdraw(Station station, LinkedListNode<TaskCompletionSource> waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // Whoever was called in the meantime has a place, and leaves it by itself.
            if (waiter.List is not null) Remove(station, waiter).SetCanceled(cancellationToken);
        }
    }

    private TaskCompletionSource Remove(Station station, LinkedListNode<TaskCompletionSource> waiter)
    {
        station.Waiting.Remove(waiter);
        Count(-1);
        return waiter.Value;
    }

    private void Count(int change)
    {
        _waiting += change;
        Instruments.CountWaiting(change);
    }
}

/// <summary>A place at a station, until it is disposed of.</summary>
internal sealed class Turn(Action leave) : IDisposable
{
    private Action? _leave = leave;

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
