using System.Text;
using HybridGen.Drafting;

namespace HybridGen.Judging;

/// <summary>
/// A line of text, or a part of a long one, as the drafter reads it: with the sure corrections made, and with the rivals of doubted words as
/// variants.
/// </summary>
internal sealed class JudgedPassage
{
    /// <summary>What the drafter reads of a line before a doubted word where more stands there, in UTF-8 bytes.</summary>
    private const int Before = 300;

    /// <summary>What it reads after one, for the tail, in UTF-16 code units.</summary>
    private const int After = 60;

    /// <summary>Tokens that are left free: the forms may be longer than what they replace.</summary>
    private const int Spare = 64 + 3 * After;

    private readonly List<(Contest Contest, int Form)> _asked = [];

    /// <summary>Creates a passage.</summary>
    /// <param name="text">The text.</param>
    /// <param name="span">The part of it.</param>
    /// <param name="contests">All contests of that part.</param>
    /// <param name="asked">From which of them on, and up to which, the drafter is asked.</param>
    private JudgedPassage(string text, TextSpan span, IEnumerable<Contest> contests, TextSpan asked)
    {
        // Before the first word of a line stands a line end; a drafter without a begin-of-text token has nothing else to start from.
        var written = new StringBuilder("\n", span.Length + 16);
        var variants = new List<TextVariant>();
        var copied = span.Start;
        foreach (var contest in contests)
        {
            written.Append(text, copied, contest.Word.Span.Start - copied);
            var form = contest.Write(contest.Base, text);
            if (asked.Start <= contest.Word.Span.Start && contest.Word.Span.End <= asked.End) Ask(contest, new TextSpan(written.Length, form.Length), text, variants);
            written.Append(form);
            copied = contest.Word.Span.End;
        }

        Variants = new TextVariants(written.Append(text, copied, span.End - copied).ToString(), variants);
    }

    /// <summary>What the drafter is asked.</summary>
    public TextVariants Variants { get; }

    /// <summary>Cuts out of a text what must be read to judge its contests.</summary>
    /// <param name="text">The text.</param>
    /// <param name="contests">The contests in text order; those without rivals are only written.</param>
    /// <param name="mostTokens">What the drafter can read at once; a token has at least one byte.</param>
    public static List<JudgedPassage> Cut(string text, IReadOnlyList<Contest> contests, int mostTokens)
    {
        var open = contests.Where(contest => contest.Rivals().Any()).ToList();
        return [.. Parts(text, [.. open.Select(contest => contest.Word.Span)], mostTokens).Select(part =>
        {
            var written = contests.SkipWhile(contest => contest.Word.Span.Start < part.Read.Start).TakeWhile(contest => contest.Word.Span.End <= part.Read.End);
            return new JudgedPassage(text, part.Read, written, TextSpan.Between(open[part.First].Word.Span.Start, open[part.Next - 1].Word.Span.End));
        })];
    }

    /// <summary>What of a text must be read to compare ways to write some places of it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="places">The places in text order.</param>
    /// <param name="mostTokens">What the drafter can read at once; a token has at least one byte.</param>
    /// <returns>Each part, and the places from First to Next, exclusive, that are compared in it.</returns>
    public static IEnumerable<(TextSpan Read, int First, int Next)> Parts(string text, IReadOnlyList<TextSpan> places, int mostTokens)
    {
        for (int first = 0, next; first < places.Count; first = next)
        {
            var line = LineAround(text, places[first]);
            var start = Back(text, places[first].Start, line.Start);
            for (next = first + 1; next < places.Count && GoesOn(places[next - 1], places[next]); next++) { }
            yield return (TextSpan.Between(start, Forward(text, places[next - 1].End, line.End)), first, next);

            bool GoesOn(TextSpan word, TextSpan other) =>
                other.End <= line.End && Bytes(text, word.End, other.Start) <= Before && Bytes(text, start, other.End) + Spare <= mostTokens;
        }
    }

    /// <summary>Takes in the drafter's answers.</summary>
    public void Hear(IReadOnlyList<VariantScore> scores)
    {
        foreach (var ((contest, form), score) in _asked.Zip(scores)) contest.Hear(form, score.LogRatio);
    }

    private void Ask(Contest contest, TextSpan place, string text, List<TextVariant> variants)
    {
        foreach (var (rival, least) in contest.Rivals())
        {
            variants.Add(new TextVariant(place, contest.Write(rival, text)) { Least = least });
            _asked.Add((contest, rival));
        }
    }

    private static TextSpan LineAround(string text, TextSpan word)
    {
        var start = text.AsSpan(0, word.Start).LastIndexOfAny('\n', '\r') + 1;
        var rest = text.AsSpan(word.End).IndexOfAny('\n', '\r');
        return TextSpan.Between(start, rest < 0 ? text.Length : word.End + rest);
    }

    /// <summary>A place before a word to read from: the line's start where it is near, else a space.</summary>
    private static int Back(string text, int word, int lineStart)
    {
        if (Bytes(text, lineStart, word) <= Before) return lineStart;
        var near = word;
        while (Bytes(text, near - 1, word) <= Before) near--;
        var space = text.AsSpan(near, word - near).IndexOf(' ');
        return space >= 0 ? near + space : near + (char.IsLowSurrogate(text[near]) ? 1 : 0);
    }

    /// <summary>A place after a word to read to.</summary>
    private static int Forward(string text, int word, int lineEnd)
    {
        if (lineEnd - word <= After) return lineEnd;
        var space = text.AsSpan(word, After).LastIndexOf(' ');
        return space > 0 ? word + space : word + After - (char.IsLowSurrogate(text[word + After]) ? 1 : 0);
    }

    private static int Bytes(string text, int start, int end) => Encoding.UTF8.GetByteCount(text.AsSpan(start, end - start));
}
