using System.Text;

namespace HybridGen.Drafting;

/// <summary>
/// Reads a message while it is written: what is certain is handed out at once; what may become a tag, and calls until they end, are held back.
/// However the text is cut, the pieces are the same once those that belong together are joined.
/// </summary>
/// <param name="format">How the model marks the parts of a message.</param>
/// <param name="isInsideThinking">Whether the message begins inside of thinking.</param>
/// <param name="tools">The tools that it may call.</param>
internal sealed class MessageReader(MessageFormat format, bool isInsideThinking, IReadOnlyList<Tool> tools)
{
    private readonly StringBuilder _all = new();
    private readonly List<MessagePiece> _ready = [];
    private string _held = "";
    private int _at;
    private int _calls;
    private bool _isThinking = isInsideThinking;
    private bool _isCalling;
    // White space that follows a mark belongs to it.
    private bool _isAfterMark = isInsideThinking;
    private bool _hasSpoken = isInsideThinking;

    /// <summary>Adds text; returns the pieces that are certain now.</summary>
    public List<MessagePiece> Read(string text)
    {
        _all.Append(text);
        _held += text;
        return Take(isEnd: false);
    }

    /// <summary>Ends the message; returns the pieces that were held back.</summary>
    public List<MessagePiece> End() => Take(isEnd: true);

    private List<MessagePiece> Take(bool isEnd)
    {
        while (_held.Length > 0 && (_isCalling ? ReadCall(isEnd) : _isThinking ? ReadThinking(isEnd) : ReadContent(isEnd))) { }
        List<MessagePiece> taken = [.. _ready];
        _ready.Clear();
        return taken;
    }

    private bool ReadThinking(bool isEnd)
    {
        if (TakeSpaceAfterMark(isEnd)) return true;
        var end = _held.IndexOf(format.Thinking!.End!, StringComparison.Ordinal);
        if (end < 0) return Say(MessagePieceKind.Thinking, isEnd, format.Thinking.End!);
        Emit(MessagePieceKind.Thinking, Trimmed(end));
        Emit(MessagePieceKind.Mark, _held.IndexOf(format.Thinking.End!, StringComparison.Ordinal) + format.Thinking.End!.Length);
        (_isThinking, _isAfterMark) = (false, true);
        return true;
    }

    private bool ReadContent(bool isEnd)
    {
        if (TakeSpaceAfterMark(isEnd)) return true;
        var call = format.Calls is { } calls ? _held.IndexOf(calls.Begin, StringComparison.Ordinal) : -1;
        if (!_hasSpoken)
        {
            var first = Leading();
            if (format.Calls is { IsBare: true } && first < _held.Length && _held[first] == '{') return _isCalling = true;
            if (format.Thinking is { } thinking && string.CompareOrdinal(_held, first, thinking.Begin, 0, thinking.Begin.Length) == 0)
            {
                Emit(MessagePieceKind.Mark, first + thinking.Begin.Length);
                return _isThinking = _isAfterMark = _hasSpoken = true;
            }

            if (!isEnd && (first == _held.Length || (format.Thinking is { } begin && begin.Begin.StartsWith(_held[first..], StringComparison.Ordinal)))) return false;
        }

        if (call < 0) return Say(MessagePieceKind.Content, isEnd, format.Calls?.Begin);
        Emit(MessagePieceKind.Content, Trimmed(call));
        return _isCalling = true;
    }

    /// <summary>Reads a call, before which white space may be held.</summary>
    private bool ReadCall(bool isEnd)
    {
        var (tags, start) = (format.Calls!, Leading());
        var isMarked = string.CompareOrdinal(_held, start, tags.Begin, 0, tags.Begin.Length) == 0;
        var body = isMarked ? start + tags.Begin.Length : start;
        var close = _held.IndexOf(tags.End ?? tags.Begin, body, StringComparison.Ordinal);
        if (close < 0 && !isEnd) return false;
        var end = close < 0 ? _held.Length : tags.End is null ? close : close + tags.End.Length;
        var read = ToolCallText.Read(_held[body..(close < 0 ? _held.Length : close)], tools, _calls);
        (_isCalling, _hasSpoken) = (false, true);
        if (read.Count == 0) return Misread(end);
        Emit(MessagePieceKind.Mark, start);
        Emit(MessagePieceKind.ToolCall, end - start, read);
        _calls += read.Count;
        return _isAfterMark = true;
    }

    /// <summary>What cannot be read as a call is what is said: nothing is lost.</summary>
    private bool Misread(int end)
    {
        Emit(MessagePieceKind.Content, end);
        return true;
    }

    /// <summary>Hands out what cannot be part of a tag, nor white space before one.</summary>
    private bool Say(MessagePieceKind kind, bool isEnd, string? tag)
    {
        var certain = isEnd ? _held.Length : Trimmed(_held.Length - (tag is null ? 0 : Overlap(_held, tag)));
        if (isEnd || tag is null) certain = _held.Length;
        if (certain == 0) return false;
        _hasSpoken |= kind == MessagePieceKind.Content;
        Emit(kind, certain);
        return false;
    }

    private bool TakeSpaceAfterMark(bool isEnd)
    {
        if (!_isAfterMark) return false;
        var space = Leading();
        if (space < _held.Length || isEnd) _isAfterMark = false;
        Emit(MessagePieceKind.Mark, space);
        return true;
    }

    private int Leading()
    {
        var at = 0;
        while (at < _held.Length && char.IsWhiteSpace(_held[at])) at++;
        return at;
    }

    private int Trimmed(int end)
    {
        while (end > 0 && char.IsWhiteSpace(_held[end - 1])) end--;
        return end;
    }

    private void Emit(MessagePieceKind kind, int length, IReadOnlyList<ToolCall>? calls = null)
    {
        if (length == 0) return;
        _ready.Add(new MessagePiece(kind, new TextSpan(_at, length)) { ToolCalls = calls ?? [] });
        _at += length;
        _held = _held[length..];
    }

    /// <summary>Length of the longest end of a text that is the start of a tag.</summary>
    private static int Overlap(string text, string tag)
    {
        for (var length = Math.Min(text.Length, tag.Length - 1); length > 0; length--)
            if (text.AsSpan(text.Length - length).SequenceEqual(tag.AsSpan(0, length))) return length;
        return 0;
    }
}
