using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin;

/// <summary>A text service as a chat service of one user turn.</summary>
internal sealed class TextServiceClient(ITextGenerationService service) : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var piece in service.GetStreamingTextContentsAsync(messages.Single().Text, Settings(options), cancellationToken: cancellationToken).ConfigureAwait(false))
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece.Text) { FinishReason = Reason(piece.Metadata) };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(service) ? service : null;

    /// <summary>The service stays the caller's.</summary>
    public void Dispose() { }

    /// <summary>In the names that the connectors share; what is not set is left to the service.</summary>
    private static PromptExecutionSettings Settings(ChatOptions? options)
    {
        var settings = new Dictionary<string, object>();
        Set("max_tokens", options?.MaxOutputTokens);
        Set("temperature", options?.Temperature);
        Set("top_p", options?.TopP);
        Set("top_k", options?.TopK);
        Set("seed", options?.Seed);
        Set("stop_sequences", options?.StopSequences);
        return new PromptExecutionSettings { ModelId = options?.ModelId, ExtensionData = settings };

        void Set(string name, object? value)
        {
            if (value is not null) settings.Add(name, value);
        }
    }

    private static ChatFinishReason? Reason(IReadOnlyDictionary<string, object?>? metadata) =>
        metadata?.GetValueOrDefault("FinishReason")?.ToString() is { } reason && reason.Equals("length", StringComparison.OrdinalIgnoreCase) ? ChatFinishReason.Length : null;
}
