namespace HybridGen.Drafting;

/// <summary>
/// Reads a message while it is written: what is certain is handed out at once; what may become a mark, and calls until they end, are held back.
/// However the text is cut, the pieces are the same once those that belong together are joined.
/// </summary>
internal abstract class MessageReader
{
    private readonly List<MessagePiece> _ready = [];
    private int _at;

    /// <summary>What is held back.</summary>
    protected string Held { get; private set; } = "";

    /// <summary>Adds text; returns the pieces that are certain now.</summary>
    public List<MessagePiece> Read(string text)
    {
        Held += text;
        return Take(isEnd: false);
    }

    /// <summary>Ends the message; returns the pieces that were held back.</summary>
    public List<MessagePiece> End() => Take(isEnd: true);

    /// <summary>Hands out what is certain of one part; returns whether there may be another.</summary>
    /// <param name="isEnd">Whether nothing more comes.</param>
    protected abstract bool ReadPart(bool isEnd);

    /// <summary>Hands out what is held back first.</summary>
    protected void Emit(MessagePieceKind kind, int length, IReadOnlyList<ToolCall>? calls = null)
    {
        if (length == 0) return;
        _ready.Add(new MessagePiece(kind, new TextSpan(_at, length)) { ToolCalls = calls ?? [] });
        _at += length;
        Held = Held[length..];
    }

    /// <summary>Length of the longest end of a text that is the start of a mark.</summary>
    protected static int Overlap(string text, string mark)
    {
        for (var length = Math.Min(text.Length, mark.Length - 1); length > 0; length--)
            if (text.AsSpan(text.Length - length).SequenceEqual(mark.AsSpan(0, length))) return length;
        return 0;
    }

    private List<MessagePiece> Take(bool isEnd)
    {
        while (Held.Length > 0 && ReadPart(isEnd)) { }
        List<MessagePiece> taken = [.. _ready];
        _ready.Clear();
        return taken;
    }
}
