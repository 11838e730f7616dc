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
        _thread.UnsafeStart();
    }

    /// <summary>Runs work on the thread; tensors that it leaves are disposed before its result is there.</summary>
    /// <exception cref="RefiningException">libtorch cannot be used, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before its turn came, or heeded the token itself.</exception>
    /// <exception cref="ObjectDisposedException">The worker is disposed.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        var item = new Item<T>(work);
        using var cancelled = cancellationToken.Register(() => item.Cancel(cancellationToken));
        try
        {
            _queue.Add(() => item.Run(Prepare), CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(TensorWorker));
        }

        return await item.Result.ConfigureAwait(false);
    }

    /// <summary>Works with fewer threads, while something else needs the others; on the thread.</summary>
    public T WithThreads<T>(int threads, Func<T> work)
    {
        torch.set_num_threads(Math.Min(threads, _threads));
        try
        {
            return work();
        }
        finally
        {
            torch.set_num_threads(_threads);
        }
    }

    /// <summary>Finishes what is queued, then ends the thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _queue.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join();
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

    /// <summary>Work in the queue; until it begins it can be cancelled.</summary>
    private sealed class Item<T>(Func<T> work)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // What flows with the caller, spans and log scopes, flows on to the thread.
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private int _isTaken;

        public Task<T> Result => _done.Task;

        public void Cancel(CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _isTaken, 1) == 0) _done.SetCanceled(cancellationToken);
        }

        public void Run(Action prepare)
        {
            if (Interlocked.Exchange(ref _isTaken, 1) != 0) return;
            try
            {
                prepare();
                _done.SetResult(InContext());
            }
            catch (OperationCanceledException cancelled) when (cancelled.GetType() == typeof(OperationCanceledException))
            {
                _done.SetCanceled(cancelled.CancellationToken);
            }
            catch (Exception failure) when (failure is ExternalException or TypeInitializationException or DllNotFoundException)
            {
                _done.SetException(new RefiningException($"libtorch failed: {failure.Message.Split('\n')[0]}", failure));
            }
            catch (Exception failure)
            {
                _done.SetException(failure);
            }
        }

        private T InContext()
        {
            if (_context is null) return InScope();
            T? result = default;
            ExecutionContext.Run(_context, _ => result = InScope(), null);
            return result!;
        }

        private T InScope()
        {
            using var scope = torch.NewDisposeScope();
            return work();
        }
    }
}
