using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Checkpoints;
using HybridGen.Denoising;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Models;
using HybridGen.Models.Mini;
using HybridGen.Protecting;
using HybridGen.Selecting;
using HybridGen.Scoring;
using HybridGen.Steering;
using HybridGen.Tokens;

namespace HybridGen.Revising;

/// <summary>The revision loop: segment, score, select, remask, refill, judge, apply.</summary>
/// <remarks>Holds tensors: every method runs on the worker thread that owns them.</remarks>
internal sealed class Refiner : IDisposable
{
    /// <summary>Canvases that go through the network side by side: enough to keep the cores busy, few enough for their caches.</summary>
    private const int BatchSize = 24;

    private readonly int _windowSlots;
    private readonly Predictor _predictor;
    private readonly MiniScorer? _pointer;
    private readonly CandidateSource _candidates;
    private readonly WordEncoder _encoder;
    private bool _isDisposed;

    private Refiner(IDenoiser denoiser, MiniScorer? pointer, CandidateSource candidates, WordEncoder encoder)
    {
        (_predictor, _pointer, _candidates, _encoder) = (new Predictor(denoiser), pointer, candidates, encoder);
        // Half of a small context: what is written may be longer than what stood there.
        _windowSlots = Math.Min(Segmenter.WindowSlots, denoiser.Descriptor.MaxPositions / 2);
        Sampler = new TextSampler(denoiser, encoder.Tokenizer);
    }

    /// <summary>Loads a refiner from its folder.</summary>
    /// <exception cref="CheckpointFormatException">A file is missing or malformed, or it is no refiner.</exception>
    /// <exception cref="RefiningException">There is no such device.</exception>
    public static Refiner Load(string folder, DenoiserPlacement placement) =>
        CheckpointConfig.Read(folder).Family == MiniConfig.ModelType ? LoadMini(folder) : LoadAny(folder, placement);

    private static Refiner LoadMini(string folder)
    {
        var config = MiniConfig.Read(folder);
        var candidates = Task.Run(() => CandidateSource.Read(folder));
        var tokenizer = Task.Run(() => Tokenizer.Load(folder));
        var network = MiniDenoiser.Load(folder, config);
        try
        {
            var encoder = new WordEncoder(tokenizer.GetAwaiter().GetResult());
            var denoiser = new MiniTokens(network, encoder.Tokenizer, candidates.GetAwaiter().GetResult().Lexicon.Bucket);
            return new Refiner(denoiser, new MiniScorer(network), candidates.GetAwaiter().GetResult(), encoder);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Loads a published checkpoint; its near words come from a lexicon beside it, else from the shipped one where that is there.</summary>
    private static Refiner LoadAny(string folder, DenoiserPlacement placement)
    {
        var encoder = new WordEncoder(Tokenizer.Load(folder));
        var candidates = CandidateSource.ReadFirst([folder, ShippedModels.Folder]);
        return new Refiner(DenoiserLoader.Load(folder, placement), null, candidates, encoder);
    }

    /// <summary>Writes texts by diffusion alone.</summary>
    public TextSampler Sampler { get; }

    /// <summary>Revises a text, with a drafter as second judge where one is given.</summary>
    /// <exception cref="RevisionCanceledException">It was cancelled; the exception has what was done.</exception>
    public Revision Revise(string text, ReviseOptions options, IDraftScorer? judge, IProgress<ReviseProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
        var run = new RevisionRun(text, options, judge, progress, () => _predictor.Forwards + (_pointer?.Forwards ?? 0), cancellationToken);
        foreach (var policy in options.Policies) Revise(run, policy);
        var revision = run.End();
        return revision.Ending == RevisionEnding.Cancelled ? throw new RevisionCanceledException(revision, cancellationToken) : revision;
    }

    /// <summary>Says how doubtful each word of a text is.</summary>
    public TextScore Score(string text, SuspicionScoring? scoring, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
        var before = _predictor.Forwards;
        var scorer = Strategies.Scoring(scoring, _predictor, null);
        var words = new List<ScoredWord>();
        foreach (var batch in Segment(text, new Protection()).Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (canvas, scores) in batch.Zip(scorer.Score(batch)))
                words.AddRange(canvas.Words.Zip(scores).Where(word => word.Second.BestIds is not null).Select(word => new ScoredWord(
                    word.First.Word.Span, word.First.Word.Body, word.Second.LogProbability, word.Second.Suspicion, word.Second.Entropy, _encoder.Tokenizer.Decode(word.Second.BestIds).Trim())));
        }

        return new TextScore(words, _predictor.Forwards - before);
    }

    /// <summary>A policy's own measure of a text: what no revision by it may lower.</summary>
    internal float Measure(string text, EditPolicy policy)
    {
        var run = new RevisionRun(text, new ReviseOptions(), null, null, () => 0, CancellationToken.None);
        var strategy = new Strategies(_predictor, _pointer, _encoder, _candidates).For(policy, run, new RemaskCaps(1, 1));
        return Segment(text, new Protection()).Chunk(BatchSize).Sum(batch => strategy.Measure(batch).Sum());
    }

    public void Dispose()
    {
        _isDisposed = true;
        _predictor.Denoiser.Dispose();
        _pointer?.Dispose();
    }

    /// <summary>Passes of one policy, until one changes nothing or leads back to a text that was there before.</summary>
    private void Revise(RevisionRun run, EditPolicy policy)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { run.Current };
        var caps = new RemaskCaps(run.Options.MaxRemasksPerWord, run.Options.MaxRemasksPerStep);
        var strategy = new Strategies(_predictor, _pointer, _encoder, _candidates).For(policy, run, caps);
        for (var pass = 1; pass <= run.Options.Passes && run.GoesOn; pass++)
        {
            var edits = Pass(run, policy, strategy, pass);
            if ((edits.Count == 0 && run.Forced.Count == 0) || (edits.Count > 0 && !seen.Add(Revision.Apply(run.Current, edits)))) return;
            run.Apply(edits);
            caps.Shift([.. edits.Select(edit => (edit.Span.End, edit.After.Length - edit.Span.Length))]);
        }
    }

    private List<Edit> Pass(RevisionRun run, EditPolicy policy, Strategy strategy, int pass)
    {
        var canvases = Segment(run.Current, run.Options.Protection);
        run.Words = Math.Max(run.Words, canvases.Sum(canvas => canvas.Words.Count(word => word.Word.StartsWithLetter)));
        var context = run.NextPass(Strategies.Share(run.Options, policy, pass));
        var edits = new List<Edit>();
        for (var done = 0; done < canvases.Count && run.GoesOn; done += BatchSize)
        {
            var batch = canvases.GetRange(done, Math.Min(BatchSize, canvases.Count - done));
            var step = strategy.Propose(batch, context);
            var kept = Guard.Keep(strategy, batch, step).Select(repair => Edit(run.Current, repair, pass));
            edits.AddRange(run.Options.OnStep is null ? kept : Steer(run, policy, pass, batch, step, kept));
            run.Report(policy, pass, done + batch.Count, canvases.Count, edits.Count);
        }

        return edits;
    }

    private List<Canvas> Segment(string text, Protection protection)
    {
        var guard = new ProtectedText(text, protection);
        return [.. Segmenter.Sections(Segmenter.Lines(text, guard)).SelectMany(section =>
            Segmenter.Pack(section, new CanvasBuilder(_candidates, _encoder, section.SelectMany(line => line)), guard, _windowSlots))];
    }

    /// <summary>Shows a step to the caller; returns the edits that are left of it.</summary>
    private static IReadOnlyList<Edit> Steer(RevisionRun run, EditPolicy policy, int pass, List<Canvas> batch, Step step, IEnumerable<Edit> edits)
    {
        var words = batch.SelectMany((canvas, i) => canvas.Words.Select((word, j) => Describe(word, step.Scores[i][j], step.Remasked.Contains((i, j)))));
        var shown = new RevisionStep(run.Current, policy, pass, [.. words], edits);
        run.Options.OnStep!(shown);
        run.Forced.UnionWith(shown.Remasked);
        if (shown.IsStopped) run.Stop();
        return shown.Edits;
    }

    private static StepWord Describe(CanvasWord word, WordScore score, bool isRemasked) =>
        new(word.Word.Span, word.Word.Body, score.IsRelative || score.BestIds is null ? null : score.LogProbability, score.Suspicion, isRemasked, word.IsProtected);

    private static Edit Edit(string text, Repair repair, int pass) => new(repair.Span, repair.Span.Of(text).ToString(), repair.After, repair.Kind, repair.Gain, pass);
}
