using System.Runtime.CompilerServices;
using HybridGen.Editing;
using HybridGen.Pipelines;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Revising;

/// <summary>Revises answers of chat clients; the answers' own objects are not changed.</summary>
internal sealed class AnswerReviser(HybridGenEngine engine, StreamReviserOptions options)
{
    /// <summary>Revises what the assistant says.</summary>
    public async Task<ChatResponse> ReviseAsync(ChatResponse response, CancellationToken cancellationToken)
    {
        return new ChatResponse(await ReviseAsync(response.Messages, cancellationToken).ConfigureAwait(false))
        {
            ResponseId = response.ResponseId,
            ConversationId = response.ConversationId,
            ModelId = response.ModelId,
            CreatedAt = response.CreatedAt,
            FinishReason = response.FinishReason,
            Usage = response.Usage,
            RawRepresentation = response.RawRepresentation,
            AdditionalProperties = response.AdditionalProperties,
        };
    }

    /// <summary>Revises the assistant's of some messages.</summary>
    public async Task<IList<ChatMessage>> ReviseAsync(IList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        var revised = new List<ChatMessage>(messages.Count);
        foreach (var message in messages) revised.Add(message.Role == ChatRole.Assistant ? await ReviseAsync(message, cancellationToken).ConfigureAwait(false) : message);
        return revised;
    }

    private async Task<ChatMessage> ReviseAsync(ChatMessage message, CancellationToken cancellationToken)
    {
        if (!message.Contents.OfType<TextContent>().Any()) return message;
        var (revised, edits) = (message.Clone(), new List<Edit>());
        revised.Contents = [];
        revised.AdditionalProperties = new(message.AdditionalProperties ?? []) { [RevisedAnswer.DraftKey] = message.Text };
        for (var (i, start) = (0, 0); i < message.Contents.Count; i++)
        {
            if (message.Contents[i] is not TextContent text)
            {
                revised.Contents.Add(message.Contents[i]);
                continue;
            }

            var whole = string.Concat(message.Contents.Skip(i).TakeWhile(content => content is TextContent));
            while (i + 1 < message.Contents.Count && message.Contents[i + 1] is TextContent) i++;
            revised.Contents.Add(With(text, await ReviseAsync(whole, start, edits, cancellationToken).ConfigureAwait(false)));
            start += whole.Length;
        }

        revised.AdditionalProperties[RevisedAnswer.EditsKey] = edits;
        if (edits.Count > 0) RevisedAnswer.DropLogProbabilities(revised.AdditionalProperties);
        return revised;
    }

    private async Task<string> ReviseAsync(string text, int start, List<Edit> edits, CancellationToken cancellationToken)
    {
        if (RevisedAnswer.IsJson(text) != false) return text;
        var revision = await engine.ReviseAsync(text, options.Revise, cancellationToken: cancellationToken).ConfigureAwait(false);
        edits.AddRange(revision.Edits.Select(edit => edit with { Span = edit.Span with { Start = edit.Span.Start + start } }));
        return revision.Output;
    }

    /// <summary>Revises what the assistant says in a stream.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> ReviseAsync(IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var json = new JsonBeginning();
        var revised = new StreamReviser(engine, options).ReviseAsync(updates.SelectMany(Parts), update => json.IsWithin(update) ? null : TextOf(update), With, cancellationToken);
        var isChanged = false;
        await foreach (var update in revised.ConfigureAwait(false))
        {
            isChanged |= RevisedAnswer.Edits(update.AdditionalProperties).Count > 0;
            yield return isChanged && update.AdditionalProperties?.ContainsKey(RevisedAnswer.LogProbabilitiesKey) == true ? WithoutLogProbabilities(update) : update;
        }
    }

    private static ChatResponseUpdate WithoutLogProbabilities(ChatResponseUpdate update)
    {
        var without = update.Clone();
        RevisedAnswer.DropLogProbabilities(without.AdditionalProperties = new(update.AdditionalProperties ?? []));
        return without;
    }

    /// <summary>One content in each update, and why the answer ended in one of its own, so that a text can be held back alone.</summary>
    private static IEnumerable<ChatResponseUpdate> Parts(ChatResponseUpdate update)
    {
        if (update.Contents.Count == 0 || (update.Contents.Count == 1 && update.FinishReason is null)) return [update];
        var contents = update.Contents.Select(content => Part(update, [content], null));
        return update.FinishReason is null ? contents : contents.Append(Part(update, [], update.FinishReason));
    }

    private static ChatResponseUpdate Part(ChatResponseUpdate update, IList<AIContent> contents, ChatFinishReason? finishReason)
    {
        var part = update.Clone();
        (part.Contents, part.FinishReason) = (contents, finishReason);
        return part;
    }

    /// <summary>The text of an update that has nothing else; none is an empty one, as it says nothing that must keep its place.</summary>
    private static string? TextOf(ChatResponseUpdate update) => update switch
    {
        { FinishReason: not null } => null,
        { Role: { } role } when role != ChatRole.Assistant => null,
        { Contents.Count: 0 } => "",
        { Contents: [TextContent text] } => text.Text,
        _ => null,
    };

    private static ChatResponseUpdate With(ChatResponseUpdate update, RevisedBlock block)
    {
        var revised = update.Clone();
        revised.Contents = [update.Contents.OfType<TextContent>().FirstOrDefault() is { } text ? With(text, block.Text) : new TextContent(block.Text)];
        if (block.Edits.Count > 0) revised.AdditionalProperties = new(update.AdditionalProperties ?? []) { [RevisedAnswer.EditsKey] = block.Edits };
        return revised;
    }

    private static TextContent With(TextContent content, string text) =>
        new(text) { AdditionalProperties = content.AdditionalProperties, Annotations = content.Annotations, RawRepresentation = content.RawRepresentation };
}
