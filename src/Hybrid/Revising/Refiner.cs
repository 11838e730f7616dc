using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Checkpoints;
using HybridGen.Denoising;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Models;
using HybridGen.Models.Mini;
using HybridGen.Protecting;
using HybridGen.Scoring;
using HybridGen.Selecting;
using HybridGen.Steering;
using HybridGen.Tokens;

namespace HybridGen.Revising;

/// <summary>The revision loop: segment, score, select, remask, refill, judge, apply.</summary>
/// <remarks>Holds tensors: every method runs on the worker thread that owns them.</remarks>
internal sealed class Refiner : IDisposable
{
    private readonly int _windowSlots;
    private readonly Predictor _predictor;
    private readonly CandidateSource _candidates;
    private readonly WordEncoder _encoder;
    private bool _isDisposed;

    /// <summary>A refiner of parts, which it owns.</summary>
    public Refiner(IDenoiser denoiser, MiniScorer? pointer, CandidateSource candidates, WordEncoder encoder)
    {
        (_predictor, Pointer, _candidates, _encoder) = (new Predictor(denoiser), pointer, candidates, encoder);
        Strategies = new Strategies(_predictor, pointer, encoder, candidates);
        // Half of a small context: what is written may be longer than what stood there.
        _windowSlots = Math.Min(Segmenter.WindowSlots, denoiser.Descriptor.MaxPositions / 2);
        Sampler = new TextSampler(denoiser, encoder.Tokenizer);
    }

    /// <summary>Loads a refiner from its folder.</summary>
    /// <exception cref="CheckpointFormatException">A file is missing or malformed, or it is no refiner.</exception>
    /// <exception cref="RefiningException">There is no such device.</exception>
    public static Refiner Load(string folder, DenoiserPlacement placement) =>
        CheckpointConfig.Read(folder).Family == MiniConfig.ModelType ? LoadMini(folder, placement) : LoadAny(folder, placement);

    private static Refiner LoadMini(string folder, DenoiserPlacement placement)
    {
        var config = MiniConfig.Read(folder);
        var candidates = Task.Run(() => CandidateSource.Read(folder));
        var tokenizer = Task.Run(() => Tokenizer.Load(folder));
        var network = MiniDenoiser.Load(folder, config, placement.ResolveDevice());
        try
        {
            var encoder = new WordEncoder(tokenizer.GetAwaiter().GetResult());
            var pointer = new MiniScorer(network);
            var denoiser = new MiniTokens(network, pointer.Forms, encoder.Tokenizer, candidates.GetAwaiter().GetResult().Lexicon.Bucket);
            return new Refiner(denoiser, pointer, candidates.GetAwaiter().GetResult(), encoder);
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
    public TextSampler Sampler
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
            return field;
        }
    }

    /// <summary>What the policies bring to the loop with this refiner.</summary>
    public Strategies Strategies { get; }

    /// <summary>The mini refiner's pointer; null for any other.</summary>
    public MiniScorer? Pointer { get; }

    /// <summary>Revises a text, with a drafter as second judge where one is given.</summary>
    /// <exception cref="RevisionCanceledException">It was cancelled; the exception has what was done.</exception>
    public Revision Revise(string text, ReviseOptions options, IDraftScorer? judge, IProgress<ReviseProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
        var alternatives = Alternatives(text, options);
        var run = new RevisionRun(text, Windows(options.Protection, alternatives, PartOf(text, options), KeptOf(text, options)), alternatives, options, judge, progress, () => _predictor.Forwards + (Pointer?.Forwards ?? 0), cancellationToken);
        foreach (var policy in options.Policies) Revise(run, policy);
        var revision = run.End();
        return revision.Ending == RevisionEnding.Cancelled ? throw new RevisionCanceledException(revision, cancellationToken) : revision;
    }

    /// <summary>Says how doubtful each word of a text is.</summary>
    public TextScore Score(string text, SuspicionScoring? scoring, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(HybridGenEngine));
        var before = _predictor.Forwards;
        var scorer = Revising.Strategies.Scoring(scoring ?? new SuspicionScoring.StridedMasking(), _predictor, null, entropies: true);
        var words = new List<ScoredWord>();
        foreach (var batch in Batches.Of(Windows(new Protection()).Read(text)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (canvas, scores) in batch.Zip(scorer.Score(batch)))
                words.AddRange(canvas.Words.Zip(scores).Where(word => word.Second.BestIds is not null).Select(word => new ScoredWord(
                    word.First.Word.Span, word.First.Word.Body, word.Second.LogProbability, word.Second.Suspicion, word.Second.Entropy, _encoder.Tokenizer.Decode(word.Second.BestIds).Trim())));
        }

        return new TextScore(words, _predictor.Forwards - before);
    }

    public void Dispose()
    {
        _isDisposed = true;
        _predictor.Denoiser.Dispose();
        Pointer?.Dispose();
    }

    /// <summary>Passes of one policy, until one has nothing to try or leads back to a text that was there before.</summary>
    private void Revise(RevisionRun run, EditPolicy policy)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { run.Current };
        var settled = new HashSet<UInt128>();
        var caps = new RemaskCaps(run.Options.MaxRemasksPerWord, run.Options.MaxRemasksPerStep, run.Options.Temperature > 0);
        var strategy = Strategies.For(policy, run, caps);
        for (var pass = 1; pass <= run.Options.Passes && run.GoesOn; pass++)
        {
            var remasked = caps.Remasked;
            var edits = Pass(run, policy, strategy, pass, settled);
            if ((edits.Count == 0 && run.Forced.Count == 0 && caps.Remasked == remasked) || (edits.Count > 0 && !seen.Add(Revision.Apply(run.Current, edits)))) return;
            run.Apply(edits);
            caps.Shift([.. edits.Select(edit => (edit.Span.End, edit.After.Length - edit.Span.Length))]);
        }
    }

    /// <summary>One pass over the text.</summary>
    /// <param name="run">The text.</param>
    /// <param name="policy">The policy, for reports.</param>
    /// <param name="strategy">What it brings to the loop.</param>
    /// <param name="pass">The pass, from 1.</param>
    /// <param name="settled">
    /// Windows for which nothing was proposed, in this pass and those before: another look at the same would find nothing, unless it draws.
    /// </param>
    private static List<Edit> Pass(RevisionRun run, EditPolicy policy, Strategy strategy, int pass, HashSet<UInt128> settled)
    {
        var context = run.NextPass(Revising.Strategies.Share(run.Options, policy, pass));
        var (edits, words) = (new List<Edit>(), 0);
        var open = run.Windows.Read(run.Current).Where(canvas =>
        {
            words += canvas.Words.Count(word => word.Word.StartsWithLetter);
            return !settled.Contains(canvas.Fingerprint()) || canvas.Words.Any(word => context.Forced.Contains(word.Word.Span.Start));
        });
        foreach (var batch in Batches.Of(open).TakeWhile(_ => run.GoesOn))
        {
            var kept = Batches.Run(batch, canvases => Step(run, policy, strategy, pass, canvases, context, settled));
            edits.AddRange(kept);
            run.Report(policy, pass, batch[^1].Words[^1].Word.Span.End, edits.Count);
        }

        run.Words = Math.Max(run.Words, words);
        return edits;
    }

    /// <summary>One batch through the loop; the edits that are kept, in text order.</summary>
    private static List<Edit> Step(RevisionRun run, EditPolicy policy, Strategy strategy, int pass, List<Canvas> canvases, PassContext context, HashSet<UInt128> settled)
    {
        var step = strategy.Propose(canvases, context);
        if (strategy.SettlesWindows) settled.UnionWith(Enumerable.Range(0, canvases.Count).Except(step.Repairs.Select(repair => repair.Canvas)).Select(canvas => canvases[canvas].Fingerprint()));
        var kept = Guard.Keep(strategy, canvases, step, context).ConvertAll(repair => Edit(run.Current, repair, pass));
        return run.Options.OnStep is null ? kept : [.. Steer(run, policy, pass, canvases, step, kept)];
    }

    /// <summary>The windows in which a text is read.</summary>
    public TextWindows Windows(Protection protection, DraftAlternatives? alternatives = null, TextSpan? part = null, IReadOnlyList<TextSpan>? kept = null) => new(_candidates, _encoder, protection, _windowSlots, alternatives, part, kept);

    private static TextSpan? PartOf(string text, ReviseOptions options) => options.Part is { } part && (part.Start < 0 || part.Length < 0 || part.End > text.Length)
        ? throw new ArgumentOutOfRangeException(nameof(options), part, $"Part must lie inside of the text, which has {text.Length} characters.")
        : options.Part;

    private static IReadOnlyList<TextSpan> KeptOf(string text, ReviseOptions options) => options.Kept.FirstOrDefault(kept => kept.Start < 0 || kept.Length < 0 || kept.End > text.Length) is { } wrong && wrong != default
        ? throw new ArgumentOutOfRangeException(nameof(options), wrong, $"Kept must lie inside of the text, which has {text.Length} characters.")
        : options.Kept;

    private static DraftAlternatives? Alternatives(string text, ReviseOptions options) =>
        options is { DraftAlternatives: > 0, Draft: { } draft } && draft.Text == text ? new DraftAlternatives(draft, options.DraftAlternatives) : null;

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
