namespace HybridGen.Drafting;

/// <summary>A draft could not be written: the model, its file or the native library is at fault; the message says which and where.</summary>
public class DraftingException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public DraftingException() : this("Drafting failed.") { }

    /// <summary>Creates the exception.</summary>
    public DraftingException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public DraftingException(string message, Exception? innerException) : base(message, innerException) { }
}
