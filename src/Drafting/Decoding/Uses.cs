namespace HybridGen.Drafting;

/// <summary>Counts who uses a model beside the thread that decodes; whoever frees it waits until nobody does.</summary>
/// <remarks>llama.cpp's vocabulary is a bare pointer: read after the model was freed, it ends the process.</remarks>
internal sealed class Uses
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosed;

    /// <summary>Begins a use, which <see cref="End"/> ends; <see langword="false"/> where the model is freed, or about to be.</summary>
    public bool TryBegin()
    {
        lock (_gate)
        {
            if (!_isClosed) _count++;
            return !_isClosed;
        }
    }

    /// <summary>Ends a use.</summary>
    public void End()
    {
        lock (_gate)
            if (--_count == 0 && _isClosed) _over.TrySetResult();
    }

    /// <summary>Lets no more begin, and waits for the end of those that have begun.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_count == 0) _over.TrySetResult();
        }

        return _over.Task;
    }
}
