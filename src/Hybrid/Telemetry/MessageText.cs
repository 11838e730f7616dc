using System.Text.Json;
using System.Text.Json.Serialization;
using HybridGen.Drafting;

namespace HybridGen.Telemetry;

/// <summary>Messages in the form of the semantic conventions for generative AI.</summary>
internal static class MessageText
{
    public static string Of(DraftPrompt prompt) => prompt switch
    {
        DraftPrompt.Raw raw => Json([new Message("user", [Text(raw.Text)])]),
        DraftPrompt.Chat chat => Json(chat.Turns.Select(turn => new Message(turn.Role, [.. Parts(turn)]))),
        _ => "[]",
    };

    public static string Of(Generation generation)
    {
        Part[] parts = [.. Thought(generation.Thinking), .. Said(generation.Content), .. generation.ToolCalls.Select(Call)];
        return Json([new Message("assistant", parts) { FinishReason = FinishReason(generation) is "tool_calls" ? "tool_call" : FinishReason(generation) }]);
    }

    /// <summary>Why a generation ended: <c>tool_calls</c>, <c>length</c> or <c>stop</c>.</summary>
    public static string FinishReason(Generation generation) =>
        generation.ToolCalls.Count > 0 ? "tool_calls" : generation.Draft.Completion.Reason is StopReason.MaxTokens or StopReason.ContextFull ? "length" : "stop";

    private static IEnumerable<Part> Parts(ChatTurn turn) => turn.Role == "tool"
        ? [new Part("tool_call_response") { Id = turn.ToolCallId, Response = turn.Content }]
        : [.. Thought(turn.Thinking), .. Said(turn.Content), .. turn.ToolCalls.Select(Call)];

    private static Part[] Thought(string? thinking) => thinking is { Length: > 0 } ? [new Part("reasoning") { Content = thinking }] : [];

    private static Part[] Said(string text) => text.Length > 0 ? [Text(text)] : [];

    private static Part Text(string text) => new("text") { Content = text };

    private static Part Call(ToolCall call) => new("tool_call") { Id = call.Id, Name = call.Name, Arguments = call.Arguments };

    private static string Json(IEnumerable<Message> messages) => JsonSerializer.Serialize(messages, HybridJson.Default.IEnumerableMessage);

    internal sealed record Message([property: JsonPropertyName("role")] string Role, [property: JsonPropertyName("parts")] Part[] Parts)
    {
        [JsonPropertyName("finish_reason")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? FinishReason { get; init; }
    }

    internal sealed record Part([property: JsonPropertyName("type")] string Type)
    {
        [JsonPropertyName("content")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Content { get; init; }

        [JsonPropertyName("id")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Id { get; init; }

        [JsonPropertyName("name")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Name { get; init; }

        [JsonPropertyName("arguments")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public JsonElement? Arguments { get; init; }

        [JsonPropertyName("response")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Response { get; init; }
    }
}
