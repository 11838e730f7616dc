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

    /// <summary>
    /// Characters after which a line is cut, between sentences where it has any: a text without line ends is no document, and must not be in
    /// memory as a whole.
    /// </summary>
    public const int LongestLine = 4_000;

    /// <summary>The words of a text, line by line, without white space and without lines that are code.</summary>
    /// <param name="text">The text.</param>
    /// <param name="guard">What of it is code.</param>
    /// <param name="isBegun">Whether something begins at a place of the text, so that the line is cut there.</param>
    public static IEnumerable<List<Word>> Lines(string text, ProtectedText guard, Func<int, bool>? isBegun = null)
    {
        foreach (var line in LinesOf(text))
        {
            if (guard.IsCode(line)) continue;
            var words = Spaced(WordSplitter.Split(text, line));
            foreach (var part in isBegun is null ? [words] : Cut(words, (_, next) => isBegun(next.Span.Start)))
                if (part.Count > 0) yield return part;
        }
    }

    /// <summary>Runs of whole lines that are read as one document: names and counts are taken from it.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="isBegun">Whether a document begins at a place of the text; null: where the one before has words enough.</param>
    public static IEnumerable<List<List<Word>>> Sections(IEnumerable<List<Word>> lines, Func<int, bool>? isBegun = null)
    {
        var section = new List<List<Word>>();
        var words = 0;
        foreach (var line in lines)
        {
            if (section.Count > 0 && (isBegun?.Invoke(line[0].Span.Start) ?? words + line.Count > SectionWords))
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
    /// <param name="lines">The lines.</param>
    /// <param name="builder">Names the words' candidates.</param>
    /// <param name="guard">What must stay as it is.</param>
    /// <param name="isBegun">Whether a window begins at a place of the text, beside those that begin where no more fits.</param>
    /// <param name="windowSlots">Slots of a window.</param>
    public static IEnumerable<Canvas> Pack(IEnumerable<List<Word>> lines, CanvasBuilder builder, ProtectedText guard, Func<int, bool>? isBegun = null, int windowSlots = WindowSlots)
    {
        var window = new List<CanvasWord>();
        var used = 1;
        foreach (var piece in lines.Select(Built).Where(line => line.Count > 0).SelectMany(line => Pieces(line, windowSlots)))
        {
            var slots = piece.Sum(word => word.Slots);
            if (window.Count > 0 && (used + slots > windowSlots || isBegun?.Invoke(piece[0].Word.Span.Start) == true))
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

    private static IEnumerable<List<T>> Cut<T>(List<T> words, Func<T, T, bool> isBorder)
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
            for (; end - start > LongestLine && Border(text, start, end) is var border && border < end; start = border) yield return new TextSpan(start, border - start);
            yield return new TextSpan(start, end - start);
        }
    }

    /// <summary>Where a line that is too long may be cut: before a space, so that no word is cut or changed; its end where there is none.</summary>
    private static int Border(string text, int start, int end)
    {
        for (var place = start + LongestLine; place > start + LongestLine / 2; place--)
            if (text[place] == ' ' && text[place - 1] is '.' or '!' or '?') return place;
        var space = text.AsSpan(start + LongestLine, end - start - LongestLine).IndexOf(' ');
        return space < 0 ? end : start + LongestLine + space;
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
