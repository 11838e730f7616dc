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
        return string.Concat(draft.Message.Pieces.Where(piece => piece.Kind == MessagePieceKind.Content).Select(piece => Revised(piece.Span, draft.Text, revision)));
    }

    private static string Revised(TextSpan part, string text, Revision revision) => Revision.Apply(
        part.Of(text).ToString(),
        revision.Edits.Where(edit => edit.Span.Start >= part.Start && edit.Span.End <= part.End).Select(edit => edit with { Span = edit.Span with { Start = edit.Span.Start - part.Start } }));
}
