using HybridGen.Telemetry;

namespace HybridGen.Queueing;

/// <summary>One call of an engine at work.</summary>
/// <param name="Operation">What is told of it.</param>
/// <param name="Turn">Its place, which it may leave before its end.</param>
/// <param name="Deadline">How long it goes on.</param>
internal sealed record Request(Operation Operation, Turn Turn, Deadline Deadline)
{
    /// <summary>Ends it.</summary>
    public CancellationToken Token => Deadline.Token;

    /// <summary>
    /// Waits for a model. Only the caller's own wish stops loading it: where the request's time ends first, the model is there for the next one.
    /// </summary>
    public Task<T> Load<T>(LoadOnce<T> model) where T : class => model.GetAsync(Deadline.Callers).WaitAsync(Token);
}
