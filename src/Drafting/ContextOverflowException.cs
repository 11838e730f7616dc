namespace HybridGen.Drafting;

/// <summary>A prompt is longer than the context has room for.</summary>
public sealed class ContextOverflowException : DraftingException
{
    /// <summary>Creates the exception with a general message.</summary>
    public ContextOverflowException() : this("The prompt does not fit into the context.") { }

    /// <summary>Creates the exception.</summary>
    public ContextOverflowException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public ContextOverflowException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="needed">Tokens of the prompt.</param>
    /// <param name="available">Tokens that a prompt may have: the context's, but for one that is left to the draft.</param>
    public ContextOverflowException(int needed, int available)
        : this($"The prompt has {needed} tokens; the context has {available + 1}, and the draft needs room too: at most {available} fit. Shorten the prompt or raise ContextSize.") =>
        (Needed, Available) = (needed, available);

    /// <summary>Tokens of the prompt.</summary>
    public int Needed { get; }

    /// <summary>Tokens that a prompt may have.</summary>
    public int Available { get; }
}
