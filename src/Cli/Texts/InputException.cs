namespace HybridGen.Cli.Texts;

/// <summary>A text cannot be read or written; the message says which and why.</summary>
internal sealed class InputException(string message, Exception? innerException = null) : Exception(message, innerException);
