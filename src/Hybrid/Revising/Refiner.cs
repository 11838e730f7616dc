using System.Diagnostics;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Checkpoints;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Judging;
using HybridGen.Models.Mini;
using HybridGen.Protecting;
using HybridGen.Tokens;

namespace HybridGen.Revising;

/// <summary>The revision loop: segment, score, select, remask, refill, judge, apply.</summary>
/// <remarks>Holds tensors: every method runs on the worker thread that owns them.</remarks>
internal sealed class Refiner : IDisposable
{
    /// <summary>Canvases that go through the network side by side: enough to keep the cores busy, few enough for their caches.</summary>
    private const int BatchSize = 24;

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

    /// <summary>Revises a text, with a drafter as second judge where one is given.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is kept.</exception>
    public Revision Revise(string text, ReviseOptions options, IDraftScorer? judge, IProgress<ReviseProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
        var started = Stopwatch.GetTimestamp();
        var run = new Run(text, judge, progress, cancellationToken);
        foreach (var policy in options.Policies) Revise(run, policy, options.Passes);
        return new Revision(text, run.Edits.Count == 0 ? text : run.Current, run.Edits, run.Words, run.Forwards, Stopwatch.GetElapsedTime(started)) { JudgeTokens = run.JudgeTokens };
    }

    public void Dispose()
    {
        _isDisposed = true;
        _scorer.Dispose();
    }

    /// <summary>Passes of one policy, until one changes nothing or leads back to a text that was there before.</summary>
    private void Revise(Run run, EditPolicy policy, int passes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { run.Current };
        for (var pass = 1; pass <= passes; pass++)
        {
            var edits = Pass(run, policy, pass);
            var revised = Revision.Apply(run.Current, edits);
            if (edits.Count == 0 || !seen.Add(revised)) return;
            run.Apply(edits, revised);
        }
    }

    private List<Edit> Pass(Run run, EditPolicy policy, int pass)
    {
        var strategy = Strategy.For(policy, _encoder.Tokenizer, _candidates, run.Judged);
        var canvases = Segment(run.Current);
        run.Words = Math.Max(run.Words, canvases.Sum(canvas => canvas.Words.Count(word => word.Word.StartsWithLetter)));
        var edits = new List<Edit>();
        for (var done = 0; done < canvases.Count; done += BatchSize)
        {
            run.CancellationToken.ThrowIfCancellationRequested();
            var batch = canvases.GetRange(done, Math.Min(BatchSize, canvases.Count - done));
            edits.AddRange(Repair(run, strategy, batch).Select(repair => Edit(run.Current, repair, pass)));
            run.Report(policy, pass, done + batch.Count, canvases.Count, edits.Count);
        }

        return edits;
    }

    private List<Canvas> Segment(string text)
    {
        var guard = new ProtectedText(text);
        return [.. Segmenter.Sections(Segmenter.Lines(text, guard)).SelectMany(section =>
            Segmenter.Pack(section, new CanvasBuilder(_candidates, _encoder, section.SelectMany(line => line)), guard))];
    }

    /// <summary>One batch through the loop; the repairs that are kept, in text order.</summary>
    private IEnumerable<Repair> Repair(Run run, Strategy strategy, List<Canvas> canvases)
    {
        var doubts = strategy.Select(_scorer, canvases);
        run.Forwards += canvases.Count;
        var doubted = doubts.Select(doubt => doubt.Canvas).Distinct().Count();
        if (doubted == 0) return [];
        foreach (var doubt in doubts) doubt.Word.Visibility = strategy.Remasking;
        if (strategy.Remasking != Visibility.Visible) run.Forwards += doubted;
        return strategy.Refill(_scorer, canvases, doubts).Where(repair => repair.Gain > strategy.MinGain);
    }

    private static Edit Edit(string text, Repair repair, int pass)
    {
        var span = repair.Doubt.Word.Word.Span;
        return new Edit(span, span.Of(text).ToString(), repair.After, repair.Kind, repair.Gain, pass);
    }

    /// <summary>A text on its way through the policies.</summary>
    private sealed class Run(string input, IDraftScorer? judge, IProgress<ReviseProgress>? progress, CancellationToken cancellationToken)
    {
        private readonly string _input = input;

        public string Current { get; private set; } = input;

        public IReadOnlyList<Edit> Edits { get; private set; } = [];

        public int Words { get; set; }

        public int Forwards { get; set; }

        /// <summary>Tokens that the judge decoded.</summary>
        public int JudgeTokens { get; private set; }

        /// <summary>The text as it stands, for a drafter to judge; null without one.</summary>
        public JudgedText? Judged => judge is null ? null : new JudgedText(Current, judge, tokens => JudgeTokens += tokens, CancellationToken);

        public CancellationToken CancellationToken => cancellationToken;

        public void Apply(IReadOnlyList<Edit> edits, string revised)
        {
            Edits = EditLog.Compose(_input, Current, Edits, edits);
            Current = revised;
        }

        public void Report(EditPolicy policy, int pass, int done, int total, int edits) =>
            progress?.Report(new ReviseProgress(policy, pass, done, total, Edits.Count + edits));
    }
}
