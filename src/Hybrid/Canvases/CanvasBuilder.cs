using HybridGen.Candidates;
using HybridGen.Revising;
using HybridGen.Tokens;
using HybridGen.Words;

namespace HybridGen.Canvases;

/// <summary>Puts the words of one document on canvases: encodes them, names their candidates, counts their slots.</summary>
internal sealed class CanvasBuilder
{
    /// <summary>A word holds slots for the longest of itself and this many candidates.</summary>
    private const int CandidatesThatWiden = 3;

    private readonly CandidateSource _candidates;
    private readonly WordEncoder _encoder;
    private readonly DocumentWords _document = new();
    private readonly DocumentNames _names;

    private readonly DraftAlternatives? _alternatives;

    /// <param name="candidates">Names forms that are near a word.</param>
    /// <param name="encoder">Makes tokens of words.</param>
    /// <param name="document">The words of the document.</param>
    /// <param name="alternatives">What the drafter could have written instead; null where no drafter wrote the text.</param>
    public CanvasBuilder(CandidateSource candidates, WordEncoder encoder, IEnumerable<Word> document, DraftAlternatives? alternatives = null)
    {
        (_candidates, _encoder, _alternatives) = (candidates, encoder, alternatives);
        _document.Add(document);
        _names = new DocumentNames(_document, candidates.Lexicon);
    }

    /// <summary>A word with its candidates.</summary>
    public CanvasWord Build(Word word, bool isProtected)
    {
        var draft = Form(word, new Candidate(word.Body, CandidateKind.Draft, _candidates.Lexicon.Bucket(word.Body), 0, EditOperations.Same));
        var drafted = isProtected ? [] : _alternatives?.For(word).Select(alternative => alternative.Form).ToArray() ?? [];
        var candidates = _candidates.With(_candidates.For(word, _names), word.Body, drafted).Select(candidate => Form(word, candidate)).ToArray();
        return new CanvasWord(word, draft, candidates, Slots(draft, candidates), isProtected)
        {
            Drafted = [.. drafted.Select(form => _encoder.Encode(word.Spaced ? " " + form : form))],
        };
    }

    /// <summary>A word as the first of a window, which begins without a space.</summary>
    public CanvasWord Unspaced(CanvasWord word) => word.Word.Spaced ? Build(word.Word with { Text = word.Word.Body }, word.IsProtected) : word;

    /// <summary>The words that a repair writes, in place of the first that it replaces.</summary>
    public IEnumerable<CanvasWord> Written(Repair repair, CanvasWord? replaced)
    {
        var text = replaced is { Word.Spaced: true } && repair.After.Length > 0 ? " " + repair.After : repair.After;
        return WordSplitter.Split(text).Where(word => word.Body.Length > 0).Select(word => Build(word with { Span = repair.Span }, replaced?.IsProtected ?? false));
    }

    private CanvasForm Form(Word word, Candidate candidate)
    {
        var text = candidate.Kind == CandidateKind.Draft ? word.Text : word.Spaced ? " " + candidate.Form : candidate.Form;
        return new CanvasForm(candidate, _encoder.Encode(text), _document.Bucket(candidate.Form));
    }

    private static int Slots(CanvasForm draft, CanvasForm[] candidates)
    {
        var own = draft.Tokens.Length;
        if (candidates.Length == 0 || (own == 1 && draft.Candidate.Frequency > 0)) return own;
        return Math.Max(own, candidates.Take(CandidatesThatWiden).Max(candidate => candidate.Tokens.Length));
    }
}
