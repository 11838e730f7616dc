using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Pipelines;

/// <summary>A text that grows at its end while what stands before is revised, each part once.</summary>
internal sealed class GrowingText
{
    private readonly List<DraftToken> _tokens = [];
    private readonly List<MessagePiece> _pieces = [];
    private readonly List<Edit> _edits = [];
    private readonly List<DraftCompleted> _completed = [];
    private readonly List<Revision> _revisions = [];
    private string _draft = "";
    private int _shift;
    private int _settled;
    private int _block;
    private int _lastBlock;

    /// <summary>The text as it stands: revised up to <see cref="Revised"/>, as it was drafted from there on.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Up to where <see cref="Text"/> is revised.</summary>
    public int Revised { get; private set; }

    /// <summary>Number of tokens that were drafted.</summary>
    public int Tokens => _tokens.Count;

    /// <summary>Adds a token at the end; returns it with its place in the whole draft.</summary>
    public DraftToken Append(DraftToken token)
    {
        var before = _draft.Length - token.Span.Start;
        var placed = token with { Span = token.Span with { Start = _draft.Length }, Pieces = before == 0 ? token.Pieces : [.. token.Pieces.Select(piece => Moved(piece, before))] };
        _tokens.Add(placed);
        _draft += token.Text;
        Text += token.Text;
        foreach (var piece in placed.Pieces) Add(piece);
        return placed;
    }

    /// <summary>Ends a block.</summary>
    public void Complete(DraftCompleted completed)
    {
        _completed.Add(completed);
        (_lastBlock, _block) = (_block, _draft.Length);
    }

    /// <summary>Nothing more comes: takes in what only the end made certain of the message.</summary>
    public void Finish()
    {
        foreach (var piece in _completed[^1].Message?.Pieces ?? []) Add(Moved(piece, _lastBlock));
    }

    /// <summary>Parts of <see cref="Text"/> that are thinking or calls of tools.</summary>
    public IReadOnlyList<TextSpan> Kept => [.. SpokenText.Kept(_pieces).Where(span => span.End + _shift > Revised).Select(span => span with { Start = span.Start + _shift })];

    /// <summary>Up to where it is known what <see cref="Text"/> is.</summary>
    private int Certain => (_pieces.Count > 0 ? _pieces[^1].Span.End : 0) + _shift;

    /// <summary>Cuts the draft where a stop string is that lies across two of its blocks.</summary>
    /// <param name="stopStrings">The stop strings.</param>
    /// <param name="block">Where the last block begins, in tokens.</param>
    /// <returns>Whether there was one.</returns>
    public bool CutAtStop(IReadOnlyList<string> stopStrings, int block)
    {
        if (block == 0 || block == _tokens.Count) return false;
        var start = _tokens[block].Span.Start;
        var found = stopStrings.Select(stop => (Stop: stop, At: _draft.IndexOf(stop, Math.Max(0, start - stop.Length + 1), StringComparison.Ordinal))).Where(stop => stop.At >= 0 && stop.At - _draft.Length + Text.Length >= Revised).ToList();
        if (found.Count == 0) return false;
        Cut(found.MinBy(stop => (stop.At + stop.Stop.Length, stop.At)).At);
        return true;
    }

    /// <summary>The end of the last whole sentence that is not revised yet; <see langword="null"/> where there is none.</summary>
    public int? LastSentenceEnd() => Sentences.LastEnd(Certain < Text.Length ? Text[..Certain] : Text) is { } end && end > Revised ? end : null;

    /// <summary>Takes in a revision of the text between <see cref="Revised"/> and a later place.</summary>
    /// <returns>Where the text changed first; <see langword="null"/> where it did not.</returns>
    public int? Apply(Revision revision, int upTo)
    {
        var later = Text[revision.Input.Length..];
        _edits.AddRange(revision.Edits.Select(edit => edit with { Span = edit.Span with { Start = edit.Span.Start - _shift } }));
        _revisions.Add(revision);
        Text = revision.Output + later;
        var growth = revision.Output.Length - revision.Input.Length;
        (Revised, _shift) = (upTo + growth, _shift + growth);
        return revision.Edits.Count > 0 ? revision.Edits[0].Span.Start : null;
    }

    /// <summary>What is said in what has become final since the last time.</summary>
    public string Settle()
    {
        var part = TextSpan.Between(_settled, Revised - _shift);
        _settled = part.End;
        return SpokenText.Revised(_draft, _pieces, _edits, part);
    }

    /// <summary>What was drafted and what was made of it.</summary>
    /// <param name="reason">Why the draft ended.</param>
    public Generation End(StopReason reason)
    {
        var completed = _completed[0] with
        {
            Reason = reason,
            Message = Message(),
            PromptDuration = Sum(_completed.Select(block => block.PromptDuration)),
            DraftDuration = Sum(_completed.Select(block => block.DraftDuration)),
        };
        var revision = new Revision(_draft, Text, _edits, _revisions.Sum(revision => revision.Words), _revisions.Sum(revision => revision.Forwards), Sum(_revisions.Select(revision => revision.Duration)))
        {
            JudgeTokens = _revisions.Sum(revision => revision.JudgeTokens),
            Ending = _revisions.Select(revision => revision.Ending).FirstOrDefault(ending => ending != RevisionEnding.Finished),
        };
        return new Generation(Draft.From(_tokens, completed), _revisions.Count == 0 ? null : revision);
    }

    private DraftedMessage? Message() => _completed.TrueForAll(block => block.Message is null) ? null : DraftedMessage.Of(_draft, _pieces);

    /// <summary>Adds a piece behind the others; what a block held back at its end belongs to what the next one begins with.</summary>
    private void Add(MessagePiece piece)
    {
        var start = _pieces.Count > 0 ? _pieces[^1].Span.End : 0;
        var end = Math.Min(piece.Span.End, _draft.Length);
        if (end > start) _pieces.Add(piece with { Span = TextSpan.Between(start, end) });
    }

    private static MessagePiece Moved(MessagePiece piece, int by) => piece with { Span = piece.Span with { Start = piece.Span.Start + by } };

    private void Cut(int length)
    {
        _pieces.RemoveAll(piece => piece.Span.Start >= length);
        if (_pieces.Count > 0 && _pieces[^1].Span.End > length) _pieces[^1] = _pieces[^1] with { Span = TextSpan.Between(_pieces[^1].Span.Start, length) };
        Text = Text[..^(_draft.Length - length)];
        _draft = _draft[..length];
        _tokens.RemoveAll(token => token.Span.Start > length || (token.Span.Start == length && length > 0));
        if (_tokens.Count > 0 && _tokens[^1].Span.End > length) _tokens[^1] = _tokens[^1] with { Text = _draft[_tokens[^1].Span.Start..], Span = TextSpan.Between(_tokens[^1].Span.Start, length) };
    }

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) => times.Aggregate(TimeSpan.Zero, (sum, time) => sum + time);
}
