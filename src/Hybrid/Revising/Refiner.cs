using System.Diagnostics;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Checkpoints;
using HybridGen.Editing;
using HybridGen.Models.Mini;
using HybridGen.Tokens;

namespace HybridGen.Revising;

/// <summary>The revision loop: segment, score, select, remask, refill, judge, apply.</summary>
/// <remarks>Holds tensors: every method runs on the worker thread that owns them.</remarks>
internal sealed class Refiner : IDisposable
{
    private readonly MiniScorer _scorer;
    private readonly CandidateSource _candidates;
    private readonly WordEncoder _encoder;
    private bool _isDisposed;

    private Refiner(MiniScorer scorer, CandidateSource candidates, WordEncoder encoder) =>
        (_scorer, _candidates, _encoder) = (scorer, candidates, encoder);

    /// <summary>Loads a refiner from its folder.</summary>
    /// <exception cref="CheckpointFormatException">A file is missing or malformed.</exception>
    public static Refiner Load(string folder)
    {
        var config = MiniConfig.Read(folder);
        var candidates = Task.Run(() => CandidateSource.Read(folder));
        var encoder = Task.Run(() => new WordEncoder(ByteLevelTokenizer.Load(Path.Combine(folder, "tokenizer.json"))));
        var scorer = new MiniScorer(MiniDenoiser.Load(folder, config));
        try
        {
            return new Refiner(scorer, candidates.GetAwaiter().GetResult(), encoder.GetAwaiter().GetResult());
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>Revises a text.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is kept.</exception>
    public Revision Revise(string text, ReviseOptions options, IProgress<ReviseProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
        var started = Stopwatch.GetTimestamp();
        var run = new Run(text, new TextWindows(_candidates, _encoder), progress, cancellationToken);
        var forwards = _scorer.Forwards;
        foreach (var policy in options.Policies) Revise(run, policy, options.Passes);
        return new Revision(text, run.Edits.Count == 0 ? text : run.Current, run.Edits, run.Words, _scorer.Forwards - forwards, Stopwatch.GetElapsedTime(started));
    }

    public void Dispose()
    {
        _isDisposed = true;
        _scorer.Dispose();
    }

    /// <summary>Passes of one policy, until one changes nothing or leads back to a text that was there before.</summary>
    private void Revise(Run run, EditPolicy policy, int passes)
    {
        var strategy = Strategy.For(policy, _encoder.Tokenizer, _candidates);
        var seen = new HashSet<string>(StringComparer.Ordinal) { run.Current };
        var settled = new HashSet<UInt128>();
        for (var pass = 1; pass <= passes; pass++)
        {
            var edits = Pass(run, policy, strategy, pass, settled);
            var revised = Revision.Apply(run.Current, edits);
            if (edits.Count == 0 || !seen.Add(revised)) return;
            run.Apply(edits, revised);
        }
    }

    /// <summary>One pass over the text.</summary>
    /// <param name="run">The text.</param>
    /// <param name="policy">The policy, for reports.</param>
    /// <param name="strategy">What it brings to the loop.</param>
    /// <param name="pass">The pass, from 1.</param>
    /// <param name="settled">Windows in which nothing was found to change, in this pass and those before: another look at the same would find nothing.</param>
    private List<Edit> Pass(Run run, EditPolicy policy, Strategy strategy, int pass, HashSet<UInt128> settled)
    {
        var edits = new List<Edit>();
        var words = 0;
        var open = run.Windows.Read(run.Current).Where(canvas =>
        {
            words += canvas.Words.Count(word => word.Word.StartsWithLetter);
            return !settled.Contains(canvas.Fingerprint());
        });
        foreach (var batch in Batches.Of(open))
        {
            run.CancellationToken.ThrowIfCancellationRequested();
            var repairs = Batches.Run(batch, canvases => Repair(strategy, canvases));
            edits.AddRange(repairs.Select(repair => Edit(run.Current, repair.Repair, pass)));
            settled.UnionWith(batch.Except(repairs.Select(repair => repair.Canvas)).Select(canvas => canvas.Fingerprint()));
            run.Report(policy, pass, batch[^1].Words[^1].Word.Span.End, edits.Count);
        }

        run.Words = Math.Max(run.Words, words);
        return edits;
    }

    /// <summary>One batch through the loop; the repairs that are kept, in text order, with their canvases.</summary>
    private List<(Canvas Canvas, Repair Repair)> Repair(Strategy strategy, List<Canvas> canvases)
    {
        foreach (var word in canvases.SelectMany(canvas => canvas.Words)) word.Visibility = Visibility.Visible; // Memory may have failed a first try.
        var doubts = strategy.Select(_scorer, canvases);
        if (doubts.Count == 0) return [];
        foreach (var doubt in doubts) doubt.Word.Visibility = strategy.Remasking;
        var doubted = doubts.Select(doubt => doubt.Canvas).Distinct().ToList();
        var narrowed = doubts.Select(doubt => doubt with { Canvas = doubted.IndexOf(doubt.Canvas) }).ToList();
        return [.. strategy.Refill(_scorer, doubted.ConvertAll(canvas => canvases[canvas]), narrowed)
            .Where(repair => repair.Gain > strategy.MinGain)
            .Select(repair => (canvases[doubted[repair.Doubt.Canvas]], repair))];
    }

    private static Edit Edit(string text, Repair repair, int pass)
    {
        var span = repair.Doubt.Word.Word.Span;
        return new Edit(span, span.Of(text).ToString(), repair.After, repair.Kind, repair.Gain, pass);
    }

    /// <summary>A text on its way through the policies.</summary>
    private sealed class Run(string input, TextWindows windows, IProgress<ReviseProgress>? progress, CancellationToken cancellationToken)
    {
        private readonly string _input = input;

        public string Current { get; private set; } = input;

        public IReadOnlyList<Edit> Edits { get; private set; } = [];

        public TextWindows Windows => windows;

        public int Words { get; set; }

        public CancellationToken CancellationToken => cancellationToken;

        public void Apply(IReadOnlyList<Edit> edits, string revised)
        {
            Edits = EditLog.Compose(_input, Current, Edits, edits);
            Current = revised;
            windows.Move(edits);
        }

        public void Report(EditPolicy policy, int pass, int done, int edits) =>
            progress?.Report(new ReviseProgress(policy, pass, done, Current.Length, Edits.Count + edits));
    }
}
