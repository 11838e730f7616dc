namespace HybridGen.Cli.Catalogue;

/// <summary>A model cannot be pulled, listed or removed; the message says why and what would help.</summary>
internal sealed class PullException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A name stands for a model that is not there, or for one of another kind.</summary>
internal sealed class ModelUnavailableException(string message) : Exception(message);
