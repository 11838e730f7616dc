using System.Diagnostics;
using HybridGen.Logging;
using HybridGen.Telemetry;
using Microsoft.Extensions.Logging;

namespace HybridGen;

#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle is never asked for owns nothing that needs disposing.
/// <summary>A model that is loaded when it is first asked for, once, however many ask; a failed load is tried again by the next.</summary>
/// <param name="path">Where it lies.</param>
/// <param name="log">Told of it.</param>
/// <param name="load">Loads it.</param>
internal sealed class LoadOnce<T>(string path, ILogger log, Func<IProgress<float>?, CancellationToken, Task<T>> load) where T : class
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private T? _model;
    private bool _isClosed;

    /// <summary>Whether it is loaded.</summary>
    public bool IsLoaded => Volatile.Read(ref _model) is not null;

    /// <summary>Why the last load failed; null where none did, or one succeeded since.</summary>
    public Exception? Failure { get; private set; }

    public Task<T> GetAsync(CancellationToken cancellationToken) => GetAsync(null, cancellationToken);

    public async Task<T> GetAsync(IProgress<float>? progress, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(HybridGenEngine));
            return _model ??= await LoadAsync(progress, cancellationToken).ConfigureAwait(false);
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

    private async Task<T> LoadAsync(IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var stage = Stage.Begin(Stage.Load).With("hybridgen.path", path);
        try
        {
            var model = await load(progress, cancellationToken).ConfigureAwait(false);
            Failure = null;
            log.Loaded(path, Stopwatch.GetElapsedTime(started).TotalSeconds);
            return model;
        }
        catch (Exception failure) when (stage.Fail(failure) || failure is not OperationCanceledException)
        {
            Failure = failure;
            log.LoadFailed(failure, path);
            throw;
        }
    }
}
