namespace HybridGen.Drafting;

/// <summary>Something in a JSON Schema cannot be honoured, so the schema is refused as a whole; the message says what and where.</summary>
public sealed class SchemaNotSupportedException : DraftingException
{
    /// <summary>Creates the exception with a general message.</summary>
    public SchemaNotSupportedException() : this("The JSON Schema cannot be honoured.") { }

    /// <summary>Creates the exception.</summary>
    public SchemaNotSupportedException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public SchemaNotSupportedException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates the exception with its place.</summary>
    /// <param name="jsonPointer">Where, as a JSON Pointer (RFC 6901); empty for the schema as a whole.</param>
    /// <param name="message">What is wrong.</param>
    public SchemaNotSupportedException(string jsonPointer, string message) : base($"The JSON Schema at '{jsonPointer}': {message}") => JsonPointer = jsonPointer;

    /// <summary>Where it is, as a JSON Pointer (RFC 6901); empty for the schema as a whole.</summary>
    public string JsonPointer { get; } = "";
}
