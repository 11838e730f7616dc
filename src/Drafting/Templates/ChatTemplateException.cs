namespace HybridGen.Drafting;

/// <summary>A chat template cannot be used, or refuses a conversation; the message says what is wrong and where.</summary>
public sealed class ChatTemplateException : DraftingException
{
    /// <summary>Creates the exception with a general message.</summary>
    public ChatTemplateException() : this("The chat template cannot be used.") { }

    /// <summary>Creates the exception.</summary>
    public ChatTemplateException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public ChatTemplateException(string message, Exception? innerException) : base(message, innerException) { }

    private ChatTemplateException(string message, int line, int column, bool isRefusal, Exception? innerException)
        : base($"Line {line}, column {column} of the chat template: {message}", innerException) => (Line, Column, IsRefusal) = (line, column, isRefusal);

    /// <summary>The line where it is, from 1; 0 where it has no place.</summary>
    public int Line { get; }

    /// <summary>The column where it is, in UTF-16 characters, from 1; 0 where it has no place.</summary>
    public int Column { get; }

    /// <summary>Whether the template itself refuses the conversation (<c>raise_exception</c>), and is right otherwise.</summary>
    public bool IsRefusal { get; private init; }

    /// <summary>The template's own refusal, before its place is known.</summary>
    internal static ChatTemplateException Refusal(string message) => new(message) { IsRefusal = true };

    /// <summary>The exception for a place in a template's text.</summary>
    internal static ChatTemplateException At(string source, int place, string message, bool isRefusal = false, Exception? cause = null)
    {
        var before = source.AsSpan(0, Math.Min(place, source.Length));
        return new ChatTemplateException(message, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'), isRefusal, cause);
    }
}
