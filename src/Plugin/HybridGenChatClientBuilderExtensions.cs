using HybridGen;
using HybridGen.Pipelines;
using HybridGen.Plugin.Revising;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the revision of answers to a chat client's pipeline.</summary>
public static class HybridGenChatClientBuilderExtensions
{
    /// <summary>Revises what a chat client answers (<see cref="RevisingChatClient"/>).</summary>
    /// <param name="builder">The client's builder.</param>
    /// <param name="engine">The engine, which stays the caller's; <see langword="null"/> is the one of the container.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    public static ChatClientBuilder UseHybridGenRevision(this ChatClientBuilder builder, HybridGenEngine? engine = null, StreamReviserOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((client, services) => new RevisingChatClient(client, engine ?? services.GetRequiredService<HybridGenEngine>(), options));
    }
}
