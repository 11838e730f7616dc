using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>
/// Reads a message of gpt-oss (the Harmony response format): a row of parts, each with a header that names its channel, <c>analysis</c>,
/// <c>commentary</c> or <c>final</c>, and perhaps the tool that it is for.
/// </summary>
/// <param name="isInsideThinking">Whether the message begins inside of an analysis.</param>
/// <param name="tools">The tools that it may call.</param>
internal sealed partial class ChannelReader(bool isInsideThinking, IReadOnlyList<Tool> tools) : MessageReader
{
    // No header is longer; what is, and has no end, is none.
    private const int LongestHeader = 200;

    private static readonly string[] Ends = ["<|end|>", "<|call|>", "<|return|>"];
    private static readonly string[] Beginnings = ["<|start|>", "<|channel|>"];

    private MessagePieceKind? _kind = isInsideThinking ? MessagePieceKind.Thinking : null;
    private int _calls;

    protected override bool ReadPart(bool isEnd) => _kind is { } kind ? ReadBody(kind, isEnd) : ReadHeader(isEnd);

    private bool ReadHeader(bool isEnd)
    {
        if (Header().Match(Held) is not { Success: true, Length: <= LongestHeader } header)
        {
            var begins = Array.Exists(Beginnings, beginning => Held.AsSpan().TrimStart().StartsWith(beginning, StringComparison.Ordinal));
            if (!isEnd && Held.Length <= LongestHeader && (begins || MayBegin(Held.TrimStart()))) return false;
            if (isEnd && begins) Emit(MessagePieceKind.Mark, Held.Length);
            _kind = MessagePieceKind.Content;
            return true;
        }

        if (header.Groups["tool"].Success) return ReadCall(header.Length, header.Groups["tool"].Value, isEnd);
        Emit(MessagePieceKind.Mark, header.Length);
        _kind = header.Groups["channel"].Value == "analysis" ? MessagePieceKind.Thinking : MessagePieceKind.Content;
        return true;
    }

    /// <summary>Whether a text may become a header; the prompt may have written the first of it.</summary>
    private static bool MayBegin(string text) => text.StartsWith("to=", StringComparison.Ordinal) || Beginnings.Append("to=").Any(beginning => beginning.StartsWith(text, StringComparison.Ordinal));

    private bool ReadBody(MessagePieceKind kind, bool isEnd)
    {
        var (end, mark) = FirstEnd(0);
        if (end < 0)
        {
            Emit(kind, Held.Length - (isEnd ? 0 : Ends.Concat(Beginnings).Max(next => Overlap(Held, next))));
            return false;
        }

        Emit(kind, end);
        Emit(MessagePieceKind.Mark, mark);
        _kind = null;
        return true;
    }

    /// <summary>Reads a call whose header is there.</summary>
    private bool ReadCall(int header, string tool, bool isEnd)
    {
        var (end, mark) = FirstEnd(header);
        if (end < 0 && !isEnd) return false;
        var (body, length) = end < 0 ? (Held[header..], Held.Length) : (Held[header..end], end + mark);
        if (JsonCalls.Object(body) is { } arguments) Emit(MessagePieceKind.ToolCall, length, ToolCallText.Numbered([new WrittenCall(Name(tool), arguments)], _calls++));
        // What cannot be read as a call is what is said: nothing is lost.
        else Emit(MessagePieceKind.Content, length);
        return true;
    }

    /// <summary>The tool's own name, which stands in the namespace of the caller's functions.</summary>
    private string Name(string recipient) =>
        recipient.StartsWith("functions.", StringComparison.Ordinal) && !tools.Any(tool => tool.Name == recipient) ? recipient["functions.".Length..] : recipient;

    /// <summary>Where a part ends, and how long its end mark is; the next part may begin without one.</summary>
    private (int At, int Length) FirstEnd(int from)
    {
        int At(string mark) => Held.IndexOf(mark, from, StringComparison.Ordinal);
        var ends = Ends.Select(mark => (At: At(mark), mark.Length)).Concat(Beginnings.Select(mark => (At: At(mark), Length: 0)));
        return ends.Where(end => end.At >= 0).OrderBy(end => end.At).FirstOrDefault((At: -1, Length: 0));
    }

    [GeneratedRegex(@"^\s*(?:<\|start\|>)?(?:assistant)?(?:\s*to=(?<tool>[\w.-]+))?\s*<\|channel\|>(?<channel>\w+)(?:\s*to=(?<tool>[\w.-]+))?\s*(?:(?:<\|constrain\|>)?\s*\w+)?<\|message\|>", RegexOptions.CultureInvariant)]
    private static partial Regex Header();
}
