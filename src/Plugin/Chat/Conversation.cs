using System.Text.Json;
using HybridGen.Drafting;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Chat;

/// <summary>Messages as the turns of a drafter's conversation.</summary>
internal static class Conversation
{
    // White space in an answer is tokens in the prompt.
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>Reads messages.</summary>
    /// <param name="messages">The conversation; nothing of it is changed.</param>
    /// <param name="instructions">What the model is told first, each joined by a blank line to what system messages the conversation begins with.</param>
    /// <exception cref="ArgumentException">There is no message, or none but empty ones of the system.</exception>
    /// <exception cref="NotSupportedException">A message has a content that a text model cannot read, such as an image.</exception>
    public static List<ChatTurn> Read(IEnumerable<ChatMessage> messages, params IEnumerable<string?> instructions)
    {
        var all = messages.ToList();
        if (all.Count == 0) throw new ArgumentException("The conversation is empty; it needs at least one message.", nameof(messages));
        all.ForEach(CheckContents);
        var leading = all.TakeWhile(IsSystem).ToList();
        var system = instructions.Concat(leading.Select(Text)).Where(text => !string.IsNullOrWhiteSpace(text)).ToList();
        ChatTurn[] first = system.Count > 0 ? [new ChatTurn("system", string.Join("\n\n", system))] : [];
        List<ChatTurn> turns = [.. first, .. all.Skip(leading.Count).SelectMany(message => Turns(message, all))];
        return turns.Count > 0 ? turns : throw new ArgumentException("The conversation is empty: no message of it has a text.", nameof(messages));
    }

    private static bool IsSystem(ChatMessage message) => message.Role == ChatRole.System || message.Role.Value == "developer";

    private static List<ChatTurn> Turns(ChatMessage message, List<ChatMessage> all)
    {
        if (IsSystem(message)) return [new ChatTurn("system", Text(message))];
        var results = message.Contents.OfType<FunctionResultContent>().Select(result => Turn(result, all)).ToList();
        // Semantic Kernel writes a function's answer twice, as a text too.
        if (message.Role == ChatRole.Tool) return results.Count > 0 ? results : [new ChatTurn("tool", Text(message))];
        if (message.Role == ChatRole.Assistant) return [Assistant(message)];
        return results.Count > 0 && Text(message).Length == 0 ? results : [.. results, new ChatTurn(message.Role.Value, Text(message))];
    }

    private static ChatTurn Assistant(ChatMessage message) => new("assistant", Text(message))
    {
        ToolCalls = [.. message.Contents.OfType<FunctionCallContent>().Select(call => new ToolCall(call.CallId, call.Name, Json(call.Arguments)))],
        Thinking = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(thought => thought.Text)) is { Length: > 0 } thinking ? thinking : null,
    };

    private static ChatTurn Turn(FunctionResultContent result, List<ChatMessage> all) => new("tool", Written(result.Result))
    {
        ToolCallId = result.CallId,
        ToolName = all.SelectMany(message => message.Contents).OfType<FunctionCallContent>().LastOrDefault(call => call.CallId == result.CallId)?.Name,
    };

    private static string Text(ChatMessage message) => string.Concat(message.Contents.OfType<TextContent>().Select(content => content.Text));

    private static string Written(object? result) => result switch
    {
        null => "null",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        TextContent content => content.Text,
        _ => JsonSerializer.Serialize(result, Compact.GetTypeInfo(typeof(object))),
    };

    private static JsonElement Json(IDictionary<string, object?>? arguments) =>
        JsonSerializer.SerializeToElement(arguments ?? new Dictionary<string, object?>(), Compact.GetTypeInfo(typeof(IDictionary<string, object?>)));

    private static void CheckContents(ChatMessage message)
    {
        if (message.Contents.FirstOrDefault(content => content is not (TextContent or TextReasoningContent or FunctionCallContent or FunctionResultContent or UsageContent)) is not { } foreign) return;
        var media = foreign is DataContent data ? $" ({data.MediaType})" : foreign is UriContent uri ? $" ({uri.MediaType})" : "";
        throw new NotSupportedException($"A message of the {message.Role.Value} has a {foreign.GetType().Name}{media}; the drafter reads text only. Leave it out, or describe it in words.");
    }
}
