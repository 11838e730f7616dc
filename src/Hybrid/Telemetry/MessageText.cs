using System.Text.Json;
using System.Text.Json.Serialization;
using HybridGen.Drafting;

namespace HybridGen.Telemetry;

/// <summary>Messages in the form of the semantic conventions for generative AI.</summary>
internal static class MessageText
{
    public static string Of(DraftPrompt prompt) => prompt switch
    {
        DraftPrompt.Raw raw => Of("user", raw.Text),
        DraftPrompt.Chat chat => Json(chat.Turns.Select(turn => (turn.Role, turn.Content))),
        _ => "[]",
    };

    public static string Of(string role, string text) => Json([(role, text)]);

    private static string Json(IEnumerable<(string Role, string Text)> messages) =>
        JsonSerializer.Serialize(messages.Select(message => new Message(message.Role, [new Part("text", message.Text)])), HybridJson.Default.IEnumerableMessage);

    internal sealed record Message([property: JsonPropertyName("role")] string Role, [property: JsonPropertyName("parts")] Part[] Parts);

    internal sealed record Part([property: JsonPropertyName("type")] string Type, [property: JsonPropertyName("content")] string Content);
}
