using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Editing;
using HybridGen.Tokens;
using HybridGen.Words;

namespace HybridGen.Revising;

/// <summary>A form that competes with a word.</summary>
/// <param name="Text">The form without a leading space.</param>
/// <param name="Tokens">Its tokens, with the word's leading space.</param>
/// <param name="Kind">Where it came from.</param>
/// <param name="Channel">log p(the writer wrote the word | meant the form) - log p(wrote the word | meant it), in nats; 0 where the policy does not ask what was meant.</param>
internal sealed record ProposedForm(string Text, int[] Tokens, EditKind Kind, float Channel = 0)
{
    /// <summary>No word at all.</summary>
    public static ProposedForm Deleted { get; } = new("", [], EditKind.Deletion);
}

/// <summary>What a policy lets a plain denoiser do: which words, which forms, how sure.</summary>
internal abstract class MaskedPolicy(double minGain, WordEncoder encoder)
{
    /// <summary>Tokens of a filling are a form only if they are this many words at most.</summary>
    private const int MostWords = 3;

    public double MinGain => minGain;

    /// <summary>Least gain of an insertion or deletion, which are judged by their neighbours and wrong more easily.</summary>
    public double LengthMinGain => 2 * minGain;

    /// <summary>Least gain of dropping a word that says again what the word before it says: that is seldom meant, whatever the models think.</summary>
    public double DoubledMinGain => minGain / 2;

    public virtual bool MayChangeLength => true;

    /// <summary>Least suspicion of a word that is remasked, in nats: where nothing beats a word by as much as a change must win by, none will.</summary>
    public virtual double MinSuspicion => 0;

    /// <summary>How many of the most probable tokens of a place are looked at; 0 leaves it to the caller.</summary>
    public virtual int Proposals => 0;

    protected WordEncoder Encoder => encoder;

    public abstract bool MayChange(CanvasWord word);

    /// <summary>The forms to judge: what the refiner filled in, best first, and what else the policy knows.</summary>
    public abstract IEnumerable<ProposedForm> Forms(CanvasWord word, IEnumerable<int[]> fillings);

    /// <summary>Fillings as forms; those that the policy allows, in their order.</summary>
    public abstract IEnumerable<ProposedForm> Allowed(CanvasWord word, IEnumerable<int[]> fillings);

    /// <summary>Lengths in tokens that are tried for a word: one less to two more.</summary>
    public virtual IEnumerable<int> Lengths(int tokens) => Enumerable.Range(tokens - 1, 4).Where(length => length >= 1);

    public static bool MayInsertAfter(IReadOnlyList<CanvasWord> words, int index, string text)
    {
        var end = words[index].Word.Span.End;
        return words[index].Word.StartsWithLetter && (end == text.Length || char.IsWhiteSpace(text[end]) || char.IsPunctuation(text[end]))
            && (index + 1 == words.Count || !words[index + 1].IsProtected || words[index + 1].Word.Spaced);
    }

    /// <summary>Whether a word may be left out: it must have a space on one side that goes with it.</summary>
    public virtual bool MayDelete(IReadOnlyList<CanvasWord> words, int index, string text)
    {
        var span = words[index].Word.Span;
        return words[index].Word.StartsWithLetter && ((span.Start > 0 && text[span.Start - 1] == ' ') || (span.End < text.Length && text[span.End] == ' '));
    }

    /// <summary>A filling as a word to insert, null where it is none.</summary>
    public virtual ProposedForm? Inserted(int[] tokens) => Read(tokens, spaced: true, mostWords: 1) is { } text ? new ProposedForm(text, tokens, EditKind.Insertion) : null;

    /// <summary>The text of tokens that stand for words in a word's place, without its leading space; null where they do not.</summary>
    protected string? Read(int[] tokens, bool spaced, int mostWords = MostWords)
    {
        var text = encoder.Tokenizer.Decode(tokens);
        if (text.Length == 0 || text.AsSpan().IndexOfAny('\r', '\n') >= 0 || text.Contains('\uFFFD', StringComparison.Ordinal)) return null;
        var words = WordSplitter.Split(text);
        if (words.Count == 0 || words.Count > mostWords || !words.TrueForAll(word => word.StartsWithLetter)) return null;
        // Vocabularies without spaces (WordPiece) give the word alone.
        if (words[0].Spaced != spaced && encoder.MarksSpaces) return null;
        return words.Skip(1).All(word => word.Spaced) ? text.Trim(' ') : null;
    }

    protected IEnumerable<ProposedForm> Refilled(CanvasWord word, IEnumerable<int[]> fillings, int mostWords) => fillings
        .Select(tokens => (Text: Read(tokens, word.Word.Spaced, mostWords), Tokens: tokens))
        .Where(form => form.Text is not null && form.Text != word.Word.Body)
        .Select(form => new ProposedForm(form.Text!, form.Tokens, EditKind.Refill));
}

/// <summary>Near forms only: what the writer may have meant, judged with how likely the slip is.</summary>
internal sealed class MaskedSpelling(double minGain, WordEncoder encoder, CandidateSource candidates, bool onlyDocument = false) : MaskedPolicy(minGain, encoder)
{
    // Per edit, and back for an equal first letter: the lexicon's own likeliness (candidates are ranked by the same).
    private const float PerEdit = -4.5f;
    private const float SameStart = 1.5f;
    private const int Farthest = 2;

    public override bool MayChangeLength => false;

    public override bool MayChange(CanvasWord word) => word.Word.StartsWithLetter;

    public override IEnumerable<int> Lengths(int tokens) => onlyDocument ? [] : base.Lengths(tokens);

    public override IEnumerable<ProposedForm> Forms(CanvasWord word, IEnumerable<int[]> fillings)
    {
        var known = word.Candidates.Where(form => !onlyDocument || form.Candidate.Kind == CandidateKind.Document)
            .Select(form => new ProposedForm(form.Candidate.Form, form.Tokens, form.Candidate.EditKind, Channel(word.Word.Body, form.Candidate.Form, form.Candidate.Distance)));
        return known.Concat(Allowed(word, fillings));
    }

    public override IEnumerable<ProposedForm> Allowed(CanvasWord word, IEnumerable<int[]> fillings) => onlyDocument ? [] : Refilled(word, fillings, mostWords: 1)
        .Select(form => (Form: form, candidates.Describe(word.Word.Body, form.Text).Distance))
        .Where(form => form.Distance <= Farthest)
        .Select(form => form.Form with { Channel = Channel(word.Word.Body, form.Form.Text, form.Distance) });

    /// <summary>No slip is likelier than to write what is meant: at most 0.</summary>
    private static float Channel(string body, string form, int distance) =>
        Math.Min(0, (PerEdit * distance) + (char.ToLowerInvariant(body[0]) == char.ToLowerInvariant(form[0]) ? SameStart : 0));
}

/// <summary>Grammar, not meaning: small words give way to small words, others to forms of the same word; rare words, names and capitals stay.</summary>
internal sealed class MaskedFluency(double minGain, WordEncoder encoder, CandidateSource candidates) : MaskedPolicy(minGain, encoder)
{
    /// <summary>Frequency from which a word may be rewritten: some 800 occurrences among the lexicon's 30 million words.</summary>
    private const int Common = 8;

    /// <summary>Forms of a word that are judged beside the refiner's own.</summary>
    private const int MostForms = 4;

    public override int Proposals => 32;

    public override double MinSuspicion => MinGain;

    /// <summary>Forms of a word of other lengths are known; they need not be found.</summary>
    public override IEnumerable<int> Lengths(int tokens) => [tokens];

    public override bool MayChange(CanvasWord word) =>
        (word.Draft.Candidate.Frequency >= Common || candidates.Lexicon.Words.Length == 0) && word.Word is { StartsWithLetter: true, Body.Length: > 0 } && !word.Word.Body.Any(char.IsUpper);

    public override bool MayDelete(IReadOnlyList<CanvasWord> words, int index, string text) =>
        base.MayDelete(words, index, text) && (WordFamilies.IsSmall(words[index].Word.Body) || (index > 0 && words[index - 1].Word.Body == words[index].Word.Body));

    public override ProposedForm? Inserted(int[] tokens) => base.Inserted(tokens) is { } form && WordFamilies.IsSmall(form.Text) ? form : null;

    public override IEnumerable<ProposedForm> Forms(CanvasWord word, IEnumerable<int[]> fillings)
    {
        var body = word.Word.Body;
        var known = WordFamilies.Forms(body, candidates.Lexicon).OrderByDescending(form => candidates.Lexicon.Count(form)).Take(MostForms)
            .Select(form => new ProposedForm(form, Encoder.Encode(word.Word.Spaced ? " " + form : form), EditKind.Refill));
        return Allowed(word, fillings).Take(MostForms).Concat(known);
    }

    public override IEnumerable<ProposedForm> Allowed(CanvasWord word, IEnumerable<int[]> fillings) =>
        Refilled(word, fillings, mostWords: 1).Where(form => WordFamilies.AreAkin(word.Word.Body, form.Text));
}

/// <summary>Any word, by up to three.</summary>
internal sealed class MaskedFree(double minGain, WordEncoder encoder) : MaskedPolicy(minGain, encoder)
{
    public override bool MayChange(CanvasWord word) => word.Word.Body.Length > 0;

    public override IEnumerable<ProposedForm> Forms(CanvasWord word, IEnumerable<int[]> fillings) => Allowed(word, fillings);

    public override IEnumerable<ProposedForm> Allowed(CanvasWord word, IEnumerable<int[]> fillings) => Refilled(word, fillings, mostWords: 3);
}
