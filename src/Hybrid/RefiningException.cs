namespace HybridGen;

/// <summary>A text could not be revised: the refiner, its files or the native library is at fault; the message says which and where.</summary>
public class RefiningException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public RefiningException() : this("Refining failed.") { }

    /// <summary>Creates the exception.</summary>
    public RefiningException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public RefiningException(string message, Exception? innerException) : base(message, innerException) { }
}
