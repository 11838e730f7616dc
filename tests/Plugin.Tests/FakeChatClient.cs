using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Tests;

/// <summary>A chat client that answers with what it was given.</summary>
internal sealed class FakeChatClient(params ChatResponseUpdate[] updates) : IChatClient
{
    /// <summary>Updates that were read.</summary>
    public int Given { get; private set; }

    public ChatOptions? Options { get; private set; }

    public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

    /// <summary>Answers with a text in pieces, and ends.</summary>
    public static FakeChatClient Of(params string[] pieces) => new([.. pieces.Select(piece => new ChatResponseUpdate(ChatRole.Assistant, piece) { MessageId = "m", ResponseId = "r" }), new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop, MessageId = "m", ResponseId = "r" }]);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        (Messages, Options) = ([.. messages], options);
        return Task.FromResult(updates.ToChatResponse());
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        (Messages, Options) = ([.. messages], options);
        foreach (var update in updates)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            Given++;
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("fake", null, "fake-model") : null;

    public void Dispose() { }
}
