using System.Runtime.CompilerServices;
using System.Text;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>A text that is written bit by bit, or a conversation: what the model has read of it is kept between drafts and not read again.</summary>
/// <remarks>
/// The cache is best effort: where other drafts need its place in the context, or the model refuses to forget a part, what is missing is
/// read anew; <see cref="DraftCompleted.CachedTokens"/> says how much was not. A session writes one draft at a time.
/// </remarks>
public sealed class DraftSession : IDraftSession
{
    private readonly LlamaDrafter _drafter;
    private DraftPrompt? _prompt;
    private List<LLamaToken> _tokens = [];
    private AnswerFormat? _answer;
    private int _isBusy;

    internal DraftSession(LlamaDrafter drafter) => _drafter = drafter;

    /// <inheritdoc/>
    public string Text { get; private set; } = "";

    /// <summary>Number of tokens of the prompt and <see cref="Text"/>.</summary>
    public int TokenCount => _tokens.Count;

    /// <inheritdoc/>
    public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        return WriteAsync(
            () =>
            {
                var fitted = _drafter.Scaffold.Fit(prompt, options, _drafter.ContextSize);
                (_prompt, _answer, Text) = (prompt, fitted.Answer, "");
                return fitted;
            },
            options,
            cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<DraftUpdate> ContinueAsync(DraftOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfEmpty();
        return WriteAsync(
            () => _tokens.Count < _drafter.ContextSize ? new FittedPrompt(_tokens, 0, _answer ??= _drafter.Scaffold.Answer(_prompt!)) { Written = Text } : throw new ContextOverflowException(_tokens.Count, _drafter.ContextSize - 1),
            options,
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// What the model has read up to there stays read; the rest is forgotten, and the new end is read with the next draft. That continues as
    /// if the corrected text had been the prompt.
    /// </remarks>
    public void Replace(int from, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfEmpty();
        if (from < 0 || from > Text.Length || (from > 0 && from < Text.Length && char.IsLowSurrogate(Text[from]) && char.IsHighSurrogate(Text[from - 1])))
            throw new ArgumentOutOfRangeException(nameof(from), from, $"The end begins at 0 to {Text.Length}, and not within a character.");
        Enter();
        try
        {
            using var use = _drafter.Use();
            var changed = string.Concat(Text.AsSpan(0, from), text);
            var tokens = _drafter.Scaffold.Tokenize(_prompt!, changed);
            if (tokens.Count >= _drafter.ContextSize) throw new ContextOverflowException(tokens.Count, _drafter.ContextSize - 1);
            (Text, _tokens) = (changed, tokens);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Saves what was read and written, so that <see cref="RestoreAsync"/> need not read it again.</summary>
    /// <param name="path">The file; one that exists is replaced in one step.</param>
    /// <param name="cancellationToken">Stops it; the file is left as it was.</param>
    /// <exception cref="InvalidOperationException">Nothing was drafted yet.</exception>
    /// <exception cref="DraftingException">The session is at a draft, or the file cannot be written.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ThrowIfEmpty();
        Enter();
        try
        {
            using var use = _drafter.Use();
            var keeper = new StateReader();
            await _drafter.RunAsync(new DecodeRequest(_tokens, [keeper], this, cancellationToken)).ConfigureAwait(false);
            var state = new SessionState(SessionState.Fingerprint(_drafter.Weights), _prompt!, Text, _tokens, keeper.State);
            await state.WriteAsync(path, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Takes the place of what the session holds with what was saved.</summary>
    /// <param name="path">A file of <see cref="SaveAsync"/>.</param>
    /// <param name="cancellationToken">Stops it; the session stays as it is.</param>
    /// <exception cref="DraftingException">
    /// The session is at a draft; or the file is none of this kind, damaged, of another version of llama.cpp, or of another model.
    /// </exception>
    public async Task RestoreAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Enter();
        try
        {
            using var use = _drafter.Use();
            var state = await SessionState.ReadAsync(path, SessionState.Fingerprint(_drafter.Weights), cancellationToken).ConfigureAwait(false);
            if (state.Tokens.Count >= _drafter.ContextSize) throw new ContextOverflowException(state.Tokens.Count, _drafter.ContextSize - 1);
            await _drafter.RunAsync(new DecodeRequest(state.Tokens, [new StateWriter(state)], this, cancellationToken)).ConfigureAwait(false);
            (_prompt, _answer, Text, _tokens) = (state.Prompt, null, state.Text, [.. state.Tokens]);
        }
        finally
        {
            Leave();
        }
    }

    private async IAsyncEnumerable<DraftUpdate> WriteAsync(Func<FittedPrompt> fit, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            IReadOnlyList<LLamaToken> read = [];
            var text = new StringBuilder();
            DraftWriter? writer = null;
            FittedPrompt Fit()
            {
                var fitted = fit();
                read = fitted.Tokens;
                text.Append(Text);
                return fitted;
            }

            try
            {
                await foreach (var update in _drafter.StreamAsync(Fit, options, this, ended => writer = ended, cancellationToken).ConfigureAwait(false))
                {
                    if (update is DraftToken token) text.Append(token.Text);
                    yield return update;
                }
            }
            finally
            {
                if (writer is not null) Keep(read, text.ToString(), writer);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Keeps what was written; its own tokens where they are just that text, else those that the text would be read as.</summary>
    private void Keep(IReadOnlyList<LLamaToken> read, string text, DraftWriter writer)
    {
        var before = Text.Length;
        Text = text;
        using var use = _drafter.TryUse();
        // Without its model a session drafts no more, and needs no tokens.
        if (use is null) return;
        var bytes = writer.Tokens.SelectMany(writer.Bytes).ToArray();
        _tokens = bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text[before..])) ? [.. read, .. writer.Tokens] : _drafter.Scaffold.Tokenize(_prompt!, text);
    }

    private void ThrowIfEmpty()
    {
        if (_prompt is null) throw new InvalidOperationException("The session has no prompt yet; draft one first.");
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0) throw new DraftingException("The session is at another draft; wait for its end, or start another session.");
    }

    private void Leave() => Volatile.Write(ref _isBusy, 0);
}
