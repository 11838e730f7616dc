using System.Runtime.InteropServices;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>A llama.cpp context for scoring: one piece of work at a time, on the drafter's thread, stoppable inside a decode.</summary>
internal sealed class ScoringContext : IAsyncDisposable
{
    private readonly DecodingThread _thread;
    private readonly Func<LLamaContext> _create;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly AbortCallback _abort;
    private LLamaContext? _context;
    private volatile bool _isAborted;
    private bool _isDisposed;

    /// <summary>Creates it.</summary>
    /// <param name="thread">Where it works.</param>
    /// <param name="create">Creates the context at the first work.</param>
    public ScoringContext(DecodingThread thread, Func<LLamaContext> create)
    {
        (_thread, _create) = (thread, create);
        _abort = _ => _isAborted;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    private delegate bool AbortCallback(nint state);

    /// <summary>The context; before the first work there is none.</summary>
    public LLamaContext Context => _context ?? throw new InvalidOperationException("The context is created at the first work.");

    /// <summary>Waits for its turn, then works on the drafter's thread.</summary>
    /// <exception cref="DraftingException">llama.cpp failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public async Task RunAsync(Action work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(LlamaDrafter));
            _isAborted = false;
            using var abort = cancellationToken.Register(() => _isAborted = true);
            await OnThreadAsync(() => Run(work)).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Decodes a batch after what else the drafter is to decode by now; only inside of work.</summary>
    public void Decode(LLamaBatch batch, CancellationToken cancellationToken)
    {
        _thread.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        var result = Context.Decode(batch);
        if (result == DecodeResult.ComputeAborted) throw new OperationCanceledException(cancellationToken);
        if (result != DecodeResult.Ok) throw new RuntimeError($"a decode ended with {result}.");
    }

    /// <summary>Waits for the work at hand, then frees the context; calls after the first do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _isDisposed = true;
        _context?.Dispose();
        _turn.Release();
    }

    private Task OnThreadAsync(Action action)
    {
        var task = new Task(action, TaskCreationOptions.RunContinuationsAsynchronously);
        _thread.Post(() => task.RunSynchronously(TaskScheduler.Default));
        return task;
    }

    private void Run(Action work)
    {
        LlamaLibrary.Listen();
        try
        {
            if (_context is null) Start();
            work();
        }
        catch (RuntimeError failure)
        {
            throw new DraftingException($"llama.cpp failed: {LlamaLibrary.Reason(failure)}", failure);
        }
    }

    private void Start()
    {
        _context = _create();
        NativeApi.llama_set_abort_callback(_context.NativeHandle, Marshal.GetFunctionPointerForDelegate(_abort), 0);
    }
}
