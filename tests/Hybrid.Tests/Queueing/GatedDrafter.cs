using System.Runtime.CompilerServices;
using HybridGen.Drafting;

namespace HybridGen.Hybrid.Tests.Queueing;

/// <summary>Drafts its prompt's text, a word a token, and waits before each token until it may go on.</summary>
internal sealed class GatedDrafter : IDrafter
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _begun = new(0);
    private int _atWork;

    public string ModelId => "gated";

    public bool IsDisposed { get; private set; }

    /// <summary>Prompts in the order in which they were begun.</summary>
    public List<string> Begun { get; } = [];

    public int AtWork => Volatile.Read(ref _atWork);

    /// <summary>Waits until another draft has begun.</summary>
    public Task BegunAsync(CancellationToken cancellationToken) => _begun.WaitAsync(cancellationToken);

    /// <summary>Lets all go on, those too that come later.</summary>
    public void Open() => _open.TrySetResult();

    public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var text = ((DraftPrompt.Raw)prompt).Text;
        lock (Begun) Begun.Add(text);
        Interlocked.Increment(ref _atWork);
        _begun.Release();
        try
        {
            yield return new DraftToken(0, text, new TextSpan(0, text.Length), -1, 1, []);
            await _open.Task.WaitAsync(cancellationToken);
            yield return new DraftCompleted(StopReason.EndOfText, 3, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
        finally
        {
            Interlocked.Decrement(ref _atWork);
        }
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        Open();
        return ValueTask.CompletedTask;
    }
}
