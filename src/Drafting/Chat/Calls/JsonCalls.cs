using System.Text;
using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>Calls that are JSON: an object with a name and arguments, several one after the other, or a list of them.</summary>
internal static class JsonCalls
{
    /// <summary>The calls; null where the text is something else.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tools">The tools: an object may also have one's name as its only key, and the arguments there.</param>
    public static List<WrittenCall>? Read(string text, IReadOnlyList<Tool> tools)
    {
        var objects = Values(text).SelectMany(value => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value]);
        List<WrittenCall?> calls = [.. objects.Select(value => Call(value) ?? Keyed(value, tools))];
        return calls.Count == 0 || calls.Contains(null) ? null : [.. calls.Select(call => call!.Value)];
    }

    /// <summary>The one JSON object that a text is; null where it is something else.</summary>
    public static JsonElement? Object(string text) => Values(text) is [{ ValueKind: JsonValueKind.Object } only] ? only : null;

    /// <summary>JSON values one after the other; none where anything else stands there.</summary>
    public static List<JsonElement> Values(string text)
    {
        var (values, bytes) = (new List<JsonElement>(), Encoding.UTF8.GetBytes(text));
        try
        {
            for (var at = 0; (at = Skip(bytes, at)) < bytes.Length;)
            {
                var reader = new Utf8JsonReader(bytes.AsSpan(at), new JsonReaderOptions { AllowMultipleValues = true });
                values.Add(JsonElement.ParseValue(ref reader));
                at += (int)reader.BytesConsumed;
            }
        }
        catch (JsonException)
        {
            return [];
        }

        // Half of a surrogate pair can be escaped in JSON, and is no text.
        return values.TrueForAll(IsText) ? values : [];
    }

    private static bool IsText(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() is not null,
                JsonValueKind.Array => value.EnumerateArray().All(IsText),
                JsonValueKind.Object => value.EnumerateObject().All(pair => pair.Name is not null && IsText(pair.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static int Skip(byte[] bytes, int at)
    {
        while (at < bytes.Length && bytes[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)';') at++;
        return at;
    }

    private static WrittenCall? Call(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        if (value.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object) value = function;
        if ((Text(value, "name") ?? Text(value, "tool_name")) is not { Length: > 0 } name) return null;
        if (!value.TryGetProperty("arguments", out var arguments) && !value.TryGetProperty("parameters", out arguments)) return null;
        // Some models write the object as a text.
        if (arguments.ValueKind == JsonValueKind.String && Values(arguments.GetString()!) is [var inner]) arguments = inner;
        if (arguments.ValueKind != JsonValueKind.Object) return null;
        return new WrittenCall(name, arguments, Text(value, "id"));
    }

    private static WrittenCall? Keyed(JsonElement value, IReadOnlyList<Tool> tools) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().ToList() is [{ Value.ValueKind: JsonValueKind.Object } only] && tools.Any(tool => tool.Name == only.Name) ? new WrittenCall(only.Name, only.Value) : null;

    private static string? Text(JsonElement value, string name) => value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
