namespace HybridGen.Drafting;

/// <summary>What a draft says as an assistant's turn: thinking, content and calls of tools apart from each other.</summary>
/// <param name="Content">What is said.</param>
public sealed record DraftedMessage(string Content)
{
    /// <summary>What was thought before.</summary>
    /// <value><see langword="null"/> where nothing was.</value>
    public string? Thinking { get; init; }

    /// <summary>The tools that are called, in order.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>What each part of the draft's text is, in order; they tile it.</summary>
    public IReadOnlyList<MessagePiece> Pieces { get; init; } = [];

    /// <summary>A text that is content as a whole.</summary>
    public static DraftedMessage Plain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(text) { Pieces = text.Length == 0 ? [] : [new MessagePiece(MessagePieceKind.Content, new TextSpan(0, text.Length))] };
    }

    /// <summary>Puts the message together.</summary>
    /// <param name="text">The draft's text.</param>
    /// <param name="pieces">Its pieces, which tile it.</param>
    public static DraftedMessage Of(string text, IEnumerable<MessagePiece> pieces)
    {
        ArgumentNullException.ThrowIfNull(text);
        var joined = Joined(pieces);
        string Said(MessagePieceKind kind) => string.Concat(joined.Where(piece => piece.Kind == kind).Select(piece => piece.Span.Of(text).ToString()));
        return new DraftedMessage(Said(MessagePieceKind.Content))
        {
            Thinking = joined.Exists(piece => piece.Kind == MessagePieceKind.Thinking) ? Said(MessagePieceKind.Thinking) : null,
            ToolCalls = [.. joined.SelectMany(piece => piece.ToolCalls)],
            Pieces = joined,
        };
    }

    /// <summary>Pieces of one kind that stand beside each other are one, however the text came; each call of tools is its own.</summary>
    private static List<MessagePiece> Joined(IEnumerable<MessagePiece> pieces)
    {
        var joined = new List<MessagePiece>();
        foreach (var piece in pieces)
            if (joined.Count > 0 && joined[^1] is var last && last.Kind == piece.Kind && piece.Kind != MessagePieceKind.ToolCall) joined[^1] = last with { Span = TextSpan.Between(last.Span.Start, piece.Span.End) };
            else joined.Add(piece);
        return joined;
    }
}

/// <summary>A part of a drafted message.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Span">Where it lies in the draft's text.</param>
public sealed record MessagePiece(MessagePieceKind Kind, TextSpan Span)
{
    /// <summary>The calls that it stands for.</summary>
    /// <value>At least one where it is a <see cref="MessagePieceKind.ToolCall"/>; else none.</value>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];
}

/// <summary>What a part of a drafted message is.</summary>
public enum MessagePieceKind
{
    /// <summary>What is said.</summary>
    Content,

    /// <summary>What is thought before.</summary>
    Thinking,

    /// <summary>A call of tools, with the marks around it.</summary>
    ToolCall,

    /// <summary>A mark that sets the others apart, with the white space around it.</summary>
    Mark,
}
