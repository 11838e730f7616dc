using System.Globalization;
using HybridGen.Attributing;
using HybridGen.Drafting;

namespace HybridGen.Plugin;

/// <summary>The text that the caller gets.</summary>
/// <param name="Text">What is said, revised, without a stop string.</param>
/// <param name="FinishReason">Why it ended: <c>stop</c> or <c>length</c>.</param>
/// <param name="StopString">The stop string that ended it; <see langword="null"/> where something else did.</param>
internal sealed record FinalText(string Text, string FinishReason, string? StopString)
{
    /// <summary>Takes it from a generation; a stop string that only the revision wrote ends it, too.</summary>
    public static FinalText Of(Generation generation, IReadOnlyList<string> stopStrings)
    {
        var (text, end) = (generation.Content, generation.Draft.Completion);
        var found = stopStrings.Select(stop => (Stop: stop, At: text.IndexOf(stop, StringComparison.Ordinal))).Where(stop => stop.At >= 0).ToList();
        if (found.Count > 0)
        {
            var first = found.MinBy(stop => (stop.At, -stop.Stop.Length));
            return new(text[..first.At], "stop", first.Stop);
        }

        return new(text, end.Reason is StopReason.MaxTokens or StopReason.ContextFull ? "length" : "stop", end.StopString);
    }

    /// <summary>Its tokens: those of the generation, but for what stands behind a stop string that the revision wrote.</summary>
    public IReadOnlyList<RevisedToken> TokensOf(Generation generation)
    {
        var start = generation.Text.LastIndexOf(generation.Content, StringComparison.Ordinal);
        if (Text.Length == generation.Content.Length || start < 0) return generation.Tokens;
        var end = start + Text.Length;
        return [.. generation.Tokens.Where(token => token.Span.Start < end).Select(token => token.Span.End <= end ? token : Beginning(token, end - token.Span.Start))];
    }

    /// <summary>What is left of a token: as after an edit it has the share of its characters, and no id.</summary>
    private static RevisedToken Beginning(RevisedToken token, int length) =>
        token with { Text = token.Text[..length], Span = token.Span with { Length = length }, LogProbability = token.LogProbability * length / token.Span.Length, Id = null };

    /// <summary>A text in words, each with the white space behind it; graphemes stay whole. The words joined are the text.</summary>
    public static IEnumerable<string> Words(string text)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = EndOfWord(text, start);
            yield return text[start..end];
        }
    }

    private static int EndOfWord(string text, int start)
    {
        var inSpace = false;
        for (var end = start; end < text.Length;)
        {
            var next = end + StringInfo.GetNextTextElementLength(text, end);
            var space = text.AsSpan(end, next - end).IsWhiteSpace();
            if (inSpace && !space) return end;
            inSpace = space;
            end = next;
        }

        return text.Length;
    }
}
