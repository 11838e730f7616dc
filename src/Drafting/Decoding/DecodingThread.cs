using System.Collections.Concurrent;

namespace HybridGen.Drafting;

/// <summary>The one thread on which all contexts of a drafter decode, by turns in the order in which they were asked for.</summary>
/// <remarks>
/// llama.cpp has a team of OpenMP threads for every thread that decodes. As soon as all teams together have more threads than there are
/// processors, libgomp lets each of them spin only briefly at a barrier, and a small model's token has hundreds of these: it then drafts at
/// about four fifths of its rate, also while the other teams rest.
/// </remarks>
internal sealed class DecodingThread : IDisposable
{
    private readonly BlockingCollection<Action> _turns = [];
    private readonly Lock _gate = new();
    private Thread? _thread;

    /// <summary>Takes a turn when those before it are over; the thread begins with the first.</summary>
    /// <param name="turn">What to do; it must not throw.</param>
    public void Post(Action turn)
    {
        _turns.Add(turn);
        lock (_gate)
        {
            if (_thread is not null) return;
            _thread = new Thread(Work) { IsBackground = true, Name = "HybridGen drafting" };
        }

        // The first caller's execution context is not the others'.
        _thread.UnsafeStart();
    }

    /// <summary>Lets those who wait now have a turn each in the midst of one; only on the thread.</summary>
    public void Yield()
    {
        for (var left = _turns.Count; left > 0 && _turns.TryTake(out var turn); left--) turn();
    }

    /// <summary>Ends the thread after the turns that were asked for.</summary>
    public void Dispose() => _turns.CompleteAdding();

    private void Work()
    {
        foreach (var turn in _turns.GetConsumingEnumerable()) turn();
        _turns.Dispose();
    }
}
