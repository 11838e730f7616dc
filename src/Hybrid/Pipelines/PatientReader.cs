namespace HybridGen.Pipelines;

/// <summary>What came of a read.</summary>
internal enum ReadOutcome
{
    /// <summary>An item.</summary>
    Item,

    /// <summary>Nothing for as long as something may wait.</summary>
    Late,

    /// <summary>The end.</summary>
    End,
}

/// <summary>Reads items, and says when something that was read before has waited for as long as it may.</summary>
internal sealed class PatientReader<T> : IAsyncDisposable
{
    private readonly StreamReviserOptions _options;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<T> _items;
    private Task<bool>? _next;
    private (int From, long Since)? _waiting;

    public PatientReader(IAsyncEnumerable<T> items, StreamReviserOptions options, CancellationToken cancellationToken)
    {
        _options = options;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _items = items.GetAsyncEnumerator(_stop.Token);
    }

    public T Current => _items.Current;

    /// <summary>Reads the next item.</summary>
    /// <param name="waiting">What waits, if something does: the clock runs for as long as it is the same.</param>
    public async Task<ReadOutcome> ReadAsync(int? waiting)
    {
        if (waiting != _waiting?.From) _waiting = waiting is { } from ? (from, _options.Clock.GetTimestamp()) : null;
        _next ??= _items.MoveNextAsync().AsTask();
        if (await IsLateAsync(_next).ConfigureAwait(false))
        {
            _waiting = null;
            return ReadOutcome.Late;
        }

        var next = _next;
        _next = null;
        return await next.ConfigureAwait(false) ? ReadOutcome.Item : ReadOutcome.End;
    }

    /// <summary>Stops the source; what it does last is awaited.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_next is not null) await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _items.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task<bool> IsLateAsync(Task next)
    {
        if (_waiting is not { Since: var since } || _options.MaxDelay == Timeout.InfiniteTimeSpan) return false;
        var left = _options.MaxDelay - _options.Clock.GetElapsedTime(since);
        if (left <= TimeSpan.Zero) return true;
        if (next.IsCompleted) return false;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var first = await Task.WhenAny(next, Task.Delay(left, _options.Clock, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        return first != next && !_stop.IsCancellationRequested;
    }
}
