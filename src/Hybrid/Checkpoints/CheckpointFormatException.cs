namespace HybridGen.Checkpoints;

/// <summary>A refiner's folder cannot be used: a file is missing, damaged or of another kind; the message says which, and where in it.</summary>
public sealed class CheckpointFormatException : RefiningException
{
    /// <summary>Creates the exception with a general message.</summary>
    public CheckpointFormatException() : this("The checkpoint cannot be used.") { }

    /// <summary>Creates the exception.</summary>
    public CheckpointFormatException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public CheckpointFormatException(string message, Exception? innerException) : base(message, innerException) { }
}
