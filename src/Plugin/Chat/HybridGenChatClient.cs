using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Chat;

/// <summary>A <see cref="HybridGenEngine"/> as a chat client: answers conversations with drafted and revised text.</summary>
/// <remarks>
/// Thread-safe. The engine stays the caller's, or the container's. The drafter's own chat template writes the conversation, tools included; it
/// refuses tools where it has no place for them. Tools are not called here: put <c>UseFunctionInvocation</c> or <c>UseKernelFunctionInvocation</c>
/// around the client. Besides the options that it knows by name, the additional properties may have any setting of
/// <see cref="HybridGenPromptExecutionSettings"/>, or <see cref="ChatOptions.RawRepresentationFactory"/> may give such settings.
/// </remarks>
public sealed class HybridGenChatClient : IChatClient
{
    private readonly HybridGenEngine? _engine;
    private readonly Streaming _stream;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Creates the client over an engine, which it does not dispose.</summary>
    public HybridGenChatClient(HybridGenEngine engine)
        : this((engine ?? throw new ArgumentNullException(nameof(engine))).StreamAsync, engine.DrafterId) => _engine = engine;

    internal HybridGenChatClient(Streaming stream, string modelId) => (_stream, _metadata) = (stream, new ChatClientMetadata("hybridgen", null, modelId));

    private string ModelId => _metadata.DefaultModelId!;

    /// <summary>Answers a conversation.</summary>
    /// <param name="messages">The conversation: text, reasoning, calls of tools and their results.</param>
    /// <param name="options">How; the default answer has 1,024 tokens at most. Of the effort of reasoning it matters whether there is any; a conversation's id and a model's do nothing.</param>
    /// <param name="cancellationToken">Stops the draft or the revision.</param>
    /// <exception cref="ArgumentException">The conversation is empty, or an option is unknown or out of range.</exception>
    /// <exception cref="NotSupportedException">A message has an image or another content that is no text, or an option asks for what cannot be done.</exception>
    /// <exception cref="Drafting.DraftingException">The drafter cannot be loaded, has no place for tools, or failed.</exception>
    /// <exception cref="RefiningException">The refiner cannot be loaded, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = ChatRequest.Read(this, messages, options);
        await foreach (var update in _stream(request.Prompt, request.Options, cancellationToken).ConfigureAwait(false))
            if (update is GenerationUpdate.Completed { Generation: var generation }) return new ChatAnswer(generation, request, ModelId, ChatAnswer.NewId()).ToResponse();
        throw new InvalidOperationException("The stream ended without a generation.");
    }

    /// <summary>Streams an answer: only final text.</summary>
    /// <remarks>
    /// With the default pipeline it begins once the revision of the whole is done; with <c>interleaved</c> or <c>overlapped</c>
    /// (<see cref="HybridGenPromptExecutionSettings.Pipeline"/>) it comes sentence by sentence while the draft is written, and token by token where
    /// nothing is revised. What is thought before comes while it is written.
    /// With <see cref="HybridGenPromptExecutionSettings.ShowDraft"/> the draft's tokens and the revision's steps come before, as contents of types
    /// of their own that are no part of the text.
    /// </remarks>
    /// <inheritdoc cref="GetResponseAsync"/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return StreamAsync(ChatRequest.Read(this, messages, options), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Also gives the <see cref="HybridGenEngine"/>.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType == typeof(HybridGenEngine) ? _engine : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: the engine is somebody else's.</summary>
    public void Dispose() { }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new AnswerStream(request, ModelId);
        await foreach (var update in _stream(request.Prompt, request.Options, cancellationToken).ConfigureAwait(false))
            foreach (var part in answer.Read(update))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return part;
            }
    }
}
