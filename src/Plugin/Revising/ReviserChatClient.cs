using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Revising;

/// <summary>Answers with what it was told last, revised: the reviser of a workflow, as <see cref="IChatClient"/> and so as an agent.</summary>
/// <remarks>Nothing is drafted, and instructions, options and tools do nothing. What was changed is said under <see cref="RevisedAnswer.EditsKey"/>.</remarks>
/// <param name="engine">The engine, which stays the caller's; its drafter is not needed.</param>
/// <param name="options">How; <see langword="null"/> for the defaults.</param>
public sealed class ReviserChatClient(HybridGenEngine engine, Pipelines.StreamReviserOptions? options = null) : IChatClient
{
    private static readonly ChatClientMetadata Metadata = new("hybridgen");

    private readonly AnswerReviser _reviser = new(engine ?? throw new ArgumentNullException(nameof(engine)), options ?? new());

    /// <summary>Revises the text of the last message.</summary>
    /// <param name="messages">The conversation; an image or another content that is no text in its last message is refused.</param>
    /// <param name="options">Not used.</param>
    /// <param name="cancellationToken">Stops the revision.</param>
    /// <exception cref="ArgumentException">There is no message.</exception>
    /// <exception cref="NotSupportedException">The last message has something else than text.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var last = messages.LastOrDefault() ?? throw new ArgumentException("The conversation is empty; its last message is what is revised.", nameof(messages));
        if (last.Contents.FirstOrDefault(content => content is not (TextContent or TextReasoningContent or UsageContent)) is { } foreign)
            throw new NotSupportedException($"The last message has a {foreign.GetType().Name}; only text can be revised.");
        var id = $"hybridgen-{Guid.NewGuid():N}";
        var answer = new ChatMessage(ChatRole.Assistant, last.Text) { MessageId = id };
        return _reviser.ReviseAsync(new ChatResponse(answer) { ResponseId = id, CreatedAt = DateTimeOffset.UtcNow, FinishReason = ChatFinishReason.Stop }, cancellationToken);
    }

    /// <inheritdoc cref="GetResponseAsync"/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        foreach (var update in response.ToChatResponseUpdates()) yield return update;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(ChatClientMetadata) ? Metadata : serviceType == typeof(HybridGenEngine) ? engine : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: the engine is somebody else's.</summary>
    public void Dispose() { }
}
