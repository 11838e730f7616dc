using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>A prompt that is to be read, and what goes on from it.</summary>
/// <param name="prompt">The prompt's tokens, at least one.</param>
/// <param name="continuations">What is made of the logits after it, side by side.</param>
/// <param name="session">Whose cache may be reused, and holds the first draft afterwards; <see langword="null"/> for nobody's.</param>
/// <param name="cancellationToken">Gives the places up again.</param>
internal sealed class DecodeRequest(IReadOnlyList<LLamaToken> prompt, IReadOnlyList<Continuation> continuations, DraftSession? session, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<LLamaToken> Prompt => prompt;

    public IReadOnlyList<Continuation> Continuations => continuations;

    public DraftSession? Session => session;

    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    /// <summary>Ends with the last draft, with what went wrong, or cancelled.</summary>
    public Task End => _end.Task;

    /// <summary>The continuations' places in the context, once they have some.</summary>
    public List<Place> Places { get; } = [];

    /// <summary>Tokens of the prompt that the context holds.</summary>
    public int Read { get; set; }

    public int Unread => prompt.Count - Read;

    /// <summary>Whether a part of the prompt is still to be read.</summary>
    public bool IsReading => Unread > 0;

    /// <summary>Calls back when it is cancelled.</summary>
    public CancellationTokenRegistration OnCancelled(Action action) => cancellationToken.Register(action);

    public void Succeed() => _end.TrySetResult();

    public void Fail(Exception failure) => _end.TrySetException(failure);

    public void Cancel() => _end.TrySetCanceled(cancellationToken);
}

/// <summary>One continuation of a request, and where it lies in the context.</summary>
internal sealed class Place(Slot slot, Continuation continuation)
{
    public Slot Slot => slot;

    public Continuation Continuation => continuation;

    /// <summary>The token that is to be decoded next; <see langword="null"/> before the first and after the last.</summary>
    public LLamaToken? Next { get; set; }

    /// <summary>The row of its logits in the batch that is decoded.</summary>
    /// <value>-1 where it is in none.</value>
    public int Row { get; set; } = -1;
}
