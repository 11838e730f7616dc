using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TorchSharp;

namespace HybridGen.Torch;

/// <summary>The one thread on which an engine's tensors live: work items run on it one after the other, in inference mode.</summary>
/// <remarks>
/// Dispose scopes and inference mode belong to a thread in TorchSharp, so no tensor may be touched from another one, nor across an await.
/// </remarks>
internal sealed class TensorWorker : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;
    private readonly int _threads;
    private IDisposable? _mode;
    private int _isDisposed;

    /// <summary>Starts the thread.</summary>
    /// <param name="threads">Threads that one tensor operation may use.</param>
    public TensorWorker(int threads)
    {
        _threads = threads;
        _thread = new Thread(Run) { IsBackground = true, Name = "HybridGen refiner" };
        _thread.Start();
    }

    /// <summary>Runs work on the thread; tensors that it leaves are disposed.</summary>
    /// <exception cref="RefiningException">libtorch failed.</exception>
    /// <exception cref="ObjectDisposedException">The worker is disposed.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _queue.Add(() => Complete(done, work, cancellationToken), cancellationToken);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(TensorWorker));
        }

        return done.Task;
    }

    /// <summary>Finishes what is queued, then ends the thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _queue.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private void Complete<T>(TaskCompletionSource<T> done, Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            Prepare();
            using var scope = torch.NewDisposeScope();
            done.SetResult(work());
        }
        catch (OperationCanceledException cancelled)
        {
            done.SetCanceled(cancelled.CancellationToken);
        }
        catch (Exception failure) when (failure is ExternalException or TypeInitializationException or DllNotFoundException)
        {
            done.SetException(new RefiningException($"libtorch failed: {failure.Message.Split('\n')[0]}", failure));
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }

    /// <summary>Makes the thread ready at its first work; TorchSharp is not touched before libtorch is known to work.</summary>
    private void Prepare()
    {
        if (_mode is not null) return;
        LibTorch.EnsureLoaded();
        torch.set_num_threads(_threads);
        _mode = torch.inference_mode();
    }

    private void Run()
    {
        foreach (var work in _queue.GetConsumingEnumerable()) work();
        _mode?.Dispose();
        _queue.Dispose();
    }
}
