namespace HybridGen.Queueing;

/// <summary>An engine has as many requests waiting as it may (<see cref="HybridGenOptions.QueueLimit"/>); nothing was done, and a later try may succeed.</summary>
public sealed class EngineBusyException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public EngineBusyException() : this("The engine is busy.") { }

    /// <summary>Creates the exception.</summary>
    public EngineBusyException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public EngineBusyException(string message, Exception? innerException) : base(message, innerException) { }

    internal EngineBusyException(int waiting, int limit)
        : base($"The engine is busy: {waiting} requests wait already, and at most {limit} may. Try again later, or raise QueueLimit.") => (Waiting, Limit) = (waiting, limit);

    /// <summary>Requests that waited.</summary>
    public int Waiting { get; }

    /// <summary>How many may wait.</summary>
    public int Limit { get; }
}
