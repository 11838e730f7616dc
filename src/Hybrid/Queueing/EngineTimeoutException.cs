namespace HybridGen.Queueing;

/// <summary>A request was not finished in the time that it has (<see cref="HybridGenOptions.RequestTimeout"/>); it was ended, and its places are free again.</summary>
/// <remarks>A caller's own cancellation is an <see cref="OperationCanceledException"/> instead. What a revision had done is in the inner exception, a <see cref="Editing.RevisionCanceledException"/>.</remarks>
public sealed class EngineTimeoutException : TimeoutException
{
    /// <summary>Creates the exception with a general message.</summary>
    public EngineTimeoutException() : this("The request was not finished in time.") { }

    /// <summary>Creates the exception.</summary>
    public EngineTimeoutException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public EngineTimeoutException(string message, Exception? innerException) : base(message, innerException) { }

    internal EngineTimeoutException(TimeSpan timeout, Exception innerException)
        : base($"The request was not finished within {timeout.TotalSeconds} s. Ask for less, or raise RequestTimeout.", innerException) => Timeout = timeout;

    /// <summary>The time that it had.</summary>
    public TimeSpan Timeout { get; }
}
