using System.Text.Json;
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
        JsonSerializer.Serialize(messages.Select(message => new { role = message.Role, parts = new[] { new { type = "text", content = message.Text } } }));
}
