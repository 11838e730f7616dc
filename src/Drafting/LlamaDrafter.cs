using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using LLama;
using LLama.Common;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Drafts with a GGUF model through llama.cpp.</summary>
/// <remarks>Thread-safe: one draft at a time, further ones wait for their turn.</remarks>
public sealed class LlamaDrafter : IDrafter
{
    private const int DefaultContext = 4096;

    private readonly LLamaWeights _weights;
    private readonly LLamaContext _context;
    private readonly ChatScaffold _scaffold;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly AbortCallback _abort;
    private volatile bool _isAborted;
    private bool _isDisposed;

    private LlamaDrafter(LLamaWeights weights, LLamaContext context, string modelId)
    {
        (_weights, _context, ModelId) = (weights, context, modelId);
        _scaffold = new ChatScaffold(weights);
        _abort = _ => _isAborted;
        NativeApi.llama_set_abort_callback(context.NativeHandle, Marshal.GetFunctionPointerForDelegate(_abort), 0);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    private delegate bool AbortCallback(nint state);

    /// <summary>The model's file name without its ending.</summary>
    public string ModelId { get; }

    /// <summary>Context in tokens, prompt and draft together.</summary>
    public int ContextSize => (int)_context.ContextSize;

    /// <summary>Whether the model brings a chat template; without one a conversation is plain text to it.</summary>
    public bool HasChatTemplate => _scaffold.HasTemplate;

    /// <summary>Tokens that the context holds since the last draft.</summary>
    internal int HeldTokens => (int)_context.NativeHandle.MemorySequenceMaxPosition(LLamaSeqId.Zero) + 1;

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
            var context = weights.CreateContext(Parameters(options, options.ContextSize ?? Math.Min(weights.ContextSize, DefaultContext)));
            return new LlamaDrafter(weights, context, Path.GetFileNameWithoutExtension(options.ModelPath));
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

    /// <summary>Waits for the draft at work, then frees the model; calls after the first do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        if (!_isDisposed)
        {
            _isDisposed = true;
            _context.Dispose();
            _weights.Dispose();
        }

        _turn.Release();
    }

    /// <summary>Waits for its turn, then decodes on a thread of its own; however it ends, it ends the stream.</summary>
    private async Task DecodeAsync(DraftPrompt prompt, DraftOptions options, ChannelWriter<DraftUpdate> updates, CancellationToken stop, CancellationToken callers)
    {
        try
        {
            await _turn.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                _isAborted = false;
                using var abort = stop.Register(() => _isAborted = true);
                await Task.Factory.StartNew(() => Draft(prompt, options, updates, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }

            updates.Complete();
        }
        catch (OperationCanceledException)
        {
            updates.Complete(new OperationCanceledException(callers));
        }
        catch (RuntimeError failure)
        {
            updates.Complete(new DraftingException($"llama.cpp failed: {LlamaLibrary.Reason(failure)}", failure));
        }
        catch (Exception failure)
        {
            updates.Complete(failure);
        }
    }

    private void Draft(DraftPrompt prompt, DraftOptions options, ChannelWriter<DraftUpdate> updates, CancellationToken cancellationToken)
    {
        LlamaLibrary.ForgetComplaints();
        var started = Stopwatch.GetTimestamp();
        var tokens = _scaffold.Tokenize(prompt);
        Check(tokens.Count);
        _context.NativeHandle.MemoryClear();
        var batch = new LLamaBatch();
        var row = Prefill(batch, tokens, cancellationToken);
        var drafting = Stopwatch.GetTimestamp();
        var reason = GoOn(tokens.Count, row, batch, options, updates, cancellationToken);
        updates.TryWrite(new DraftCompleted(reason, tokens.Count, Stopwatch.GetElapsedTime(started, drafting), Stopwatch.GetElapsedTime(drafting)));
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
        for (var first = 0; first < tokens.Count; first += (int)_context.BatchSize)
        {
            batch.Clear();
            var end = Math.Min(tokens.Count, first + (int)_context.BatchSize);
            for (var i = first; i < end; i++) row = batch.Add(tokens[i], i, LLamaSeqId.Zero, logits: i == tokens.Count - 1);
            Decode(batch, cancellationToken);
        }

        return row;
    }

    /// <summary>Drafts token after token from a position, until something ends the draft.</summary>
    private StopReason GoOn(int position, int row, LLamaBatch batch, DraftOptions options, ChannelWriter<DraftUpdate> updates, CancellationToken cancellationToken)
    {
        using var sampler = TokenSampler.For(options.Sampling);
        var statistics = new TokenStatistics(_weights.Vocab.Count);
        var text = new DraftText(options.StopStrings);
        for (var drafted = 0; drafted < options.MaxTokens; drafted++, position++)
        {
            statistics.Read(_context.NativeHandle.GetLogitsIth(row));
            var token = sampler.Sample(_context.NativeHandle, row, statistics);
            if (token.IsEndOfGeneration(_weights.Vocab)) return End(StopReason.EndOfText);
            Write(text.Add(Describe(token, statistics, options.Alternatives), Bytes(token)));
            if (text.IsStopped) return StopReason.StopString;
            if (drafted + 1 == options.MaxTokens) break;
            if (position >= ContextSize) return End(StopReason.ContextFull);
            batch.Clear();
            row = batch.Add(token, position, LLamaSeqId.Zero, logits: true);
            Decode(batch, cancellationToken);
        }

        return End(StopReason.MaxTokens);

        StopReason End(StopReason reason)
        {
            Write(text.End());
            return reason;
        }

        void Write(List<DraftToken> tokens)
        {
            foreach (var token in tokens) updates.TryWrite(token);
        }
    }

    private void Decode(LLamaBatch batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var result = _context.Decode(batch);
        if (result == DecodeResult.ComputeAborted) throw new OperationCanceledException(cancellationToken);
        if (result != DecodeResult.Ok) throw new RuntimeError($"a decode ended with {result}.");
    }

    private DraftToken Describe(LLamaToken token, TokenStatistics statistics, int alternatives) => new(
        (int)token,
        "",
        default,
        statistics.LogProbability((int)token),
        statistics.Entropy,
        statistics.Top(alternatives).ConvertAll(other => new TokenAlternative(other.Id, Encoding.UTF8.GetString(Bytes(other.Id)), other.LogProbability)));

    private byte[] Bytes(LLamaToken token)
    {
        Span<byte> bytes = stackalloc byte[128];
        var length = (int)_weights.NativeHandle.TokenToSpan(token, bytes);
        if (length <= bytes.Length) return bytes[..length].ToArray();
        var more = new byte[length];
        return more[..(int)_weights.NativeHandle.TokenToSpan(token, more)];
    }

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
