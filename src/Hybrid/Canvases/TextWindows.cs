using HybridGen.Candidates;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Protecting;
using HybridGen.Tokens;

namespace HybridGen.Canvases;

/// <summary>The canvases of one text, built as they are asked for: no more of the text is in memory than one document.</summary>
/// <remarks>
/// Where documents and windows begin is decided at the first reading and kept for the others, so that an edit leaves all windows but its own as
/// they were. What an edit changes in other windows is what they take from their document: names and counts.
/// </remarks>
internal sealed class TextWindows(CandidateSource candidates, WordEncoder encoder, Protection protection, int windowSlots, DraftAlternatives? alternatives = null, TextSpan? part = null, IReadOnlyList<TextSpan>? kept = null)
{
    private HashSet<int> _documents = [];
    private HashSet<int> _windows = [];
    private TextSpan? _part = part;
    private TextSpan[] _kept = [.. kept ?? []];
    private bool _isCut;

    /// <summary>Reads the text, or what the edits that <see cref="Move"/> was told of have made of it.</summary>
    public IEnumerable<Canvas> Read(string text)
    {
        var guard = new ProtectedText(text, protection, _part, _kept);
        var lines = _isCut ? Segmenter.Lines(text, guard, start => _windows.Contains(start) || _documents.Contains(start)) : Segmenter.Lines(text, guard);
        foreach (var section in Segmenter.Sections(lines, _isCut ? _documents.Contains : null))
        {
            _documents.Add(section[0][0].Span.Start);
            if (!IsWanted(section[0][0].Span.Start, section[^1][^1].Span.End)) continue;
            var builder = new CanvasBuilder(candidates, encoder, section.SelectMany(line => line), alternatives);
            foreach (var canvas in Segmenter.Pack(section, builder, guard, _windows.Contains, windowSlots))
            {
                _windows.Add(canvas.Words[0].Word.Span.Start);
                if (IsWanted(canvas.Words[0].Word.Span.Start, canvas.Words[^1].Word.Span.End)) yield return canvas;
            }
        }

        _isCut = true;
    }

    /// <summary>Follows edits of the text, which are in order.</summary>
    public void Move(IReadOnlyList<Edit> edits)
    {
        _documents = Moved(_documents, edits);
        _windows = Moved(_windows, edits);
        // No edit lies in what is kept, and all lie in the part.
        _kept = Array.ConvertAll(_kept, kept => kept with { Start = kept.Start + edits.Where(edit => edit.Span.End <= kept.Start).Sum(edit => edit.After.Length - edit.Span.Length) });
        if (_part is { } part) _part = part with { Length = part.Length + edits.Sum(edit => edit.After.Length - edit.Span.Length) };
    }

    private bool IsWanted(int start, int end) => (_part is not { } part || (start < part.End && end > part.Start)) && !Array.Exists(_kept, kept => start >= kept.Start && end <= kept.End);

    private static HashSet<int> Moved(HashSet<int> places, IReadOnlyList<Edit> edits)
    {
        var moved = new HashSet<int>(places.Count);
        var (next, shift) = (0, 0);
        foreach (var place in places.Order())
        {
            for (; next < edits.Count && edits[next].Span.Start < place; next++) shift += edits[next].After.Length - edits[next].Span.Length;
            moved.Add(place + shift);
        }

        return moved;
    }
}
