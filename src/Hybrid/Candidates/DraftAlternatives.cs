using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Words;

namespace HybridGen.Candidates;

/// <summary>The words that a draft could have had, by what the drafter itself found probable.</summary>
/// <remarks>Texts are compared, not ids, so the refiner's vocabulary may be any other.</remarks>
internal sealed class DraftAlternatives(Draft draft, int most = int.MaxValue)
{
    private readonly int[] _starts = [.. draft.Tokens.Select(token => token.Span.Start)];

    private IReadOnlyList<Edit> _edits = [];

    /// <summary>Takes note of how the text has come to differ from the draft: words are those of the text from then on.</summary>
    /// <param name="editsOfDraft">Edits of the draft's text, in text order.</param>
    public void Follow(IReadOnlyList<Edit> editsOfDraft) => _edits = editsOfDraft;

    /// <summary>The other forms of a word, the most probable first, at most as many as were asked for.</summary>
    /// <remarks>
    /// An alternative stands in its token's place inside the word. One of the first token also stands for the whole word, since what followed the
    /// chosen token says nothing about what would follow it. A token that reaches over the word's ends, or is part of a character, has none; nor
    /// has a word that the draft does not have.
    /// </remarks>
    /// <param name="word">A word of the draft's text, or of what <see cref="Follow"/> was told that it became.</param>
    public IReadOnlyList<DraftAlternative> For(Word word)
    {
        if (!word.StartsWithLetter || InDraft(word) is not { } drafted) return [];
        var whole = new TextSpan(drafted.Span.End - drafted.Text.Length, drafted.Text.Length);
        var own = Within(whole);
        var found = new List<DraftAlternative>();
        foreach (var token in own.Where(token => token.Text.Length > 0))
        {
            var (before, after) = (drafted.Text[..(token.Span.Start - whole.Start)], drafted.Text[(token.Span.End - whole.Start)..]);
            foreach (var other in token.Alternatives.Where(other => other.Id != token.Id && !other.Text.Contains('\uFFFD')))
            {
                Add(found, drafted, before + other.Text + after, (other.LogProbability - token.LogProbability).GetValueOrDefault());
                if (before.Length == 0 && after.Length > 0) Add(found, drafted, other.Text, (other.LogProbability - own.Sum(part => part.LogProbability)).GetValueOrDefault());
            }
        }

        return [.. found.OrderByDescending(alternative => alternative.Gain).DistinctBy(alternative => alternative.Form).Take(most)];
    }

    private static void Add(List<DraftAlternative> found, Word word, string text, float gain)
    {
        if (WordSplitter.Split(text) is [{ StartsWithLetter: true } only] && only.Spaced == word.Spaced && only.Body != word.Body) found.Add(new DraftAlternative(only.Body, gain));
    }

    /// <summary>A word as the draft has it, with the space that is really before it; null where the word, or a part of it, is not the draft's.</summary>
    private Word? InDraft(Word word)
    {
        if (EditLog.InInput(_edits, word.Span) is not { } span || span.Start < 0 || span.End > draft.Text.Length || !span.Of(draft.Text).SequenceEqual(word.Body)) return null;
        return new Word(span.Start > 0 && draft.Text[span.Start - 1] == ' ' ? " " + word.Body : word.Body, word.Body, span);
    }

    /// <summary>The tokens of a word; none where they reach over its ends.</summary>
    private List<DraftToken> Within(TextSpan word)
    {
        var first = Array.BinarySearch(_starts, word.Start);
        if (first < 0) return [];
        while (first > 0 && _starts[first - 1] == word.Start) first--;
        var own = draft.Tokens.Skip(first).TakeWhile(token => token.Span.Start < word.End).ToList();
        return own.Count > 0 && own[^1].Span.End == word.End ? own : [];
    }
}

/// <summary>A form that the drafter could have written in a word's place.</summary>
/// <param name="Form">The form, without a leading space.</param>
/// <param name="Gain">How much more probable it was to the drafter at that place, in nats; mostly below 0.</param>
internal sealed record DraftAlternative(string Form, float Gain);
