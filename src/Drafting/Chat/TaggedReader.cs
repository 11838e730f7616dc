namespace HybridGen.Drafting;

/// <summary>Reads a message whose thinking and calls stand between tags.</summary>
/// <param name="format">How the model marks the parts of a message.</param>
/// <param name="isInsideThinking">Whether the message begins inside of thinking.</param>
/// <param name="tools">The tools that it may call.</param>
internal sealed class TaggedReader(MessageFormat format, bool isInsideThinking, IReadOnlyList<Tool> tools) : MessageReader
{
    private int _calls;
    private bool _isThinking = isInsideThinking;
    private bool _isCalling;
    // White space that follows a mark belongs to it.
    private bool _isAfterMark = isInsideThinking;
    private bool _hasSpoken = isInsideThinking;

    protected override bool ReadPart(bool isEnd) => _isCalling ? ReadCall(isEnd) : _isThinking ? ReadThinking(isEnd) : ReadContent(isEnd);

    private bool ReadThinking(bool isEnd)
    {
        if (TakeSpaceAfterMark(isEnd)) return true;
        var end = Held.IndexOf(format.Thinking!.End!, StringComparison.Ordinal);
        if (end < 0) return Say(MessagePieceKind.Thinking, isEnd, format.Thinking.End!);
        Emit(MessagePieceKind.Thinking, Trimmed(end));
        Emit(MessagePieceKind.Mark, Held.IndexOf(format.Thinking.End!, StringComparison.Ordinal) + format.Thinking.End!.Length);
        (_isThinking, _isAfterMark) = (false, true);
        return true;
    }

    private bool ReadContent(bool isEnd)
    {
        if (TakeSpaceAfterMark(isEnd)) return true;
        var call = format.Calls is { } calls ? Held.IndexOf(calls.Begin, StringComparison.Ordinal) : -1;
        if (!_hasSpoken)
        {
            var first = Leading();
            if (format.Calls is { IsBare: true } && first < Held.Length && Held[first] == '{') return _isCalling = true;
            if (format.Thinking is { } thinking && string.CompareOrdinal(Held, first, thinking.Begin, 0, thinking.Begin.Length) == 0)
            {
                Emit(MessagePieceKind.Mark, first + thinking.Begin.Length);
                return _isThinking = _isAfterMark = _hasSpoken = true;
            }

            if (!isEnd && (first == Held.Length || (format.Thinking is { } begin && begin.Begin.StartsWith(Held[first..], StringComparison.Ordinal)))) return false;
        }

        if (call < 0) return Say(MessagePieceKind.Content, isEnd, format.Calls?.Begin);
        Emit(MessagePieceKind.Content, Trimmed(call));
        return _isCalling = true;
    }

    /// <summary>Reads a call, before which white space may be held.</summary>
    private bool ReadCall(bool isEnd)
    {
        var (tags, start) = (format.Calls!, Leading());
        var isMarked = string.CompareOrdinal(Held, start, tags.Begin, 0, tags.Begin.Length) == 0;
        var body = isMarked ? start + tags.Begin.Length : start;
        var close = Held.IndexOf(tags.End ?? tags.Begin, body, StringComparison.Ordinal);
        if (close < 0 && !isEnd) return false;
        var end = close < 0 ? Held.Length : tags.End is null ? close : close + tags.End.Length;
        var read = ToolCallText.Read(Held[body..(close < 0 ? Held.Length : close)], tools, _calls);
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
        var certain = isEnd ? Held.Length : Trimmed(Held.Length - (tag is null ? 0 : Overlap(Held, tag)));
        if (isEnd || tag is null) certain = Held.Length;
        if (certain == 0) return false;
        _hasSpoken |= kind == MessagePieceKind.Content;
        Emit(kind, certain);
        return false;
    }

    private bool TakeSpaceAfterMark(bool isEnd)
    {
        if (!_isAfterMark) return false;
        var space = Leading();
        if (space < Held.Length || isEnd) _isAfterMark = false;
        Emit(MessagePieceKind.Mark, space);
        return true;
    }

    private int Leading()
    {
        var at = 0;
        while (at < Held.Length && char.IsWhiteSpace(Held[at])) at++;
        return at;
    }

    private int Trimmed(int end)
    {
        while (end > 0 && char.IsWhiteSpace(Held[end - 1])) end--;
        return end;
    }
}
