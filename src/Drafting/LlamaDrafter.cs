using System.Runtime.CompilerServices;
using System.Threading.Channels;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Drafts and scores with a GGUF model through llama.cpp.</summary>
/// <remarks>
/// Thread-safe: <see cref="LlamaDrafterOptions.Sequences"/> drafts at once, one scoring and one comparison, further ones wait for their turn in the order in
/// which they came. Drafting, scoring a text and comparing variants each have a context of their own, made when it is first needed, and decode
/// by turns on one thread; they share the weights.
/// </remarks>
public sealed class LlamaDrafter : ISessionDrafter, IDraftScorer
{
    private const int DefaultContext = 4096;
    private const int MostScored = 2048;

    private readonly LLamaWeights _weights;
    private readonly bool _ownsWeights;
    private readonly LlamaVocabulary _vocabulary;
    private readonly ChatScaffold _scaffold;
    private readonly LoadedAdapters _adapters;
    private readonly DecodingThread _thread = new();
    private readonly DecodingLoop _loop;
    private readonly ScoringContext _scoring;
    private readonly LlamaScorer _scorer;
    private readonly ScoringContext _reading;
    private readonly PassageReader _reader;
    private readonly TokenSamplers _samplers;
    private readonly Uses _uses = new();
    private int _isDisposed;

    private LlamaDrafter(LLamaWeights weights, LlamaDrafterOptions options, bool ownsWeights)
    {
        (_weights, _ownsWeights) = (weights, ownsWeights);
        ModelId = Path.GetFileNameWithoutExtension(options.ModelPath);
        ContextSize = options.ContextSize ?? Math.Min(weights.ContextSize, DefaultContext);
        Setup = DrafterSetup.Of(weights, options, ContextSize, ownsWeights);
        _vocabulary = new LlamaVocabulary(weights);
        _scaffold = new ChatScaffold(weights, _vocabulary, options.ChatTemplate);
        _samplers = new TokenSamplers(weights, _vocabulary, ContextSize);
        _adapters = LoadedAdapters.Load(weights, options.Adapters);
        _loop = new DecodingLoop(_thread, () => _adapters.CreateContext(ModelParameters.Drafting(options, ContextSize)), options.Sequences, ModelParameters.Step(options), weights.Vocab.Count);
        var (context, size) = (ModelParameters.Context(options), new ScoringSize(Math.Max(options.BatchSize, LlamaScorer.Sequences), weights.Vocab.Count, options.Threads, options.IsBatchInvariant || IsQuantised(weights)));
        _scoring = new ScoringContext(_thread, () => _adapters.CreateContext(LlamaScorer.Parameters(context, size, MaxScoredTokens)));
        _scorer = new LlamaScorer(_scoring, size);
        _reading = new ScoringContext(_thread, () => _adapters.CreateContext(PassageReader.Parameters(context, size, ContextSize)));
        _reader = new PassageReader(_reading, size, ContextSize);
    }

    /// <summary>The model's file name without its ending.</summary>
    public string ModelId { get; }

    /// <inheritdoc/>
    public long ParameterCount => (long)_weights.ParameterCount;

    /// <inheritdoc/>
    /// <value>The context's size, at most 2,048.</value>
    public int MaxScoredTokens => Math.Min(ContextSize, MostScored);

    /// <summary>Context in tokens, prompt and draft together.</summary>
    public int ContextSize { get; }

    /// <summary>What it drafts with.</summary>
    public DrafterSetup Setup { get; }

    /// <summary>Whether there is a chat template, the model's or the one of the options; without one a conversation is plain text to it.</summary>
    public bool HasChatTemplate => _scaffold.HasTemplate;

    /// <summary>Tokens that were decoded for drafts.</summary>
    internal long DecodedTokens => _loop.DecodedTokens;

    /// <summary>How many tokens the model has.</summary>
    internal int VocabularySize => _weights.Vocab.Count;

    internal LlamaVocabulary Vocabulary => _vocabulary;

    internal ChatScaffold Scaffold => _scaffold;

    internal LLamaWeights Weights => _weights;

    private LLamaToken? Lead => _weights.Vocab.EOS;

    /// <summary>Loads a model; its weights stay memory-mapped.</summary>
    /// <param name="options">Which model, and with how much of the machine.</param>
    /// <param name="progress">Told of the share loaded, 0 to 1.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="ArgumentException">Options exclude each other.</exception>
    /// <exception cref="DraftingException">The file is no usable model (<see cref="GgufFormatException"/>), or llama.cpp cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<LlamaDrafter> LoadAsync(LlamaDrafterOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ModelParameters.Check(options);
        LlamaLibrary.Listen();
        // A large vocabulary is many small reads, and the library may not be loaded yet: not on the caller's thread.
        await Task.Run(() => Prepare(options), cancellationToken).ConfigureAwait(false);
        LLamaWeights? weights = null;
        try
        {
            weights = await LLamaWeights.LoadFromFileAsync(ModelParameters.Weights(options), cancellationToken, progress).ConfigureAwait(false);
            return new LlamaDrafter(Usable(weights, options.ModelPath), options, ownsWeights: true);
        }
        catch (Exception failure)
        {
            weights?.Dispose();
            NativeHeap.Trim();
            if (failure is RuntimeError or ArgumentException) throw new DraftingException($"llama.cpp cannot load '{options.ModelPath}': {LlamaLibrary.Reason(failure)}", failure);
            throw;
        }
    }

    /// <summary>Drafts and scores with weights that the caller has loaded, and that stay the caller's: they are not disposed of.</summary>
    /// <param name="weights">The weights; they must live longer than the drafter.</param>
    /// <param name="options">How; <see cref="LlamaDrafterOptions.ModelPath"/> is only the model's name, and what concerns loading does nothing.</param>
    /// <exception cref="ArgumentException">Options exclude each other.</exception>
    /// <exception cref="DraftingException">The model cannot write text, or an adapter does not fit it.</exception>
    public static LlamaDrafter Over(LLamaWeights weights, LlamaDrafterOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(options);
        ModelParameters.Check(options);
        LlamaLibrary.EnsureLoaded();
        LlamaLibrary.Listen();
        return new LlamaDrafter(Usable(weights, options.ModelPath), options, ownsWeights: false);
    }

    /// <summary>Makes the memory for drafts now instead of at the first one.</summary>
    /// <exception cref="DraftingException">llama.cpp has no room for the context.</exception>
    /// <exception cref="ObjectDisposedException">The drafter is disposed.</exception>
    public Task PrepareAsync()
    {
        ThrowIfDisposed();
        return _loop.PrepareAsync();
    }

    /// <inheritdoc/>
    /// <remarks>The next draft begins when this one is decoded, however slowly it is read; a reader that turns away stops it.</remarks>
    public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        return StreamAsync(() => _scaffold.Fit(prompt, options, ContextSize), options, null, null, cancellationToken);
    }

    /// <summary>Writes several drafts of one prompt, side by side: it is read once, and its memory is shared.</summary>
    /// <param name="prompt">What to continue or answer.</param>
    /// <param name="count">How many drafts, at least 1. Beyond <see cref="LlamaDrafterOptions.Sequences"/> they take turns, and each turn reads the prompt.</param>
    /// <param name="options">How; where a seed is given, each draft adds its number to it, so that they differ.</param>
    /// <param name="cancellationToken">Stops all of them.</param>
    /// <returns>The drafts in the order of their numbers; <see cref="Draft.LogProbability"/> compares them.</returns>
    /// <exception cref="DraftingException">The prompt does not fit, or the model failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<IReadOnlyList<Draft>> DraftManyAsync(DraftPrompt prompt, int count, DraftOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using var use = Use();
        var fitted = await Task.Run(() => _scaffold.Fit(prompt, options, ContextSize), cancellationToken).ConfigureAwait(false);
        var drafts = new List<Draft>(count);
        while (drafts.Count < count)
            drafts.AddRange(await DraftTurnAsync(fitted, Math.Min(count - drafts.Count, Setup.Sequences), options.Numbered(drafts.Count), cancellationToken).ConfigureAwait(false));
        return drafts;
    }

    /// <summary>Begins a session: what it has read and written is kept for its next draft, as long as nobody else needs the place.</summary>
    public DraftSession StartSession() => new(this);

    IDraftSession ISessionDrafter.StartSession() => StartSession();

    /// <inheritdoc/>
    public Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, CancellationToken cancellationToken = default) => ScoreAsync(text, null, cancellationToken);

    /// <summary>Scores a text as <see cref="CompareAsync"/> reads it: also where the model puts nothing before a text, something stands there.</summary>
    internal Task<IReadOnlyList<ScoredToken>> ScoreLedAsync(string text, CancellationToken cancellationToken) => ScoreAsync(text, Lead, cancellationToken);

    private async Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, LLamaToken? lead, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        IReadOnlyList<ScoredToken> scored = [];
        await _reading.RunAsync(
            () =>
            {
                var passage = new Passage(_vocabulary, text, lead);
                _reader.Read(passage, cancellationToken);
                scored = passage.Scored();
            },
            cancellationToken).ConfigureAwait(false);
        return scored;
    }

    /// <inheritdoc/>
    public async Task<Comparison> CompareAsync(IReadOnlyList<TextVariants> texts, int tail, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegative(tail);
        Comparison? comparison = null;
        await _scoring.RunAsync(
            () =>
            {
                var passages = texts.Select(text => Tokenize(text, tail)).ToList();
                var (own, branches) = _scorer.Compare(passages, cancellationToken);
                comparison = new Comparison([.. passages.Select(passage => passage.Scores())], own, branches);
            },
            cancellationToken).ConfigureAwait(false);
        return comparison!;
    }

    /// <summary>Refuses what waits, lets running work end, then frees the model; calls after the first do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _scoring.DisposeAsync().ConfigureAwait(false);
        await _reading.DisposeAsync().ConfigureAwait(false);
        // Those whose prompt is still read into tokens find the loop closed.
        await _uses.CloseAsync().ConfigureAwait(false);
        _thread.Dispose();
        _adapters.Dispose();
        if (!_ownsWeights) return;
        _weights.Dispose();
        NativeHeap.Trim();
    }

    /// <summary>Streams a draft of tokens that are known only when it begins.</summary>
    internal async IAsyncEnumerable<DraftUpdate> StreamAsync(
        Func<FittedPrompt> fit, DraftOptions options, DraftSession? session, Action<DraftWriter>? ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var updates = NewChannel();
        var decoding = DecodeAsync(fit, options, session, updates.Writer, ended, stop.Token, cancellationToken);
        try
        {
            await foreach (var update in updates.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return update;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await decoding.ConfigureAwait(false);
        }
    }

    /// <summary>Works on what a session holds.</summary>
    internal Task RunAsync(DecodeRequest request)
    {
        ThrowIfDisposed();
        return _loop.RunAsync(request);
    }

    /// <summary>Drafts when its turn comes; however it ends, it ends the stream.</summary>
    private async Task DecodeAsync(
        Func<FittedPrompt> fit, DraftOptions options, DraftSession? session, ChannelWriter<DraftUpdate> updates, Action<DraftWriter>? ended, CancellationToken stop, CancellationToken callers)
    {
        try
        {
            using var use = Use();
            var prompt = await Task.Run(fit, stop).ConfigureAwait(false);
            using var writer = Writer(options, prompt, updates);
            try
            {
                await _loop.RunAsync(new DecodeRequest(prompt.Tokens, [writer], session, stop)).ConfigureAwait(false);
            }
            finally
            {
                ended?.Invoke(writer);
            }

            updates.Complete();
        }
        catch (OperationCanceledException)
        {
            updates.Complete(new OperationCanceledException(callers));
        }
        catch (Exception failure)
        {
            updates.Complete(failure);
        }
    }

    private async Task<Draft[]> DraftTurnAsync(FittedPrompt prompt, int count, DraftOptions options, CancellationToken cancellationToken)
    {
        var channels = Enumerable.Range(0, count).Select(_ => NewChannel()).ToList();
        var writers = channels.Select((channel, i) => Writer(options.Numbered(i), prompt, channel.Writer)).ToList();
        try
        {
            await _loop.RunAsync(new DecodeRequest(prompt.Tokens, writers, null, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            writers.ForEach(writer => writer.Dispose());
            channels.ForEach(channel => channel.Writer.Complete());
        }

        return await Task.WhenAll(channels.Select(channel => Draft.CollectAsync(channel.Reader.ReadAllAsync(CancellationToken.None), CancellationToken.None))).ConfigureAwait(false);
    }

    private DraftWriter Writer(DraftOptions options, FittedPrompt prompt, ChannelWriter<DraftUpdate> updates) =>
        new(_vocabulary, options, _samplers.Create(options, prompt), prompt, ContextSize, updates);

    private static Channel<DraftUpdate> NewChannel() => Channel.CreateUnbounded<DraftUpdate>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    /// <summary>Keeps the model from being freed until the use is over.</summary>
    /// <exception cref="ObjectDisposedException">The drafter is disposed.</exception>
    internal IDisposable Use()
    {
        ThrowIfDisposed();
        return TryUse() ?? throw new ObjectDisposedException(nameof(LlamaDrafter));
    }

    /// <summary>The same; <see langword="null"/> where the model is freed, or about to be.</summary>
    internal IDisposable? TryUse() => _uses.TryBegin() ? new EndOfUse(_uses) : null;

    private sealed class EndOfUse(Uses uses) : IDisposable
    {
        public void Dispose() => uses.End();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);

    private Passage Tokenize(TextVariants text, int tail)
    {
        var passage = new Passage(_vocabulary, text.Text, Lead);
        foreach (var variant in text.Variants) passage.Add(variant, tail);
        CheckCompared(passage);
        return passage;
    }

    private void CheckCompared(Passage passage)
    {
        if (passage.Needed > MaxScoredTokens)
            throw new DraftingException($"A text has {passage.Tokens.Length} tokens; the variants of at most {MaxScoredTokens} can be compared. Shorten it or raise ContextSize.");
        if (passage.Branches.Exists(branch => branch.Unread > _scorer.Room))
            throw new DraftingException($"A variant is longer than the {_scorer.Room} tokens of a batch. Shorten it or raise BatchSize.");
    }

    /// <summary>By the file's own word; llama.cpp's numbers for all weights in 32 bits, in 16, and in the 16 of bfloat are 0, 1 and 32.</summary>
    private static bool IsQuantised(LLamaWeights weights) => weights.Metadata.GetValueOrDefault("general.file_type") is not ("0" or "1" or "32");

    private static void Prepare(LlamaDrafterOptions options)
    {
        if (GgufFile.Read(options.ModelPath) is { IsEmbedding: true } file)
            throw new DraftingException($"'{options.ModelPath}' is an embedding model ({file.Architecture}): it reads texts and writes none. Name a model for text generation.");
        foreach (var adapter in options.Adapters) GgufFile.Read(adapter.Path);
        LlamaLibrary.EnsureLoaded();
    }

    private static LLamaWeights Usable(LLamaWeights weights, string name)
    {
        if (weights.Vocab.Count == 0) throw new DraftingException($"'{name}' has no vocabulary: it cannot read or write text.");
        if (weights.Vocab.EOS is null && weights.Vocab.EOT is null) throw new DraftingException($"The vocabulary of '{name}' has no end-of-text token: a draft of it would never end. Convert the model with its tokenizer's eos_token.");
        return weights;
    }
}
