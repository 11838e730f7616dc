namespace HybridGen.Drafting;

/// <summary>A grammar cannot be used; the message says what is wrong with it and where.</summary>
public sealed class GrammarFormatException : DraftingException
{
    /// <summary>Creates the exception with a general message.</summary>
    public GrammarFormatException() : this("The grammar cannot be used.") { }

    /// <summary>Creates the exception.</summary>
    public GrammarFormatException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public GrammarFormatException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates the exception with its place.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column in UTF-16 characters, from 1.</param>
    public GrammarFormatException(string message, int line, int column) : base($"Line {line}, column {column} of the grammar: {message}") =>
        (Line, Column) = (line, column);

    /// <summary>The line where it is, from 1; 0 where it has no place.</summary>
    public int Line { get; }

    /// <summary>The column where it is, in UTF-16 characters, from 1; 0 where it has no place.</summary>
    public int Column { get; }

    /// <summary>The exception for a place in a grammar's text.</summary>
    internal static GrammarFormatException At(string text, int place, string message)
    {
        var before = text.AsSpan(0, Math.Min(place, text.Length));
        return new GrammarFormatException(message, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }
}
