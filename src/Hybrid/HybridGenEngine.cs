using System.Runtime.CompilerServices;
using System.Threading.Channels;
using HybridGen.Choosing;
using HybridGen.Denoising;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Logging;
using HybridGen.Pipelines;
using HybridGen.Queueing;
using HybridGen.Revising;
using HybridGen.Scoring;
using HybridGen.Telemetry;
using HybridGen.Torch;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HybridGen;

/// <summary>A drafter and a refiner: drafts from a prompt and revises, or revises a text that the caller brings.</summary>
/// <remarks>
/// Thread-safe. Each model is loaded when it is first needed, once; a text can be revised without the drafter ever being loaded. Requests are worked on
/// in the order in which they come: as many drafts at once as the drafter has room for, and one revision beside them.
/// </remarks>
public sealed class HybridGenEngine : IAsyncDisposable, IDisposable
{
    private readonly LoadOnce<IDrafter> _drafter;
    private readonly LoadOnce<IDrafter>? _judge;
    private readonly LoadOnce<Refiner> _refiner;
    private readonly TensorWorker _worker;
    private readonly Requests _requests;
    private readonly Station _drafting;
    private readonly Station _refining;
    private readonly ILogger _log;
    private int _isDisposed;

    /// <summary>Creates an engine; nothing is loaded yet.</summary>
    public HybridGenEngine(HybridGenOptions? options = null) : this(options ?? new(), loggerFactory: null) { }

    /// <summary>Creates an engine that is heard; nothing is loaded yet.</summary>
    /// <param name="options">The models, and the share of the machine.</param>
    /// <param name="loggerFactory">Told of loads, ends and failures; of texts at the level Trace alone.</param>
    /// <param name="timeProvider">The clock of <see cref="HybridGenOptions.RequestTimeout"/>.</param>
    public HybridGenEngine(HybridGenOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider = null)
        : this(options ?? throw new ArgumentNullException(nameof(options)), LoadLlamaAsync, options.Sequences, loggerFactory, timeProvider) { }

    /// <summary>Creates an engine over a drafter of the caller's, such as a <see cref="ChatClientDrafter"/>; the refiner is not loaded yet.</summary>
    /// <param name="drafter">The drafter; it is disposed of with the engine.</param>
    /// <param name="options">The refiner and the judge; what concerns the drafter does nothing.</param>
    /// <param name="loggerFactory">Told of loads, ends and failures; of texts at the level Trace alone.</param>
    /// <param name="timeProvider">The clock of <see cref="HybridGenOptions.RequestTimeout"/>.</param>
    public HybridGenEngine(IDrafter drafter, HybridGenOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
        : this((options ?? new()) with { DrafterPath = "" /* a judge at its path is one of its own */ }, (_, _, _) => Task.FromResult(drafter), (drafter as LlamaDrafter)?.Setup.Sequences, loggerFactory, timeProvider)
    {
        ArgumentNullException.ThrowIfNull(drafter);
        DrafterId = drafter.ModelId;
        // From now on the engine disposes of it, also where nothing is ever drafted.
        _ = _drafter.GetAsync(CancellationToken.None);
    }

    // Any number of drafts at once where null.
    internal HybridGenEngine(
        HybridGenOptions options, Func<HybridGenOptions, IProgress<float>?, CancellationToken, Task<IDrafter>> loadDrafter, int? drafts = 1, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        DrafterId = Path.GetFileNameWithoutExtension(options.DrafterPath);
        (Options, _log) = (options, loggerFactory?.CreateLogger<HybridGenEngine>() ?? NullLogger<HybridGenEngine>.Instance);
        _requests = new Requests(options.QueueLimit, options.RequestTimeout, timeProvider ?? TimeProvider.System, _log);
        (_drafting, _refining) = (_requests.Queue.Open(drafts), _requests.Queue.Open(1));
        _worker = new TensorWorker(options.Threads);
        _drafter = new LoadOnce<IDrafter>(options.DrafterPath, _log, (progress, cancellationToken) => loadDrafter(options, progress, cancellationToken));
        if (options.JudgePath is { } judge) _judge = judge == options.DrafterPath ? _drafter : new LoadOnce<IDrafter>(judge, _log, (progress, cancellationToken) => LoadLlamaAsync(options with { DrafterPath = judge, Sequences = 1 }, progress, cancellationToken));
        _refiner = new LoadOnce<Refiner>(options.RefinerPath, _log, (_, cancellationToken) => _worker.RunAsync(() => Refiner.Load(options.RefinerPath, options.RefinerPlacement), cancellationToken));
    }

    /// <summary>The models and the share of the machine that the engine uses.</summary>
    public HybridGenOptions Options { get; }

    /// <summary>Name of the drafter, as results and metadata report it.</summary>
    public string DrafterId { get; }

    /// <summary>Requests that wait for a place.</summary>
    public int Waiting => _requests.Queue.Waiting;

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

    /// <summary>Whether a model is loaded, the refiner together with its judge; loads nothing.</summary>
    /// <param name="drafter">Whether the drafter is asked about.</param>
    /// <param name="refiner">Whether the refiner and its judge are.</param>
    public LoadState GetLoadState(bool drafter = true, bool refiner = true)
    {
        var failures = new[] { drafter ? _drafter.Failure : null, refiner ? _refiner.Failure : null, refiner ? _judge?.Failure : null };
        return new LoadState((!drafter || _drafter.IsLoaded) && (!refiner || (_refiner.IsLoaded && _judge is null or { IsLoaded: true })), failures.FirstOrDefault(failure => failure is not null));
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
    /// <exception cref="EngineBusyException">Too many requests wait (<see cref="HybridGenOptions.QueueLimit"/>).</exception>
    /// <exception cref="EngineTimeoutException">It took longer than it may (<see cref="HybridGenOptions.RequestTimeout"/>).</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<GenerationUpdate> StreamAsync(
        DraftPrompt prompt, GenerateOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ThrowIfDisposed();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A reader that takes its time keeps no place.
        var updates = Channel.CreateUnbounded<GenerationUpdate>(new() { SingleReader = true, SingleWriter = true });
        var generating = GenerateAsync(prompt, options ?? new(), updates.Writer, stop.Token);
        try
        {
            await foreach (var update in updates.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (cancellationToken.IsCancellationRequested) break;
                yield return update;
                if (update is GenerationUpdate.Completed) yield break;
            }

            await EndAsync(generating, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            // A reader that turns away leaves no work behind; a model that is loaded on for the next request is none of it.
            if (!generating.IsCompleted) await stop.CancelAsync().ConfigureAwait(false);
            await generating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Names the caller's token where it was that which ended the work.</summary>
    private static async Task EndAsync(Task generating, CancellationToken callers)
    {
        try
        {
            await generating.ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (cancelled is not RevisionCanceledException && callers.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancelled.Message, cancelled, callers);
        }
    }

    private async Task GenerateAsync(DraftPrompt prompt, GenerateOptions options, ChannelWriter<GenerationUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            await _requests.RunAsync(Operation.Generate, _drafting, within: null, request => GenerateAsync(prompt, options, updates, request), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            updates.Complete();
        }
    }

    private async Task<Generation> GenerateAsync(DraftPrompt prompt, GenerateOptions options, ChannelWriter<GenerationUpdate> updates, Request request)
    {
        var drafter = await request.Load(_drafter).ConfigureAwait(false);
        if (options.Draft.Constraint is not null || options.Revise is null || prompt is DraftPrompt.Chat { RequiredTools.Count: > 0 }) options = options with { Revise = null, Pipeline = new Pipeline.DraftThenRevise() };
        DraftChoice.Check(options);
        request.Operation.Ask(prompt, options.Draft, drafter.ModelId);
        if (_log.IsEnabled(LogLevel.Trace)) _log.Asked(MessageText.Of(prompt));
        Generation? generation = null;
        await foreach (var update in Stream(drafter, prompt, options, request).ConfigureAwait(false))
        {
            if (update is GenerationUpdate.Completed completed) Answer(generation = completed.Generation, drafter, request);
            await updates.WriteAsync(update, CancellationToken.None).ConfigureAwait(false);
        }

        return generation!;
    }

    private void Answer(Generation generation, IDrafter drafter, Request request)
    {
        request.Operation.Answer(generation);
        var (draft, revision) = generation;
        _log.Generated(drafter.ModelId, draft.Completion.PromptTokens, draft.WrittenTokens, draft.Completion.DraftDuration.TotalSeconds, revision?.Edits.Count ?? 0, revision?.Duration.TotalSeconds ?? 0);
        _log.Answered(generation.Text);
    }

    private IAsyncEnumerable<GenerationUpdate> Stream(IDrafter drafter, DraftPrompt prompt, GenerateOptions options, Request request) => options.Pipeline switch
    {
        Pipeline.Interleaved interleaved => new BlockPipelines((text, revise, progress, token) => ReviseAsync(text, revise, progress, Options.Threads, request, token)).InterleaveAsync(
            drafter as ISessionDrafter ?? throw new DraftingException($"The drafter '{drafter.ModelId}' cannot go on from a corrected text; choose another pipeline than Interleaved."), prompt, options, interleaved, request.Token),
        Pipeline.Overlapped overlapped => new BlockPipelines((text, revise, progress, token) => ReviseAsync(text, revise, progress, Math.Max(1, Options.Threads / 2), request, token))
            .OverlapAsync(drafter, prompt, options with { Draft = options.Draft with { Threads = Math.Max(1, Options.Threads - (Options.Threads / 2)) } }, overlapped, request.Token),
        _ => options.Revise is null ? UnrevisedText.SettledAsync(DraftThenReviseAsync(drafter, prompt, options, request)) : DraftThenReviseAsync(drafter, prompt, options, request),
    };

    private async IAsyncEnumerable<GenerationUpdate> DraftThenReviseAsync(IDrafter drafter, DraftPrompt prompt, GenerateOptions options, Request request)
    {
        var (tokens, drafts) = (new List<DraftToken>(), (IReadOnlyList<RankedDraft>)[]);
        if (options.Drafts > 1) drafts = await new DraftChoice((text, token) => ScoreAsync(text, null, request, token)).RankAsync(drafter, prompt, options, request.Token).ConfigureAwait(false);
        DraftCompleted? completed = null;
        await foreach (var update in (drafts.Count > 0 ? DraftChoice.Best(drafts).UpdatesAsync() : drafter.DraftAsync(prompt, options.Draft, request.Token).Told(drafter.ModelId)).ConfigureAwait(false))
        {
            if (update is DraftCompleted end) completed = end;
            if (update is not DraftToken token) continue;
            tokens.Add(token);
            yield return new GenerationUpdate.Drafted(token);
        }

        // Another draft may be written while this one is revised.
        request.Turn.Dispose();
        var draft = Draft.From(tokens, completed ?? throw new DraftingException("The drafter's stream ended without saying why."));
        if (options.Revise is null)
        {
            yield return new GenerationUpdate.Completed(new Generation(draft, null) { Drafts = drafts });
            yield break;
        }

        var steps = Channel.CreateUnbounded<ReviseProgress>();
        var revising = ReviseAsync(draft.Text, options.Revise with { Draft = draft, Kept = SpokenText.Kept(draft.Message) }, steps.Writer, request);
        await foreach (var step in steps.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return new GenerationUpdate.Revised(step);
        yield return new GenerationUpdate.Completed(new Generation(draft, await revising.ConfigureAwait(false)) { Drafts = drafts });
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
    /// <exception cref="EngineBusyException">Too many requests wait (<see cref="HybridGenOptions.QueueLimit"/>).</exception>
    /// <exception cref="EngineTimeoutException">It took longer than it may (<see cref="HybridGenOptions.RequestTimeout"/>).</exception>
    /// <exception cref="OperationCanceledException">
    /// It was cancelled; once the revision had begun it is a <see cref="RevisionCanceledException"/>, which has the best text so far.
    /// </exception>
    public Task<Revision> ReviseAsync(string text, ReviseOptions? options = null, IProgress<ReviseProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfDisposed();
        return ReviseAsync(text, options ?? new(), progress, Options.Threads, within: null, cancellationToken);
    }

    private Task<Revision> ReviseAsync(string text, ReviseOptions options, IProgress<ReviseProgress>? progress, int threads, Request? within, CancellationToken cancellationToken) =>
        _requests.RunAsync(
            Operation.Revise,
            _refining,
            within,
            async request =>
            {
                request.Operation.Ask(text);
                var refiner = await request.Load(_refiner).ConfigureAwait(false);
                var judge = await JudgeAsync(options, request).ConfigureAwait(false);
                var revision = await _worker.RunAsync(() => _worker.WithThreads(threads, () => refiner.Revise(text, options, judge, progress, request.Token)), request.Token).ConfigureAwait(false);
                request.Operation.Answer(revision);
                _log.Revised(revision.Words, revision.Edits.Count, revision.Forwards, revision.Duration.TotalSeconds, revision.Ending.ToString());
                return revision;
            },
            cancellationToken);

    /// <summary>Says how doubtful each word of a text is; changes nothing.</summary>
    /// <param name="text">Any text; it is worked on in windows.</param>
    /// <param name="scoring">How; <see langword="null"/> is <see cref="SuspicionScoring.StridedMasking"/>.</param>
    /// <param name="cancellationToken">Stops between two batches of windows.</param>
    /// <exception cref="RefiningException">The refiner cannot be loaded, cannot score in this way, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<TextScore> ScoreAsync(string text, SuspicionScoring? scoring = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfDisposed();
        return ScoreAsync(text, scoring, within: null, cancellationToken);
    }

    private Task<TextScore> ScoreAsync(string text, SuspicionScoring? scoring, Request? within, CancellationToken cancellationToken) =>
        RefineAsync(Operation.Score, within, (refiner, token) => refiner.Score(text, scoring, token), cancellationToken);

    /// <summary>Writes a text by diffusion alone: the refiner goes on from a prompt.</summary>
    /// <param name="prompt">What to go on from; may be empty.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends it before the next pass through the network; what is written is returned, marked as cut short.</param>
    /// <exception cref="ArgumentException">An option does not fit the refiner.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, the prompt does not fit into its context, or it failed.</exception>
    public Task<DiffusedText> DiffuseAsync(string prompt, DiffusionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ThrowIfDisposed();
        return RefineAsync(Operation.Diffuse, within: null, (refiner, token) => refiner.Sampler.Generate(prompt, options ?? new(), token), cancellationToken);
    }

    /// <summary>Writes the gaps of a text from what stands on both sides; the rest of it stays as it is.</summary>
    /// <param name="text">The text.</param>
    /// <param name="gaps">Its gaps, in any order; they may not overlap.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends it before the next pass through the network; gaps not yet filled get what was proposed for them.</param>
    /// <exception cref="ArgumentException">Gaps overlap, lie outside of the text or within a character, or an option does not fit the refiner.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, a gap is longer than its context, or it failed.</exception>
    public Task<InfilledText> InfillAsync(string text, IReadOnlyList<Gap> gaps, InfillOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(gaps);
        ThrowIfDisposed();
        return RefineAsync(Operation.Infill, within: null, (refiner, token) => refiner.Sampler.Infill(text, gaps, options ?? new(), token), cancellationToken);
    }

    /// <summary>Refuses what waits, lets the revision and the drafts at work end, then frees the models; calls after the first do nothing.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _requests.Queue.Close();
        if (await _refiner.CloseAsync().ConfigureAwait(false) is { } refiner)
            await _worker.RunAsync(() =>
            {
                refiner.Dispose();
                return true;
            }).ConfigureAwait(false);
        if (await _drafter.CloseAsync().ConfigureAwait(false) is { } drafter) await drafter.DisposeAsync().ConfigureAwait(false);
        if (_judge is not null && _judge != _drafter && await _judge.CloseAsync().ConfigureAwait(false) is { } judge) await judge.DisposeAsync().ConfigureAwait(false);
        _worker.Dispose();
    }

    /// <summary>Does one request on the refiner's thread.</summary>
    private Task<T> RefineAsync<T>(string name, Request? within, Func<Refiner, CancellationToken, T> work, CancellationToken cancellationToken) =>
        _requests.RunAsync(
            name,
            _refining,
            within,
            async request =>
            {
                var refiner = await request.Load(_refiner).ConfigureAwait(false);
                return await _worker.RunAsync(() => work(refiner, request.Token), request.Token).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>The judge, where there is one and a policy hears it.</summary>
    private async Task<IDraftScorer?> JudgeAsync(ReviseOptions options, Request request)
    {
        if (_judge is null || !options.Policies.Any(policy => policy is EditPolicy.Spelling { Judge: not null } or EditPolicy.Fluency { Judge: not null })) return null;
        var judge = await request.Load(_judge).ConfigureAwait(false);
        return judge as IDraftScorer ?? throw new DraftingException($"The drafter '{judge.ModelId}' cannot say how probable a given text is, so it cannot judge; name another judge, or none.");
    }

    private static async Task<IDrafter> LoadLlamaAsync(HybridGenOptions options, IProgress<float>? progress, CancellationToken cancellationToken) =>
        await LlamaDrafter.LoadAsync(
            new LlamaDrafterOptions { ModelPath = options.DrafterPath, ContextSize = options.ContextSize, Sequences = options.Sequences, Threads = options.Threads, GpuLayerCount = options.GpuLayerCount, ChatTemplate = options.ChatTemplate },
            progress,
            cancellationToken).ConfigureAwait(false);

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);

    private async Task<Revision> ReviseAsync(string text, ReviseOptions options, ChannelWriter<ReviseProgress> steps, Request request)
    {
        try
        {
            return await ReviseAsync(text, options, new StepWriter(steps), Options.Threads, request, request.Token).ConfigureAwait(false);
        }
        finally
        {
            steps.Complete();
        }
    }
}
