using System.Text;
using HybridGen.Drafting;
using HybridGen.Revising;

namespace HybridGen.Judging;

/// <summary>A line of text with all changes made, or a part of a long one, and as a variant the same without those in which the drafter has a say.</summary>
internal sealed class JointPassage
{
    private JointPassage(string text, TextSpan span, IEnumerable<Repair> changes, IReadOnlyList<Repair> heard)
    {
        (Span, Heard) = (span, heard);
        // Before the first word of a line stands a line end, as in JudgedPassage.
        var (written, undone) = (new StringBuilder("\n"), new StringBuilder());
        var (copied, place) = (span.Start, default(TextSpan));
        foreach (var change in changes)
        {
            var isCompared = change.Span.Start >= heard[0].Span.Start && change.Span.End <= heard[^1].Span.End;
            if (change.Span.Start > heard[0].Span.Start) undone.Append(text, copied, Math.Clamp(heard[^1].Span.End, copied, change.Span.Start) - copied);
            written.Append(text, copied, change.Span.Start - copied);
            if (ReferenceEquals(change, heard[0])) place = new TextSpan(written.Length, 0);
            if (isCompared) undone.Append(change.IsHeard ? change.Span.Of(text).ToString() : change.After);
            written.Append(change.After);
            if (ReferenceEquals(change, heard[^1])) place = TextSpan.Between(place.Start, written.Length);
            copied = change.Span.End;
        }

        Variants = new TextVariants(written.Append(text, copied, span.End - copied).ToString(), [new TextVariant(place, undone.ToString())]);
    }

    /// <summary>What is read of the text.</summary>
    public TextSpan Span { get; }

    /// <summary>The changes that are compared.</summary>
    public IReadOnlyList<Repair> Heard { get; }

    /// <summary>What the drafter is asked.</summary>
    public TextVariants Variants { get; }

    /// <summary>Cuts out of a text what must be read to judge changes together.</summary>
    /// <param name="text">The text.</param>
    /// <param name="changes">The changes in text order.</param>
    /// <param name="mostTokens">What the drafter can read at once; a token has at least one byte.</param>
    public static IEnumerable<JointPassage> Cut(string text, IReadOnlyList<Repair> changes, int mostTokens)
    {
        var heard = changes.Where(change => change.IsHeard).ToList();
        return JudgedPassage.Parts(text, [.. heard.Select(change => change.Span)], mostTokens).Select(part => new JointPassage(
            text, part.Read, changes.Where(change => change.Span.Start >= part.Read.Start && change.Span.End <= part.Read.End), heard[part.First..part.Next]));
    }
}
