// Continuation tokens may yet change; a copy of an answer without its token would lose what an agent does in the background.
#pragma warning disable MEAI001

using System.Runtime.CompilerServices;
using HybridGen.Pipelines;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Revising;

/// <summary>Revises what another agent answers, whichever it is: on a chat client, in another process, or a workflow.</summary>
/// <remarks>
/// Only what the assistant says is revised, as by <see cref="RevisingChatClient"/>: tool calls, reasoning, data and answers that are JSON pass untouched,
/// code and addresses inside a text, too. The inner agent's session has its answers as it gave them. In an agent's pipeline it stands as
/// <c>builder.Use(inner => inner.UseHybridGenRevision(engine))</c>.
/// </remarks>
/// <param name="innerAgent">The agent.</param>
/// <param name="engine">The engine, which stays the caller's; its drafter is not needed.</param>
/// <param name="options">How; <see langword="null"/> for the defaults.</param>
public sealed class RevisingAgent(AIAgent innerAgent, HybridGenEngine engine, StreamReviserOptions? options = null) : DelegatingAIAgent(innerAgent)
{
    private readonly AnswerReviser _reviser = new(engine ?? throw new ArgumentNullException(nameof(engine)), options ?? new());

    /// <inheritdoc/>
    protected override async Task<AgentResponse> RunCoreAsync(
        IEnumerable<ChatMessage> messages, AgentSession? session = null, AgentRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        var response = await base.RunCoreAsync(messages, session, options, cancellationToken).ConfigureAwait(false);
        return IsStructured(options) ? response : With(response, await _reviser.ReviseAsync(response.Messages, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    protected override IAsyncEnumerable<AgentResponseUpdate> RunCoreStreamingAsync(
        IEnumerable<ChatMessage> messages, AgentSession? session = null, AgentRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = base.RunCoreStreamingAsync(messages, session, options, cancellationToken);
        return IsStructured(options) ? updates : ReviseAsync(updates, cancellationToken);
    }

    private async IAsyncEnumerable<AgentResponseUpdate> ReviseAsync(IAsyncEnumerable<AgentResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var part in _reviser.ReviseAsync(updates.Select(Carried), cancellationToken).ConfigureAwait(false)) yield return Unpacked(part);
    }

    private static bool IsStructured(AgentRunOptions? options) => options?.ResponseFormat is ChatResponseFormatJson;

    private static AgentResponse With(AgentResponse response, IList<ChatMessage> messages) => new(messages)
    {
        AgentId = response.AgentId,
        ResponseId = response.ResponseId,
        ContinuationToken = response.ContinuationToken,
        CreatedAt = response.CreatedAt,
        FinishReason = response.FinishReason,
        Usage = response.Usage,
        RawRepresentation = response.RawRepresentation,
        AdditionalProperties = response.AdditionalProperties,
    };

    /// <summary>An update as a chat client's, which carries the agent's own.</summary>
    private static ChatResponseUpdate Carried(AgentResponseUpdate update) => new(update.Role, update.Contents)
    {
        AuthorName = update.AuthorName,
        ResponseId = update.ResponseId,
        MessageId = update.MessageId,
        CreatedAt = update.CreatedAt,
        FinishReason = update.FinishReason,
        AdditionalProperties = update.AdditionalProperties,
        RawRepresentation = update,
    };

    /// <summary>The agent's update again; one that was not touched is the same object.</summary>
    private static AgentResponseUpdate Unpacked(ChatResponseUpdate part)
    {
        var update = (AgentResponseUpdate)part.RawRepresentation!;
        return ReferenceEquals(part.Contents, update.Contents) ? update : new AgentResponseUpdate(part.Role, part.Contents)
        {
            AgentId = update.AgentId,
            AuthorName = part.AuthorName,
            ResponseId = part.ResponseId,
            MessageId = part.MessageId,
            CreatedAt = part.CreatedAt,
            FinishReason = part.FinishReason,
            ContinuationToken = update.ContinuationToken,
            AdditionalProperties = part.AdditionalProperties,
            RawRepresentation = update.RawRepresentation,
        };
    }
}
