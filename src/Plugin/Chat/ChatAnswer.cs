using HybridGen.Plugin.Revising;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Chat;

/// <summary>A generation as a chat's answer.</summary>
/// <param name="generation">The generation.</param>
/// <param name="request">What was asked for.</param>
/// <param name="modelId">The drafter.</param>
/// <param name="id">Its name, unlike any other's.</param>
internal sealed class ChatAnswer(Generation generation, ChatRequest request, string modelId, string id)
{
    private readonly FinalText _text = FinalText.Of(generation, request.Options.Draft.StopStrings);

    private string Id => id;

    public string Text => _text.Text;

    public ChatFinishReason FinishReason => generation.ToolCalls.Count > 0 ? ChatFinishReason.ToolCalls : _text.FinishReason == "length" ? ChatFinishReason.Length : ChatFinishReason.Stop;

    /// <summary>What is not text, in front of it.</summary>
    public IEnumerable<AIContent> Thinking(int sent = 0) => generation.Thinking is { } thinking && thinking.Length > sent ? [new TextReasoningContent(thinking[sent..])] : [];

    /// <summary>The calls of tools, behind the text.</summary>
    public IEnumerable<AIContent> Calls => generation.ToolCalls.Take(request.HasOneCall ? 1 : int.MaxValue).Select(call => new FunctionCallContent(call.Id, call.Name, call.Arguments.EnumerateObject().ToDictionary(argument => argument.Name, argument => (object?)argument.Value)) { RawRepresentation = call });

    public UsageDetails Usage => HybridGenMetadata.UsageOf(generation);

    /// <summary>How it came about; Semantic Kernel makes metadata of it.</summary>
    public AdditionalPropertiesDictionary Properties
    {
        get
        {
            var properties = new AdditionalPropertiesDictionary
            {
                [nameof(HybridGenMetadata.Id)] = Id,
                [nameof(HybridGenMetadata.FinishReason)] = FinishReason.Value,
                [RevisedAnswer.DraftKey] = generation.Draft.Message.Content,
                [RevisedAnswer.EditsKey] = generation.Revision?.Edits ?? [],
            };
            if (_text.StopString is { } stop) properties[nameof(HybridGenMetadata.StopString)] = stop;
            if (request.Settings.Logprobs == true) properties[RevisedAnswer.LogProbabilitiesKey] = _text.TokensOf(generation);
            return properties;
        }
    }

    public ChatResponse ToResponse()
    {
        var contents = Thinking().ToList();
        if (Text.Length > 0 || generation.ToolCalls.Count == 0) contents.Add(new TextContent(Text));
        contents.AddRange(Calls);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents) { MessageId = Id, RawRepresentation = generation, AdditionalProperties = Properties })
        {
            ResponseId = Id,
            ModelId = modelId,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = FinishReason,
            Usage = Usage,
            RawRepresentation = generation,
        };
    }

    /// <summary>The same in updates: the text word by word, last why it ended.</summary>
    /// <param name="thought">How much of the thinking has been sent,</param>
    /// <param name="sent">and of the text.</param>
    public IEnumerable<ChatResponseUpdate> ToUpdates(int thought, int sent)
    {
        foreach (var rest in Thinking(thought)) yield return Update(rest);
        foreach (var word in FinalText.Words(Text[sent..])) yield return Update(new TextContent(word));
        foreach (var call in Calls) yield return Update(call);
        var last = Update(new UsageContent(Usage));
        (last.FinishReason, last.RawRepresentation, last.AdditionalProperties) = (FinishReason, generation, Properties);
        yield return last;
    }

    private ChatResponseUpdate Update(AIContent content) => Update([content], modelId, id);

    /// <summary>An update of an answer.</summary>
    public static ChatResponseUpdate Update(AIContent[] contents, string modelId, string id) => new(ChatRole.Assistant, [.. contents]) { MessageId = id, ResponseId = id, ModelId = modelId, CreatedAt = DateTimeOffset.UtcNow };

    /// <summary>A name for an answer.</summary>
    public static string NewId() => $"hybridgen-{Guid.NewGuid():N}";
}
