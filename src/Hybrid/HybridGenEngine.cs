using System.Runtime.CompilerServices;
using System.Threading.Channels;
using HybridGen.Choosing;
using HybridGen.Denoising;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Revising;
using HybridGen.Scoring;
using HybridGen.Torch;

namespace HybridGen;

/// <summary>A drafter and a refiner: drafts from a prompt and revises, or revises a text that the caller brings.</summary>
/// <remarks>
/// Thread-safe. Each model is loaded when it is first needed, once; a text can be revised without the drafter ever being loaded.
/// </remarks>
public sealed class HybridGenEngine : IAsyncDisposable, IDisposable
{
    private readonly LoadOnce<IDrafter> _drafter;
    private readonly LoadOnce<IDrafter>? _judge;
    private readonly LoadOnce<Refiner> _refiner;
    private readonly TensorWorker _worker;
    private int _isDisposed;

    /// <summary>Creates an engine; nothing is loaded yet.</summary>
    public HybridGenEngine(HybridGenOptions? options = null) : this(options ?? new(), LoadLlamaAsync) { }

    /// <summary>Creates an engine over a drafter of the caller's, such as a <see cref="ChatClientDrafter"/>; the refiner is not loaded yet.</summary>
    /// <param name="drafter">The drafter; it is disposed of with the engine.</param>
    /// <param name="options">The refiner and the judge; what concerns the drafter does nothing.</param>
    public HybridGenEngine(IDrafter drafter, HybridGenOptions? options = null)
        : this(WithoutDrafter(options ?? new()), (_, _, _) => Task.FromResult(drafter))
    {
        ArgumentNullException.ThrowIfNull(drafter);
        // From now on the engine disposes of it, also where nothing is ever drafted.
        _ = _drafter.GetAsync(CancellationToken.None);
    }

    internal HybridGenEngine(HybridGenOptions options, Func<HybridGenOptions, IProgress<float>?, CancellationToken, Task<IDrafter>> loadDrafter)
    {
        Options = options;
        _worker = new TensorWorker(options.Threads);
        _drafter = new LoadOnce<IDrafter>((progress, cancellationToken) => loadDrafter(options, progress, cancellationToken));
        if (options.JudgePath is { } judge) _judge = judge == options.DrafterPath ? _drafter : new LoadOnce<IDrafter>((progress, cancellationToken) => LoadLlamaAsync(options with { DrafterPath = judge, Sequences = 1 }, progress, cancellationToken));
        _refiner = new LoadOnce<Refiner>((_, cancellationToken) => _worker.RunAsync(() => Refiner.Load(options.RefinerPath, options.RefinerPlacement), cancellationToken));
    }

    /// <summary>The models and the share of the machine that the engine uses.</summary>
    public HybridGenOptions Options { get; }

    /// <summary>Loads a model now instead of at its first use, the refiner together with its judge; all by default.</summary>
    /// <param name="drafter">Whether the drafter is.</param>
    /// <param name="refiner">Whether the refiner and its judge are.</param>
    /// <param name="progress">Told of the share of drafter and judge that is loaded, where this call loads them.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="DraftingException">The drafter's file or llama.cpp cannot be used.</exception>
    /// <exception cref="RefiningException">The refiner's folder or libtorch cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task LoadAsync(bool drafter = true, bool refiner = true, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Task.WhenAll(
            drafter ? PrepareAsync(Of(Options.DrafterPath), cancellationToken) : Task.CompletedTask,
            refiner ? _refiner.GetAsync(cancellationToken) : Task.CompletedTask,
            refiner && _judge is not null ? _judge.GetAsync(Of(Options.JudgePath!), cancellationToken) : Task.CompletedTask);

        IProgress<float>? Of(string path) => progress is null ? null : new ShareOf(path, progress);
    }

    private async Task PrepareAsync(IProgress<float>? progress, CancellationToken cancellationToken)
    {
        if (await _drafter.GetAsync(progress, cancellationToken).ConfigureAwait(false) is LlamaDrafter llama) await llama.PrepareAsync().ConfigureAwait(false);
    }

    /// <summary>The drafter, which is loaded unless that is done; it is disposed of with the engine.</summary>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="DraftingException">The drafter's file or llama.cpp cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<IDrafter> GetDrafterAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _drafter.GetAsync(cancellationToken);
    }

    /// <summary>Drafts and revises, streaming what happens.</summary>
    /// <param name="prompt">What to continue or answer.</param>
    /// <param name="options">How to draft and revise; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the work; what was yielded stays valid.</param>
    /// <returns>The draft's tokens, the revision's progress, and last the finished generation.</returns>
    /// <exception cref="ArgumentException">Options exclude each other.</exception>
    /// <exception cref="DraftingException">The drafter cannot be loaded, the prompt does not fit, or the model failed.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<GenerationUpdate> StreamAsync(
        DraftPrompt prompt, GenerateOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ThrowIfDisposed();
        var drafter = await _drafter.GetAsync(cancellationToken).ConfigureAwait(false);
        options ??= new();
        if (options.Draft.Constraint is not null) options = options with { Revise = null, Pipeline = new Pipeline.DraftThenRevise() };
        DraftChoice.Check(options);
        await foreach (var update in Stream(drafter, prompt, options, cancellationToken).ConfigureAwait(false)) yield return update;
    }

    private IAsyncEnumerable<GenerationUpdate> Stream(IDrafter drafter, DraftPrompt prompt, GenerateOptions options, CancellationToken cancellationToken) => options.Pipeline switch
    {
        Pipeline.Interleaved interleaved => new BlockPipelines(ReviseAsync).InterleaveAsync(
            drafter as ISessionDrafter ?? throw new DraftingException($"The drafter '{drafter.ModelId}' cannot go on from a corrected text; choose another pipeline than Interleaved."), prompt, options, interleaved, cancellationToken),
        Pipeline.Overlapped overlapped => new BlockPipelines((text, revise, progress, token) => ReviseAsync(text, revise, progress, Math.Max(1, Options.Threads / 2), token))
            .OverlapAsync(drafter, prompt, options with { Draft = options.Draft with { Threads = Math.Max(1, Options.Threads - (Options.Threads / 2)) } }, overlapped, cancellationToken),
        _ => DraftThenReviseAsync(drafter, prompt, options, cancellationToken),
    };

    private async IAsyncEnumerable<GenerationUpdate> DraftThenReviseAsync(IDrafter drafter, DraftPrompt prompt, GenerateOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (tokens, drafts) = (new List<DraftToken>(), (IReadOnlyList<RankedDraft>)[]);
        if (options.Drafts > 1) drafts = await new DraftChoice((text, token) => ScoreAsync(text, null, token)).RankAsync(drafter, prompt, options, cancellationToken).ConfigureAwait(false);
        DraftCompleted? completed = null;
        await foreach (var update in (drafts.Count > 0 ? DraftChoice.Best(drafts).UpdatesAsync() : drafter.DraftAsync(prompt, options.Draft, cancellationToken)).ConfigureAwait(false))
        {
            if (update is DraftCompleted end) completed = end;
            if (update is not DraftToken token) continue;
            tokens.Add(token);
            yield return new GenerationUpdate.Drafted(token);
        }

        var draft = Draft.From(tokens, completed ?? throw new DraftingException("The drafter's stream ended without saying why."));
        if (options.Revise is null)
        {
            yield return new GenerationUpdate.Completed(new Generation(draft, null) { Drafts = drafts });
            yield break;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var steps = Channel.CreateUnbounded<ReviseProgress>();
        var revising = ReviseAsync(draft.Text, options.Revise with { Draft = draft, Kept = SpokenText.Kept(draft.Message) }, steps.Writer, stop.Token);
        try
        {
            await foreach (var step in steps.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return new GenerationUpdate.Revised(step);
            yield return new GenerationUpdate.Completed(new Generation(draft, await revising.ConfigureAwait(false)) { Drafts = drafts });
        }
        finally
        {
            // A reader that turns away leaves no revision behind.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)revising).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Drafts and revises.</summary>
    /// <inheritdoc cref="StreamAsync" path="/param|/exception"/>
    public async Task<Generation> GenerateAsync(DraftPrompt prompt, GenerateOptions? options = null, CancellationToken cancellationToken = default)
    {
        await foreach (var update in StreamAsync(prompt, options, cancellationToken).ConfigureAwait(false))
            if (update is GenerationUpdate.Completed completed) return completed.Generation;
        throw new InvalidOperationException("The stream ended without a generation.");
    }

    /// <summary>Revises a text.</summary>
    /// <param name="text">Any text; it is worked on in windows, so its length is not limited by the model's context.</param>
    /// <param name="options">What to change; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Told of each batch of windows, on the refiner's thread.</param>
    /// <param name="cancellationToken">Stops between two batches of windows.</param>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    /// <exception cref="DraftingException">The judge cannot be loaded, cannot score texts, or failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// It was cancelled; once the revision had begun it is a <see cref="RevisionCanceledException"/>, which has the best text so far.
    /// </exception>
    public Task<Revision> ReviseAsync(string text, ReviseOptions? options = null, IProgress<ReviseProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfDisposed();
        return ReviseAsync(text, options ?? new(), progress, Options.Threads, cancellationToken);
    }

    private async Task<Revision> ReviseAsync(string text, ReviseOptions options, IProgress<ReviseProgress>? progress, int threads, CancellationToken cancellationToken)
    {
        var refiner = await _refiner.GetAsync(cancellationToken).ConfigureAwait(false);
        var judge = await JudgeAsync(options, cancellationToken).ConfigureAwait(false);
        return await _worker.RunAsync(() => _worker.WithThreads(threads, () => refiner.Revise(text, options, judge, progress, cancellationToken)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says how doubtful each word of a text is; changes nothing.</summary>
    /// <param name="text">Any text; it is worked on in windows.</param>
    /// <param name="scoring">How; <see langword="null"/> is <see cref="SuspicionScoring.StridedMasking"/>.</param>
    /// <param name="cancellationToken">Stops between two batches of windows.</param>
    /// <exception cref="RefiningException">The refiner cannot be loaded, cannot score in this way, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<TextScore> ScoreAsync(string text, SuspicionScoring? scoring = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfDisposed();
        var refiner = await _refiner.GetAsync(cancellationToken).ConfigureAwait(false);
        return await _worker.RunAsync(() => refiner.Score(text, scoring, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a text by diffusion alone: the refiner goes on from a prompt.</summary>
    /// <param name="prompt">What to go on from; may be empty.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends it before the next pass through the network; what is written is returned, marked as cut short.</param>
    /// <exception cref="ArgumentException">An option does not fit the refiner.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, the prompt does not fit into its context, or it failed.</exception>
    public async Task<DiffusedText> DiffuseAsync(string prompt, DiffusionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ThrowIfDisposed();
        var refiner = await _refiner.GetAsync(cancellationToken).ConfigureAwait(false);
        return await _worker.RunAsync(() => refiner.Sampler.Generate(prompt, options ?? new(), cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the gaps of a text from what stands on both sides; the rest of it stays as it is.</summary>
    /// <param name="text">The text.</param>
    /// <param name="gaps">Its gaps, in any order; they may not overlap.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends it before the next pass through the network; gaps not yet filled get what was proposed for them.</param>
    /// <exception cref="ArgumentException">Gaps overlap, lie outside of the text or within a character, or an option does not fit the refiner.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, a gap is longer than its context, or it failed.</exception>
    public async Task<InfilledText> InfillAsync(string text, IReadOnlyList<Gap> gaps, InfillOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(gaps);
        ThrowIfDisposed();
        var refiner = await _refiner.GetAsync(cancellationToken).ConfigureAwait(false);
        return await _worker.RunAsync(() => refiner.Sampler.Infill(text, gaps, options ?? new(), cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the revision at work, then frees the models; calls after the first do nothing.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        if (await _drafter.CloseAsync().ConfigureAwait(false) is { } drafter) await drafter.DisposeAsync().ConfigureAwait(false);
        if (_judge is not null && _judge != _drafter && await _judge.CloseAsync().ConfigureAwait(false) is { } judge) await judge.DisposeAsync().ConfigureAwait(false);
        if (await _refiner.CloseAsync().ConfigureAwait(false) is { } refiner)
            await _worker.RunAsync(() =>
            {
                refiner.Dispose();
                return true;
            }).ConfigureAwait(false);
        _worker.Dispose();
    }

    /// <summary>The judge, where there is one and a policy hears it.</summary>
    private async Task<IDraftScorer?> JudgeAsync(ReviseOptions options, CancellationToken cancellationToken)
    {
        if (_judge is null || !options.Policies.Any(policy => policy is EditPolicy.Spelling { Judge: not null } or EditPolicy.Fluency { Judge: not null })) return null;
        var judge = await _judge.GetAsync(cancellationToken).ConfigureAwait(false);
        return judge as IDraftScorer ?? throw new DraftingException($"The drafter '{judge.ModelId}' cannot say how probable a given text is, so it cannot judge; name another judge, or none.");
    }

    private static async Task<IDrafter> LoadLlamaAsync(HybridGenOptions options, IProgress<float>? progress, CancellationToken cancellationToken) =>
        await LlamaDrafter.LoadAsync(
            new LlamaDrafterOptions { ModelPath = options.DrafterPath, ContextSize = options.ContextSize, Sequences = options.Sequences, Threads = options.Threads, GpuLayerCount = options.GpuLayerCount, ChatTemplate = options.ChatTemplate },
            progress,
            cancellationToken).ConfigureAwait(false);

    /// <summary>A judge at the drafter's path is one of its own, not the caller's drafter.</summary>
    private static HybridGenOptions WithoutDrafter(HybridGenOptions options) => options with { DrafterPath = "" };

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);

    private async Task<Revision> ReviseAsync(string text, ReviseOptions options, ChannelWriter<ReviseProgress> steps, CancellationToken cancellationToken)
    {
        try
        {
            return await ReviseAsync(text, options, new Reporter(steps), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            steps.Complete();
        }
    }

    private sealed class ShareOf(string path, IProgress<LoadProgress> progress) : IProgress<float>
    {
        public void Report(float value) => progress.Report(new LoadProgress(path, value));
    }

    private sealed class Reporter(ChannelWriter<ReviseProgress> steps) : IProgress<ReviseProgress>
    {
        public void Report(ReviseProgress value) => steps.TryWrite(value);
    }
}
