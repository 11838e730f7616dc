using System.Runtime.InteropServices;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>
/// Decodes several drafts in one context, a token of each at every step; requests join and leave between steps, in the order in which they
/// came.
/// </summary>
/// <remarks>
/// All work on the context is done in turns of the drafter's thread, a step each. Drafts go first in every batch, so that those that are written do not stall while a
/// long prompt is read; the rest of the batch is shared by the prompts.
/// </remarks>
internal sealed class DecodingLoop : IAsyncDisposable
{
    private readonly DecodingThread _thread;
    private readonly Func<LLamaContext> _create;
    private readonly Slot[] _slots;
    private readonly StepBatch _step;
    private readonly int _mostAtOnce;
    private readonly Lock _gate = new();
    private readonly LinkedList<DecodeRequest> _waiting = [];
    private readonly List<DecodeRequest> _running = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AbortCallback _abort;
    private TaskCompletionSource? _preparing;
    private LLamaContext? _context;
    private (int Generation, int Batch) _threads;
    private long _requests;
    private bool _isAwake;
    private volatile bool _isDisposed;

    /// <summary>Creates a loop; its context comes with the first request.</summary>
    /// <param name="thread">Where it decodes.</param>
    /// <param name="create">Creates the context, with a sequence for each draft, and at least as many as the size says.</param>
    /// <param name="slots">How many drafts are decoded at once.</param>
    /// <param name="size">How much one step decodes.</param>
    /// <param name="vocabularySize">Entries of the model's vocabulary.</param>
    public DecodingLoop(DecodingThread thread, Func<LLamaContext> create, int slots, StepSize size, int vocabularySize)
    {
        (_thread, _create) = (thread, create);
        _slots = [.. Enumerable.Range(0, Math.Max(slots, size.LeastSequences)).Select(sequence => new Slot(sequence, vocabularySize))];
        _step = new StepBatch(size, _slots);
        _mostAtOnce = slots;
        _abort = _ => ShouldAbort();
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    private delegate bool AbortCallback(nint state);

    /// <summary>Tokens that were decoded since the beginning; those of a decode that was broken off do not count.</summary>
    public long DecodedTokens { get; private set; }

    private SafeLLamaContextHandle Handle => _context!.NativeHandle;

    /// <summary>Decodes a request when its turn comes.</summary>
    /// <exception cref="DraftingException">It asks for more drafts at once than there are places, or llama.cpp failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The loop is disposed.</exception>
    public async Task RunAsync(DecodeRequest request)
    {
        if (request.Continuations.Count > _mostAtOnce)
            throw new DraftingException($"{request.Continuations.Count} drafts were asked for at once; the drafter has room for {_mostAtOnce}. Raise Sequences or ask for fewer.");
        Enqueue(request);
        await using (request.OnCancelled(() => Withdraw(request)).ConfigureAwait(false)) await request.End.ConfigureAwait(false);
    }

    /// <summary>Creates the context before it is needed.</summary>
    /// <exception cref="DraftingException">It cannot be created.</exception>
    /// <exception cref="ObjectDisposedException">The loop is disposed.</exception>
    public Task PrepareAsync()
    {
        Task prepared;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(LlamaDrafter));
            prepared = (_preparing ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            Wake();
        }

        return prepared;
    }

    /// <summary>Refuses what still waits, lets running drafts end, then frees the context; calls after the first wait for the same.</summary>
    public async ValueTask DisposeAsync()
    {
        List<DecodeRequest> refused;
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                Wake();
            }

            refused = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var request in refused) request.Fail(new ObjectDisposedException(nameof(LlamaDrafter)));
        await _stopped.Task.ConfigureAwait(false);
    }

    private void Enqueue(DecodeRequest request)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(LlamaDrafter));
            _waiting.AddLast(request);
            Wake();
        }
    }

    /// <summary>Asks for a turn, unless it has one already; under the gate.</summary>
    private void Wake()
    {
        if (!_isAwake) _thread.Post(Turn);
        _isAwake = true;
    }

    /// <summary>Takes a cancelled request out of the queue; one that runs is dropped at the next step.</summary>
    private void Withdraw(DecodeRequest request)
    {
        bool waited;
        lock (_gate) waited = _waiting.Remove(request);
        if (waited) request.Cancel();
    }

    private void Turn()
    {
        try
        {
            Start();
            Prepared(null);
            Admit();
            Drop();
            if (_running.Count > 0) Step();
        }
        catch (Exception failure)
        {
            FailAll(failure);
        }

        if (!GoesOn()) End();
    }

    /// <summary>Asks for the next turn where there is work, else rests until there is.</summary>
    /// <returns>Whether there will be a further turn.</returns>
    private bool GoesOn()
    {
        lock (_gate)
        {
            _isAwake = false;
            if (_running.Count > 0 || _waiting.Count > 0) Wake();
            return _isAwake || !_isDisposed;
        }
    }

    private void End()
    {
        _context?.Dispose();
        Prepared(new ObjectDisposedException(nameof(LlamaDrafter)));
        _stopped.TrySetResult();
    }

    /// <summary>Tells those who wait for the context; who asks after a failure has it tried again.</summary>
    private void Prepared(Exception? failure)
    {
        lock (_gate)
        {
            if (failure is null && _context is not null) _preparing?.TrySetResult();
            else if (failure is not null && _preparing?.TrySetException(failure) == true) _preparing = null;
        }
    }

    private void Start()
    {
        if (_context is not null || _isDisposed) return;
        LlamaLibrary.Listen();
        _context = _create();
        NativeApi.llama_set_abort_callback(Handle, Marshal.GetFunctionPointerForDelegate(_abort), 0);
        foreach (var slot in _slots) slot.Attach(Handle);
        _threads = (Handle.GenerationThreads, Handle.BatchThreads);
    }

    /// <summary>Lets requests in, the oldest first, as long as there is room; a large one is not overtaken by small ones behind it.</summary>
    private void Admit()
    {
        while (NextIn() is { } request)
        {
            for (var i = 0; i < request.Continuations.Count; i++) request.Places.Add(new Place(Take(i == 0 ? request.Session : null), request.Continuations[i]));
            _running.Add(request);
            Guarded(request, () => Begin(request));
        }
    }

    private DecodeRequest? NextIn()
    {
        lock (_gate)
        {
            if (_waiting.First?.Value is not { } first || _slots.Count(slot => slot.IsTaken) + first.Continuations.Count > _mostAtOnce) return null;
            _waiting.RemoveFirst();
            return first;
        }
    }

    /// <summary>The session's own place, else one that no session will miss, else the one that was used least recently.</summary>
    private Slot Take(DraftSession? session)
    {
        var slot = _slots.Where(slot => !slot.IsTaken).OrderByDescending(slot => session is not null && slot.Owner == session).ThenByDescending(slot => slot.Owner is null).ThenBy(slot => slot.LastUse).First();
        if (slot.Owner is null || slot.Owner != session) slot.Truncate(0);
        (slot.IsTaken, slot.Owner, slot.LastUse) = (true, session, ++_requests);
        return slot;
    }

    private void Begin(DecodeRequest request)
    {
        var slot = request.Places[0].Slot;
        foreach (var continuation in request.Continuations) continuation.Prepare(Handle, slot);
        request.Read = slot.KeepCommon(request.Prompt, out var refused);
        foreach (var continuation in request.Continuations) continuation.Begin(request.Read, refused);
    }

    private void Drop()
    {
        foreach (var request in _running.FindAll(request => request.IsCancelled)) Leave(request, request.Cancel);
    }

    /// <summary>Decodes a token of every draft, and parts of prompts.</summary>
    private void Step()
    {
        LimitThreads();
        foreach (var batch in _step.Batches(_running))
        {
            var parts = _step.Fill(batch);
            if (!Decode()) return;
            foreach (var request in batch) Guarded(request, () => Advance(request, parts.GetValueOrDefault(request)));
        }
    }

    private void LimitThreads()
    {
        var most = _running.SelectMany(request => request.Continuations).Min(continuation => continuation.Threads) ?? int.MaxValue;
        (Handle.GenerationThreads, Handle.BatchThreads) = (Math.Min(most, _threads.Generation), Math.Min(most, _threads.Batch));
    }

    /// <summary>Decodes the batch.</summary>
    /// <returns>Whether it was decoded; not when all whose tokens it has have been cancelled.</returns>
    private bool Decode()
    {
        var result = _context!.Decode(_step.Batch);
        _step.ForgetUseless();
        if (result == DecodeResult.Ok) DecodedTokens += _step.Batch.TokenCount;
        if (result is not (DecodeResult.Ok or DecodeResult.ComputeAborted)) throw new RuntimeError($"a decode ended with {result}.");
        return result == DecodeResult.Ok;
    }

    private bool ShouldAbort()
    {
        foreach (var request in _running)
            if (!request.IsCancelled) return false;
        return true;
    }

    /// <summary>Takes in what was decoded of a request, and goes on with each of its drafts.</summary>
    private void Advance(DecodeRequest request, int part)
    {
        if (part > 0 && !Advance(request.Places[0].Slot, request, part)) return;
        foreach (var place in request.Places)
        {
            if (place.Row < 0) continue;
            if (place.Next is { } decoded) place.Slot.Held.Add(decoded);
            place.Next = place.Continuation.Next(Handle, place.Row, place.Slot);
            place.Row = -1;
        }

        if (request.Places.TrueForAll(place => place.Next is null)) Leave(request, request.Succeed);
    }

    /// <summary>Takes in a part of the prompt.</summary>
    /// <returns>Whether it was the last.</returns>
    private static bool Advance(Slot slot, DecodeRequest request, int part)
    {
        for (var end = request.Read + part; request.Read < end; request.Read++) slot.Held.Add(request.Prompt[request.Read]);
        if (request.IsReading) return false;
        foreach (var place in request.Places.Skip(1))
        {
            place.Slot.CopyFrom(slot);
            place.Row = request.Places[0].Row;
        }

        return true;
    }

    /// <summary>What goes wrong with one request ends that one only.</summary>
    private void Guarded(DecodeRequest request, Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure)
        {
            Leave(request, () => request.Fail(Named(failure)));
        }
    }

    private void FailAll(Exception failure)
    {
        foreach (var request in _running.ToList()) Leave(request, () => request.Fail(Named(failure)));
        if (_context is not null)
        {
            Handle.MemoryClear(data: false);
            foreach (var slot in _slots) slot.Held.Clear();
            return;
        }

        // Without a context nobody can ever be served.
        Prepared(Named(failure));
        lock (_gate)
        {
            foreach (var request in _waiting) request.Fail(Named(failure));
            _waiting.Clear();
        }
    }

    private void Leave(DecodeRequest request, Action end)
    {
        foreach (var place in request.Places)
        {
            place.Slot.Truncate(place.Slot.Owner is null ? 0 : place.Slot.Held.Count);
            place.Slot.IsTaken = false;
        }

        _running.Remove(request);
        end();
    }

    private static Exception Named(Exception failure) =>
        failure is RuntimeError ? new DraftingException($"llama.cpp failed: {LlamaLibrary.Reason(failure)}", failure) : failure;
}
