namespace HybridGen.Drafting;

/// <summary>A file is no usable GGUF model; the message says which file and what is wrong with it.</summary>
public sealed class GgufFormatException : DraftingException
{
    /// <summary>Creates the exception with a general message.</summary>
    public GgufFormatException() : this("The file is no usable GGUF model.") { }

    /// <summary>Creates the exception.</summary>
    public GgufFormatException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public GgufFormatException(string message, Exception? innerException) : base(message, innerException) { }
}
