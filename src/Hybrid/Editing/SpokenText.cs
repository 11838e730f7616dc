using HybridGen.Drafting;

namespace HybridGen.Editing;

/// <summary>What of a draft is said, and so is revised; thinking and calls of tools are not.</summary>
internal static class SpokenText
{
    /// <summary>What of a message is kept byte for byte.</summary>
    public static IReadOnlyList<TextSpan> Kept(DraftedMessage message) => Kept(message.Pieces);

    /// <inheritdoc cref="Kept(DraftedMessage)"/>
    public static IReadOnlyList<TextSpan> Kept(IEnumerable<MessagePiece> pieces) => [.. pieces.Where(piece => piece.Kind != MessagePieceKind.Content).Select(piece => piece.Span)];

    /// <summary>What is said, revised.</summary>
    public static string Revised(Draft draft, Revision? revision)
    {
        if (revision is null || revision.Edits.Count == 0) return draft.Message.Content;
        return Revised(draft.Text, draft.Message.Pieces, revision.Edits, new TextSpan(0, draft.Text.Length));
    }

    /// <summary>What is said in a part of a draft, revised.</summary>
    /// <param name="text">The draft's text.</param>
    /// <param name="pieces">Its pieces.</param>
    /// <param name="edits">Its edits, none of which lies across the part's ends.</param>
    /// <param name="part">The part.</param>
    public static string Revised(string text, IEnumerable<MessagePiece> pieces, IReadOnlyList<Edit> edits, TextSpan part) => string.Concat(pieces
        .Where(piece => piece.Kind == MessagePieceKind.Content && piece.Span.Start < part.End && piece.Span.End > part.Start)
        .Select(piece => Revised(TextSpan.Between(Math.Max(piece.Span.Start, part.Start), Math.Min(piece.Span.End, part.End)), text, edits)));

    private static string Revised(TextSpan part, string text, IReadOnlyList<Edit> edits) => Revision.Apply(
        part.Of(text).ToString(),
        edits.Where(edit => edit.Span.Start >= part.Start && edit.Span.End <= part.End).Select(edit => edit with { Span = edit.Span with { Start = edit.Span.Start - part.Start } }));
}
