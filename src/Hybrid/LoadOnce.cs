namespace HybridGen;

#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle is never asked for owns nothing that needs disposing.
/// <summary>A model that is loaded when it is first asked for, once, however many ask; a failed load is tried again by the next.</summary>
internal sealed class LoadOnce<T>(Func<IProgress<float>?, CancellationToken, Task<T>> load) where T : class
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private T? _model;
    private bool _isClosed;

    public Task<T> GetAsync(CancellationToken cancellationToken) => GetAsync(null, cancellationToken);

    public async Task<T> GetAsync(IProgress<float>? progress, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(HybridGenEngine));
            return _model ??= await load(progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for a load at work; afterwards nothing is loaded any more. Returns the model where there is one, for the caller to dispose.</summary>
    public async Task<T?> CloseAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _isClosed = true;
        var model = _model;
        _model = null;
        _turn.Release();
        return model;
    }
}
