using System.IO.Hashing;
using System.Runtime.InteropServices;
using HybridGen.Candidates;
using HybridGen.Revising;
using HybridGen.Words;

namespace HybridGen.Canvases;

/// <summary>A window of text as the denoiser sees it: words, each on as many slots as it may need, then the end of text.</summary>
/// <param name="Words">The words in text order.</param>
/// <param name="Builder">What put them there.</param>
internal sealed record Canvas(IReadOnlyList<CanvasWord> Words, CanvasBuilder Builder)
{
    /// <summary>Slots in use, the end of text included.</summary>
    public int Length { get; } = Words.Sum(word => word.Slots) + 1;

    /// <summary>The canvas after repairs, which are in order; places are still those of the text before.</summary>
    public Canvas With(IReadOnlyList<Repair> repairs)
    {
        var words = new List<CanvasWord>(Words.Count);
        var next = 0;
        foreach (var repair in repairs)
        {
            while (next < repair.First) words.Add(Words[next++]);
            words.AddRange(Builder.Written(repair, repair.Count > 0 ? Words[next] : null));
            next += repair.Count;
        }

        words.AddRange(Words.Skip(next));
        // A window begins without a space.
        if (words.Count > 0 && words[0].Word.Spaced) words[0] = Builder.Unspaced(words[0]);
        return new Canvas(words, Builder);
    }

    /// <summary>
    /// A hash of all that a denoiser and a judge are given of the canvas: words, slots, candidates, and what was counted in the document.
    /// Canvases that share it are given the same forms.
    /// </summary>
    public UInt128 Fingerprint()
    {
        var hash = new XxHash128();
        foreach (var word in Words)
        {
            Append(hash, word.Word.Text, word.Slots, word.IsProtected ? 1 : 0, word.Candidates.Count);
            Append(hash, word.Draft);
            foreach (var candidate in word.Candidates) Append(hash, candidate);
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private static void Append(XxHash128 hash, CanvasForm form) =>
        Append(hash, form.Candidate.Form, (int)form.Candidate.Kind, form.Candidate.Frequency, form.DocumentBucket);

    private static void Append(XxHash128 hash, string text, int first, int second, int third)
    {
        hash.Append(MemoryMarshal.AsBytes([text.Length, first, second, third]));
        hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
    }
}

/// <summary>A word on a canvas.</summary>
/// <param name="Word">The word and its place in the text.</param>
/// <param name="Draft">The word as it was written.</param>
/// <param name="Candidates">Forms that may replace it; the draft is not among them.</param>
/// <param name="Slots">Slots held; those beyond a form's tokens are blank.</param>
/// <param name="IsProtected">Whether the word must stay as it is.</param>
internal sealed record CanvasWord(Word Word, CanvasForm Draft, IReadOnlyList<CanvasForm> Candidates, int Slots, bool IsProtected)
{
    /// <summary>Tokens of the words that the drafter could have written here, near or not, the most probable first.</summary>
    public IReadOnlyList<int[]> Drafted { get; init; } = [];
}

/// <summary>A form that stands, or could stand, in a word's place.</summary>
/// <param name="Candidate">The form and where it came from.</param>
/// <param name="Tokens">Its tokens, encoded with the word's leading space.</param>
/// <param name="DocumentBucket">How often the document has it, 0 to 5.</param>
internal sealed record CanvasForm(Candidate Candidate, int[] Tokens, int DocumentBucket);
