using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>Reads calls of tools as models write them.</summary>
internal static partial class ToolCallText
{
    /// <summary>The calls of a text.</summary>
    /// <param name="text">What stands between the marks: JSON objects or a list of them, <c>name[ARGS]{…}</c>, or Qwen's <c>&lt;function=name&gt;</c>.</param>
    /// <param name="tools">The tools, for the types of their parameters.</param>
    /// <param name="before">Calls that were read before, so that ids differ.</param>
    /// <returns>None where the text, or a part of it, is something else.</returns>
    public static IReadOnlyList<ToolCall> Read(string text, IReadOnlyList<Tool> tools, int before)
    {
        var calls = new List<ToolCall>();
        string NextId() => $"call{before + calls.Count + 1:00000}"; // nine letters and digits, which Mistral asks for
        if (text.AsSpan().TrimStart().StartsWith("<function=", StringComparison.Ordinal)) return ReadTagged(text, tools, NextId, calls) ? calls : [];
        if (Named().Match(text) is { Success: true } named)
            return ReadValues(named.Groups[2].Value) is [{ ValueKind: JsonValueKind.Object } arguments] ? [new ToolCall(NextId(), named.Groups[1].Value, arguments)] : [];
        foreach (var value in ReadValues(text).SelectMany(value => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value]))
        {
            if (ReadObject(value, NextId()) is not { } call) return [];
            calls.Add(call);
        }

        return calls;
    }

    /// <summary>JSON values one after the other; none where anything else stands there.</summary>
    private static List<JsonElement> ReadValues(string text)
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

    private static ToolCall? ReadObject(JsonElement value, string id)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        if (value.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object) value = function;
        if (!value.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String || name.GetString() is not { Length: > 0 } named) return null;
        if (!value.TryGetProperty("arguments", out var arguments) && !value.TryGetProperty("parameters", out arguments)) return null;
        // Some models write the object as a text.
        if (arguments.ValueKind == JsonValueKind.String && ReadValues(arguments.GetString()!) is [var inner]) arguments = inner;
        if (arguments.ValueKind != JsonValueKind.Object) return null;
        return new ToolCall(value.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()! : id, named, arguments);
    }

    private static bool ReadTagged(string text, IReadOnlyList<Tool> tools, Func<string> nextId, List<ToolCall> calls)
    {
        var at = 0;
        for (var match = Function().Match(text); match.Success; match = match.NextMatch())
        {
            if (!string.IsNullOrWhiteSpace(text[at..match.Index])) return false;
            at = match.Index + match.Length;
            var name = match.Groups[1].Value;
            if (name.Length == 0 || ReadParameters(match.Groups[2].Value, tools.FirstOrDefault(tool => tool.Name == name)) is not { } arguments) return false;
            calls.Add(new ToolCall(nextId(), name, arguments));
        }

        return at > 0 && string.IsNullOrWhiteSpace(text[at..]);
    }

    private static JsonElement? ReadParameters(string text, Tool? tool)
    {
        var (at, arguments) = (0, new Dictionary<string, object?>());
        for (var match = Parameter().Match(text); match.Success; match = match.NextMatch())
        {
            if (!string.IsNullOrWhiteSpace(text[at..match.Index])) return null;
            at = match.Index + match.Length;
            arguments[match.Groups[1].Value] = Value(match.Groups[2].Value, IsText(tool, match.Groups[1].Value));
        }

        return string.IsNullOrWhiteSpace(text[at..]) ? JsonSerializer.SerializeToElement(arguments, DraftingJson.Default.DictionaryStringObject) : null;
    }

    private static object Value(string text, bool isText) => !isText && ReadValues(text) is [var value] ? value : text;

    private static bool IsText(Tool? tool, string parameter) =>
        tool is null || !tool.Parameters.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object || !properties.TryGetProperty(parameter, out var schema)
        || schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type", out var type) || (type.ValueKind == JsonValueKind.String && type.GetString() == "string");

    // Mistral: name[ARGS]{…}, or without the mark between.
    [GeneratedRegex(@"^\s*([\w.-]+)\s*(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\])?\s*(\{.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Named();

    [GeneratedRegex(@"<function=([^>\n]*)>(.*?)</function>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Function();

    [GeneratedRegex(@"<parameter=([^>\n]+)>\n?(.*?)\n?</parameter>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();
}
