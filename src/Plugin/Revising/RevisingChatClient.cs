using HybridGen.Pipelines;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Revising;

/// <summary>Revises what another chat client answers, whichever it is.</summary>
/// <remarks>
/// Only what the assistant says is revised: tool calls, reasoning, data and answers that are JSON pass untouched, code and addresses inside a text,
/// too. What was changed is said under <see cref="RevisedAnswer.EditsKey"/>. The inner client's own objects are not changed.
/// </remarks>
/// <param name="innerClient">The client.</param>
/// <param name="engine">The engine, which stays the caller's; its drafter is not needed.</param>
/// <param name="options">How; <see langword="null"/> for the defaults.</param>
public sealed class RevisingChatClient(IChatClient innerClient, HybridGenEngine engine, StreamReviserOptions? options = null) : DelegatingChatClient(innerClient)
{
    private readonly AnswerReviser _reviser = new(engine ?? throw new ArgumentNullException(nameof(engine)), options ?? new());

    /// <inheritdoc/>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        return RevisedAnswer.IsStructured(options) ? response : await _reviser.ReviseAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Streams the answer, revised sentence by sentence: an update comes out when its sentence has ended, or has waited for long enough.</summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken);
        return RevisedAnswer.IsStructured(options) ? updates : _reviser.ReviseAsync(updates, cancellationToken);
    }
}
