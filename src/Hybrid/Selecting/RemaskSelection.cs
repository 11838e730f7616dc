using HybridGen.Canvases;
using HybridGen.Revising;
using HybridGen.Scoring;

namespace HybridGen.Selecting;

/// <summary>Chooses the words to remask: whole words, a share of a window at most, never two neighbours.</summary>
/// <remarks>A masked word is guessed well only from visible neighbours; many masks distract (arXiv 2511.21338).</remarks>
internal sealed class RemaskSelection(RemaskStrategy strategy, RemaskCaps caps, Random random)
{
    /// <summary>The words of a canvas to remask, in their order.</summary>
    /// <param name="canvas">The canvas.</param>
    /// <param name="scores">The scores of its words.</param>
    /// <param name="share">Largest share of the words.</param>
    /// <param name="mayChange">Which words may be remasked at all.</param>
    /// <param name="first">Which of them come first, whatever their score.</param>
    public List<int> Select(Canvas canvas, WordScore[] scores, double share, Func<CanvasWord, WordScore, bool> mayChange, Func<CanvasWord, bool> first)
    {
        var (most, window) = (Most(canvas, share), canvas.Fingerprint());
        var taken = new SortedSet<int>();
        foreach (var word in Ranked(canvas, scores, mayChange).OrderByDescending(word => first(canvas.Words[word])))
        {
            if (taken.Count >= most) break;
            if (taken.Contains(word - 1) || taken.Contains(word + 1) || !caps.Allows(window, word, canvas.Words[word].Word.Span.Start, first(canvas.Words[word]))) continue;
            taken.Add(word);
        }

        foreach (var word in taken) caps.Count(window, word, canvas.Words[word].Word.Span.Start);
        return [.. taken];
    }

    /// <summary>Of the words that a denoiser would write otherwise without remasking any, those that it may: a share of a window at most.</summary>
    /// <param name="repairs">What it would write; the rest waits for another pass.</param>
    /// <param name="canvases">The canvases.</param>
    /// <param name="share">Largest share of a canvas's words.</param>
    public IEnumerable<Repair> Select(IEnumerable<Repair> repairs, IReadOnlyList<Canvas> canvases, double share)
    {
        foreach (var canvas in repairs.GroupBy(repair => repair.Canvas))
        {
            var window = canvases[canvas.Key].Fingerprint();
            var open = Ranked(canvas.Where(repair => caps.Allows(window, repair.First, repair.Span.Start)));
            foreach (var repair in open.Take(Most(canvases[canvas.Key], share)).OrderBy(repair => repair.First))
            {
                caps.Count(window, repair.First, repair.Span.Start);
                yield return repair;
            }
        }
    }

    private int Most(Canvas canvas, double share) => Math.Min(caps.PerStep, (int)Math.Ceiling(share * canvas.Words.Count));

    /// <summary>A visible word has no confidence of its own: by how much it loses stands for margin, confidence and entropy.</summary>
    private IEnumerable<Repair> Ranked(IEnumerable<Repair> repairs) => strategy switch
    {
        RemaskStrategy.Random => [.. repairs.OrderBy(_ => random.NextDouble())],
        RemaskStrategy.Threshold threshold => repairs.Where(repair => repair.Gain >= threshold.Suspicion).OrderByDescending(repair => repair.Gain),
        _ => repairs.OrderByDescending(repair => repair.Gain),
    };

    private IEnumerable<int> Ranked(Canvas canvas, WordScore[] scores, Func<CanvasWord, WordScore, bool> mayChange)
    {
        var able = Enumerable.Range(0, canvas.Words.Count).Where(word => scores[word].BestIds is not null && mayChange(canvas.Words[word], scores[word]));
        return strategy switch
        {
            RemaskStrategy.LowConfidence => able.OrderBy(word => scores[word].LogProbability),
            RemaskStrategy.Margin => able.OrderByDescending(word => scores[word].Suspicion),
            RemaskStrategy.Entropy => able.OrderByDescending(word => scores[word].Entropy),
            RemaskStrategy.Threshold threshold => able.Where(word => scores[word].Suspicion >= threshold.Suspicion).OrderByDescending(word => scores[word].Suspicion),
            RemaskStrategy.Random => [.. able.OrderBy(_ => random.NextDouble())],
            _ => throw new ArgumentException($"No selection is known for {strategy.GetType().Name}."),
        };
    }
}

/// <summary>How often words are remasked: per place over all passes, at most so many in one window at a time, and once in a window that stays as it is.</summary>
/// <param name="perWord">Most times that a place is remasked.</param>
/// <param name="perStep">Most words of a window in one step.</param>
/// <param name="draws">Whether what is written is drawn, so that another try may give something else.</param>
internal sealed class RemaskCaps(int perWord, int perStep, bool draws = false)
{
    private readonly HashSet<(UInt128 Window, int Word)> _tried = [];
    private Dictionary<int, int> _counts = [];

    /// <summary>Words remasked so far.</summary>
    public int Remasked { get; private set; }

    /// <summary>Most words of a window in one step.</summary>
    public int PerStep => perStep;

    /// <summary>Whether a word may be remasked again: what was refused in the same window would be refused once more, and keep others from their turn.</summary>
    /// <param name="window">The fingerprint of its window.</param>
    /// <param name="word">Its index there.</param>
    /// <param name="start">Where it starts in the current text.</param>
    /// <param name="isForced">Whether the caller wants it tried once more.</param>
    public bool Allows(UInt128 window, int word, int start, bool isForced = false) => _counts.GetValueOrDefault(start) < perWord && (isForced || !_tried.Contains((window, word)));

    public void Count(UInt128 window, int word, int start)
    {
        Remasked++;
        _counts[start] = _counts.GetValueOrDefault(start) + 1;
        if (!draws) _tried.Add((window, word));
    }

    /// <summary>Moves the counts along when the text changes.</summary>
    /// <param name="edits">Where something was replaced and by how much the text grew there, in text order.</param>
    public void Shift(IReadOnlyList<(int End, int Growth)> edits)
    {
        if (edits.Count == 0 || _counts.Count == 0) return;
        var moved = new Dictionary<int, int>(_counts.Count);
        var (edit, growth) = (0, 0);
        foreach (var (start, count) in _counts.OrderBy(entry => entry.Key))
        {
            for (; edit < edits.Count && edits[edit].End <= start; edit++) growth += edits[edit].Growth;
            moved[start + growth] = count;
        }

        _counts = moved;
    }
}
