using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace HybridGen.Drafting;

/// <summary>Drafts with any chat service; it reports no log-probabilities, so the refiner uses its own scores.</summary>
/// <remarks>
/// Of the sampling, temperature, top-p, top-k, the seed, frequency and presence penalty are passed on; what the service makes of them is its own,
/// and all else is refused. Stop strings are also looked for here. Tokens are counted by the service, where it says so. A raw prompt is a conversation of one user turn: chat services cannot go on from a text. Tools, calls and answers are
/// mapped both ways; the service is told of tools and calls none itself. What it thinks is the draft's text before what it says, and each of
/// its calls is text too, as <see cref="DraftedMessage.Pieces"/> says.
/// </remarks>
/// <param name="client">The service.</param>
/// <param name="modelId">Its model; <see langword="null"/> (default) is what the service says, else <c>chat</c>.</param>
/// <param name="leaveOpen">Whether the service is left alone when the drafter is disposed of.</param>
public sealed class ChatClientDrafter(IChatClient client, string? modelId = null, bool leaveOpen = true) : IDrafter
{
    /// <inheritdoc/>
    public string ModelId { get; } = modelId ?? (client ?? throw new ArgumentNullException(nameof(client))).GetService<ChatClientMetadata>()?.DefaultModelId ?? "chat";

    /// <inheritdoc/>
    public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Constraint is not null) throw new DraftingException($"The chat service '{ModelId}' cannot be held to a grammar or schema; draft with a model of your own, or without a constraint.");
        if (Untold(options.Sampling) is { } untold) throw new DraftingException($"The chat service '{ModelId}' cannot be told of {untold}; leave it out, or draft with a model of your own.");
        var started = Stopwatch.GetTimestamp();
        var (text, answer, pending) = (new DraftText(options.StopStrings), new Answer(), "");
        var service = new ServiceMessage();
        var updates = client.GetStreamingResponseAsync(ServiceConversation.Messages(prompt), ServiceConversation.Options(prompt, options), cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var left = updates.ConfigureAwait(false);
        while (!text.IsStopped && await MoveNextAsync(updates, cancellationToken).ConfigureAwait(false))
        {
            answer.Read(updates.Current, started);
            foreach (var (kind, part) in service.Read(updates.Current))
            {
                if (text.IsStopped) break;
                // What is said may hold a stop string; a thought or a call ends the wait for the rest of one.
                if (kind != MessagePieceKind.Content)
                {
                    foreach (var token in text.End()) yield return service.Placed(token);
                    text = new DraftText(options.StopStrings);
                    yield return service.Placed(new DraftToken(null, part, default, null, null, []), kind);
                    continue;
                }

                // A service may cut between the halves of a character.
                var written = pending + part;
                pending = written.Length > 0 && char.IsHighSurrogate(written[^1]) ? written[^1..] : "";
                foreach (var token in Add(text, written[..^pending.Length])) yield return service.Placed(token);
            }
        }

        if (!text.IsStopped)
            foreach (var token in text.End()) yield return service.Placed(token);
        yield return answer.End(text.IsStopped ? StopReason.StopString : null, started) with { Message = service.Message, StopString = text.StopString };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (!leaveOpen) client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What was asked of the sampling that chat services have no name for.</summary>
    private static string? Untold(Sampling sampling) => sampling switch
    {
        { Penalties.Repetition: not 1 } => $"{nameof(sampling.Penalties)}.{nameof(Penalties.Repetition)}",
        { Dry: not null } => nameof(sampling.Dry),
        { LogitBias.Count: > 0 } => nameof(sampling.LogitBias),
        Sampling.Greedy => null,
        Sampling.Random random => Untold(random, new Sampling.Random()),
        _ => sampling.GetType().Name,
    };

    private static string? Untold(Sampling.Random random, Sampling.Random usual) =>
        random.Typical != usual.Typical ? nameof(random.Typical)
        : random.MinP != usual.MinP ? nameof(random.MinP)
        : random.Xtc != usual.Xtc ? nameof(random.Xtc)
        : null;

    private static List<DraftToken> Add(DraftText text, string written) =>
        written.Length == 0 ? [] : text.Add(new DraftToken(null, "", default, null, null, []), Encoding.UTF8.GetBytes(written));

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new DraftingException($"The chat service '{ModelId}' failed: {failure.Message}", failure);
        }
    }

    /// <summary>What the service says of its answer beside the text.</summary>
    private sealed class Answer
    {
        private ChatFinishReason? _reason;
        private UsageDetails _usage = new();
        private TimeSpan? _prompt;

        public void Read(ChatResponseUpdate update, long started)
        {
            _prompt ??= Stopwatch.GetElapsedTime(started);
            _reason = update.FinishReason ?? _reason;
            _usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? _usage;
        }

        public DraftCompleted End(StopReason? reason, long started) => new(
            reason ?? (_reason == ChatFinishReason.Length ? StopReason.MaxTokens : StopReason.EndOfText), (int)(_usage.InputTokenCount ?? 0), _prompt ?? TimeSpan.Zero, Stopwatch.GetElapsedTime(started) - (_prompt ?? TimeSpan.Zero))
        {
            CachedTokens = (int)(_usage.CachedInputTokenCount ?? 0),
            WrittenTokens = (int?)_usage.OutputTokenCount,
        };
    }
}
