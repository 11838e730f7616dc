namespace HybridGen.Queueing;

/// <summary>Until when a request may take, and whether its caller still wants it.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeSpan? _timeout;
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _either;

    public Deadline(TimeSpan? timeout, TimeProvider time, CancellationToken callers)
    {
        (_timeout, Callers, Token) = (timeout, callers, callers);
        if (timeout is null) return;
        _timer = new CancellationTokenSource(timeout.Value, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(callers, _timer.Token);
        Token = _either.Token;
    }

    private Deadline(CancellationToken callers, CancellationToken token) => (Callers, Token) = (callers, token);

    /// <summary>The caller's own token.</summary>
    public CancellationToken Callers { get; }

    /// <summary>Ends the work: the caller's wish, or the time.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether it was the time that ended the work.</summary>
    public bool IsOver => _timer is { IsCancellationRequested: true } && !Callers.IsCancellationRequested;

    /// <summary>The same for a part of the request, whose time runs with the whole.</summary>
    public Deadline Within(CancellationToken token) => new(Callers, token);

    /// <summary>The exception that says so.</summary>
    public EngineTimeoutException Exceeded(OperationCanceledException cause) => new(_timeout!.Value, cause);

    public void Dispose()
    {
        _either?.Dispose();
        _timer?.Dispose();
    }
}
