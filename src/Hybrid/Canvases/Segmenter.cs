using HybridGen.Drafting;
using HybridGen.Protecting;
using HybridGen.Words;

namespace HybridGen.Canvases;

/// <summary>
/// Cuts a text into canvases that fill the model's window: whole lines where they fit, else sentences, else words, joined by a space.
/// </summary>
/// <remarks>Lines of one text share a window on purpose: the denoiser reads from the neighbours how prone to error the writer is.</remarks>
internal static class Segmenter
{
    /// <summary>Slots of a window, the end of text included: what the mini refiner was trained on.</summary>
    public const int WindowSlots = 128;

    /// <summary>
    /// Words of a section: about the documents that the mini refiner was trained on. In longer ones a misspelling that many writers share
    /// occurs so often that it passes for a name.
    /// </summary>
    public const int SectionWords = 400;

    /// <summary>The words of a text, line by line, without white space and without lines that are code.</summary>
    public static List<List<Word>> Lines(string text, ProtectedText guard)
    {
        var lines = new List<List<Word>>();
        foreach (var line in LinesOf(text))
            if (!guard.IsCode(line) && WordSplitter.Split(text, line) is { Count: > 0 } words)
                lines.Add(Spaced(words));
        lines.RemoveAll(line => line.Count == 0);
        return lines;
    }

    /// <summary>Runs of whole lines that are read as one document: names and counts are taken from it.</summary>
    public static IEnumerable<List<List<Word>>> Sections(IEnumerable<List<Word>> lines)
    {
        var section = new List<List<Word>>();
        var words = 0;
        foreach (var line in lines)
        {
            if (words + line.Count > SectionWords && section.Count > 0)
            {
                yield return section;
                (section, words) = ([], 0);
            }

            section.Add(line);
            words += line.Count;
        }

        if (section.Count > 0) yield return section;
    }

    /// <summary>Packs lines into canvases; words that are longer than a window are left out.</summary>
    public static IEnumerable<Canvas> Pack(IEnumerable<List<Word>> lines, CanvasBuilder builder, ProtectedText guard, int windowSlots = WindowSlots)
    {
        var window = new List<CanvasWord>();
        var used = 1;
        foreach (var piece in lines.Select(Built).Where(line => line.Count > 0).SelectMany(line => Pieces(line, windowSlots)))
        {
            var slots = piece.Sum(word => word.Slots);
            if (used + slots > windowSlots && window.Count > 0)
            {
                yield return new Canvas(window, builder);
                (window, used) = ([], 1);
            }

            if (window.Count == 0) piece[0] = builder.Unspaced(piece[0]);
            window.AddRange(piece);
            used += piece.Sum(word => word.Slots);
        }

        if (window.Count > 0) yield return new Canvas(window, builder);

        // A word that no window holds (a run of signs, a list of numbers, a script without spaces) has no candidates either.
        List<CanvasWord> Built(List<Word> line) =>
            [.. line.Where(word => word.Text.Length < windowSlots).Select(word => builder.Build(word, guard.Protects(word.Span))).Where(word => word.Slots < windowSlots)];
    }

    /// <summary>A line as it is where it fits a window; else its sentences, else runs of words.</summary>
    private static IEnumerable<List<CanvasWord>> Pieces(List<CanvasWord> line, int windowSlots)
    {
        if (Fits(line, windowSlots)) return [line];
        return Cut(line, EndsSentence).SelectMany(sentence => Fits(sentence, windowSlots) ? [sentence] : Runs(sentence, windowSlots));
    }

    private static bool Fits(List<CanvasWord> words, int windowSlots) => words.Sum(word => word.Slots) < windowSlots;

    private static bool EndsSentence(CanvasWord word, CanvasWord next) =>
        next.Word.Spaced && word.Word.Body.AsSpan().IndexOfAny('.', '!', '?') >= 0 && !char.IsLetterOrDigit(word.Word.Body[0]);

    private static IEnumerable<List<CanvasWord>> Runs(List<CanvasWord> words, int windowSlots)
    {
        var used = 0;
        return Cut(words, (word, next) =>
        {
            used += word.Slots;
            if (used + next.Slots < windowSlots) return false;
            used = 0;
            return true;
        });
    }

    private static IEnumerable<List<CanvasWord>> Cut(List<CanvasWord> words, Func<CanvasWord, CanvasWord, bool> isBorder)
    {
        var start = 0;
        for (var i = 0; i < words.Count; i++)
        {
            if (i + 1 < words.Count && !isBorder(words[i], words[i + 1])) continue;
            yield return words.GetRange(start, i + 1 - start);
            start = i + 1;
        }
    }

    private static IEnumerable<TextSpan> LinesOf(string text)
    {
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            end = text.AsSpan(start).IndexOfAny('\n', '\r');
            end = end < 0 ? text.Length : start + end;
            yield return new TextSpan(start, end - start);
        }
    }

    /// <summary>Drops white space; what follows it, and the start of the line, has one space before it.</summary>
    private static List<Word> Spaced(List<Word> words)
    {
        var spaced = new List<Word>(words.Count);
        var afterSpace = true;
        foreach (var word in words)
        {
            if (word.Body.Length > 0) spaced.Add(afterSpace && !word.Spaced ? word with { Text = " " + word.Body } : word);
            afterSpace = word.Body.Length == 0;
        }

        return spaced;
    }
}
