using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using LLama;
using LLama.Common;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Drafts and scores with a GGUF model through llama.cpp.</summary>
/// <remarks>
/// Thread-safe: one draft and one scoring at a time, further ones wait for their turn. Each of the two creates a context of its own when it
/// is first asked for, so that they do not disturb each other; they share the weights and the processors.
/// </remarks>
public sealed class LlamaDrafter : IDrafter, IDraftScorer
{
    private const int DefaultContext = 4096;
    private const int MostScored = 2048;

    private readonly LLamaWeights _weights;
    private readonly LlamaVocabulary _vocabulary;
    private readonly ChatScaffold _scaffold;
    private readonly LlamaSession _drafting;
    private readonly LlamaSession _scoring;
    private readonly LlamaScorer _scorer;
    private readonly TokenSamplers _samplers;
    private int _isDisposed;

    private LlamaDrafter(LLamaWeights weights, LlamaDrafterOptions options)
    {
        _weights = weights;
        ModelId = Path.GetFileNameWithoutExtension(options.ModelPath);
        ContextSize = options.ContextSize ?? Math.Min(weights.ContextSize, DefaultContext);
        _vocabulary = new LlamaVocabulary(weights);
        _scaffold = new ChatScaffold(weights, _vocabulary);
        _samplers = new TokenSamplers(weights, _vocabulary, ContextSize);
        var parameters = Parameters(options, ContextSize);
        _drafting = new LlamaSession(() => weights.CreateContext(parameters));
        _scoring = new LlamaSession(() => weights.CreateContext(LlamaScorer.Parameters(parameters, MaxScoredTokens, IsQuantised(weights))));
        _scorer = new LlamaScorer(_scoring, weights.Vocab.Count, options.Threads);
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

    /// <summary>Whether the model brings a chat template; without one a conversation is plain text to it.</summary>
    public bool HasChatTemplate => _scaffold.HasTemplate;

    /// <summary>Tokens that the context holds since the last draft.</summary>
    internal int HeldTokens => (int)_drafting.Context.NativeHandle.MemorySequenceMaxPosition(LLamaSeqId.Zero) + 1;

    /// <summary>How many tokens the model has.</summary>
    internal int VocabularySize => _weights.Vocab.Count;

    private LLamaToken? Lead => _weights.Vocab.EOS;

    /// <summary>Loads a model; its weights stay memory-mapped.</summary>
    /// <param name="options">Which model, and with how much of the machine.</param>
    /// <param name="progress">Told of the share loaded, 0 to 1.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="DraftingException">The file is no usable model (<see cref="GgufFormatException"/>), or llama.cpp cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<LlamaDrafter> LoadAsync(LlamaDrafterOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A large vocabulary is many small reads, and the library may not be loaded yet: not on the caller's thread.
        await Task.Run(() => Prepare(options.ModelPath), cancellationToken).ConfigureAwait(false);
        LLamaWeights? weights = null;
        try
        {
            weights = await LLamaWeights.LoadFromFileAsync(Parameters(options, null), cancellationToken, progress).ConfigureAwait(false);
            return new LlamaDrafter(weights, options);
        }
        catch (Exception failure) when (failure is RuntimeError or ArgumentException)
        {
            weights?.Dispose();
            throw new DraftingException($"llama.cpp cannot load '{options.ModelPath}': {LlamaLibrary.Reason(failure)}", failure);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The next draft begins when this one is decoded, however slowly it is read; a reader that turns away stops it.</remarks>
    public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var updates = Channel.CreateUnbounded<DraftUpdate>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var decoding = DecodeAsync(prompt, options, updates.Writer, stop.Token, cancellationToken);
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

    /// <inheritdoc/>
    public Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, CancellationToken cancellationToken = default) => ScoreAsync(text, null, cancellationToken);

    /// <summary>Scores a text as <see cref="CompareAsync"/> reads it: also where the model puts nothing before a text, something stands there.</summary>
    internal Task<IReadOnlyList<ScoredToken>> ScoreLedAsync(string text, CancellationToken cancellationToken) => ScoreAsync(text, Lead, cancellationToken);

    private async Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, LLamaToken? lead, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        IReadOnlyList<ScoredToken> scored = [];
        await _scoring.RunAsync(
            () =>
            {
                var passage = new Passage(_vocabulary, text, lead);
                passage.WantAll();
                CheckScored(passage);
                _scorer.Read(passage, cancellationToken);
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

    /// <summary>Waits for the work at hand, then frees the model; calls after the first do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await _drafting.DisposeAsync().ConfigureAwait(false);
        await _scoring.DisposeAsync().ConfigureAwait(false);
        _weights.Dispose();
    }

    /// <summary>Drafts when its turn comes; however it ends, it ends the stream.</summary>
    private async Task DecodeAsync(DraftPrompt prompt, DraftOptions options, ChannelWriter<DraftUpdate> updates, CancellationToken stop, CancellationToken callers)
    {
        try
        {
            await _drafting.RunAsync(() => Draft(prompt, options, updates, stop), stop).ConfigureAwait(false);
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

    private Passage Tokenize(TextVariants text, int tail)
    {
        var passage = new Passage(_vocabulary, text.Text, Lead);
        foreach (var variant in text.Variants) passage.Add(variant, tail);
        CheckScored(passage);
        return passage;
    }

    private void CheckScored(Passage passage)
    {
        if (passage.Needed > MaxScoredTokens)
            throw new DraftingException($"A text has {passage.Tokens.Length} tokens; at most {MaxScoredTokens} can be scored. Shorten it or raise ContextSize.");
        if (passage.Branches.Exists(branch => branch.Unread > _scorer.Room))
            throw new DraftingException($"A variant is longer than the {_scorer.Room} tokens of a batch. Shorten it or raise BatchSize.");
    }

    private void Draft(DraftPrompt prompt, DraftOptions options, ChannelWriter<DraftUpdate> updates, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var tokens = _scaffold.Tokenize(prompt);
        Check(tokens.Count);
        using var sampler = _samplers.Create(options, tokens);
        _drafting.Context.NativeHandle.MemoryClear();
        var batch = new LLamaBatch();
        var row = Prefill(batch, tokens, cancellationToken);
        var drafting = Stopwatch.GetTimestamp();
        var (reason, stopString) = GoOn(tokens.Count, row, batch, sampler, options, updates, cancellationToken);
        updates.TryWrite(new DraftCompleted(reason, tokens.Count, Stopwatch.GetElapsedTime(started, drafting), Stopwatch.GetElapsedTime(drafting)) { StopString = stopString });
    }

    private void Check(int tokens)
    {
        if (tokens == 0) throw new DraftingException("The prompt is empty, and this model has no begin-of-text token to start from.");
        if (tokens >= ContextSize)
            throw new DraftingException($"The prompt has {tokens} tokens; the context has {ContextSize}, and the draft needs room too. Shorten the prompt or raise ContextSize.");
    }

    /// <summary>Reads the prompt; returns the row of its last token's logits.</summary>
    private int Prefill(LLamaBatch batch, List<LLamaToken> tokens, CancellationToken cancellationToken)
    {
        var row = 0;
        for (var first = 0; first < tokens.Count; first += (int)_drafting.Context.BatchSize)
        {
            batch.Clear();
            var end = Math.Min(tokens.Count, first + (int)_drafting.Context.BatchSize);
            for (var i = first; i < end; i++) row = batch.Add(tokens[i], i, LLamaSeqId.Zero, logits: i == tokens.Count - 1);
            _drafting.Decode(batch, cancellationToken);
        }

        return row;
    }

    /// <summary>Drafts token after token from a position, until something ends the draft.</summary>
    private (StopReason Reason, string? StopString) GoOn(int position, int row, LLamaBatch batch, TokenSampler sampler, DraftOptions options, ChannelWriter<DraftUpdate> updates, CancellationToken cancellationToken)
    {
        var statistics = new TokenStatistics(_weights.Vocab.Count);
        var text = new DraftText(options.StopStrings);
        for (var drafted = 0; drafted < options.MaxTokens; drafted++, position++)
        {
            statistics.Read(_drafting.Context.NativeHandle.GetLogitsIth(row));
            var token = sampler.Sample(_drafting.Context.NativeHandle, row, statistics);
            if (token.IsEndOfGeneration(_weights.Vocab)) return End(StopReason.EndOfText);
            Write(text.Add(Describe(token, statistics, options.Alternatives), _vocabulary.Bytes(token)));
            if (text.IsStopped) return (StopReason.StopString, text.StopString);
            if (drafted + 1 == options.MaxTokens) break;
            if (position >= ContextSize) return End(StopReason.ContextFull);
            batch.Clear();
            row = batch.Add(token, position, LLamaSeqId.Zero, logits: true);
            _drafting.Decode(batch, cancellationToken);
        }

        return End(StopReason.MaxTokens);

        (StopReason, string?) End(StopReason reason)
        {
            Write(text.End());
            return (reason, null);
        }

        void Write(List<DraftToken> tokens)
        {
            foreach (var token in tokens) updates.TryWrite(token);
        }
    }

    private DraftToken Describe(LLamaToken token, TokenStatistics statistics, int alternatives) => new(
        (int)token,
        "",
        default,
        statistics.LogProbability((int)token),
        statistics.Entropy,
        statistics.Top(alternatives).ConvertAll(other => new TokenAlternative(other.Id, Encoding.UTF8.GetString(_vocabulary.Bytes(other.Id)), other.LogProbability)));

    /// <summary>By the file's own word; llama.cpp's numbers for all weights in 32 bits, in 16, and in the 16 of bfloat are 0, 1 and 32.</summary>
    private static bool IsQuantised(LLamaWeights weights) => weights.Metadata.GetValueOrDefault("general.file_type") is not ("0" or "1" or "32");

    private static void Prepare(string path)
    {
        GgufFile.Read(path);
        LlamaLibrary.EnsureLoaded();
        LlamaLibrary.ForgetComplaints();
    }

    /// <summary>Everything that LLamaSharp would otherwise choose by itself is said.</summary>
    private static ModelParams Parameters(LlamaDrafterOptions options, int? contextSize) => new(options.ModelPath)
    {
        ContextSize = (uint?)contextSize,
        LoadMode = LLamaLoadMode.MemoryMap,
        GpuLayerCount = options.GpuLayerCount,
        SeqMax = 1,
        BatchSize = (uint)options.BatchSize,
        UBatchSize = (uint)options.BatchSize,
        Threads = options.Threads,
        BatchThreads = options.Threads,
    };
}
