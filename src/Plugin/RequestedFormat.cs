using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin;

/// <summary>What an answer must look like, in each of the forms in which programs say it.</summary>
internal static class RequestedFormat
{
    /// <summary>The format as a name or a JSON Schema; what is neither stays what it is.</summary>
    public static object? Plain(object? format) => format switch
    {
        Type type => Schema(type),
        ChatResponseFormatJson { Schema: { } schema } => schema,
        ChatResponseFormatJson => "json_object",
        ChatResponseFormatText => "text",
        JsonElement { ValueKind: JsonValueKind.String } name => name.GetString(),
        JsonElement { ValueKind: JsonValueKind.Object } element => OfOpenAI(element),
        _ => format,
    };

    /// <summary>The settings with a format that can be written as JSON, as Semantic Kernel does on the way to a chat client.</summary>
    public static HybridGenPromptExecutionSettings WithPlainFormat(this HybridGenPromptExecutionSettings settings)
    {
        if (settings.ResponseFormat is not (Type or ChatResponseFormat)) return settings;
        var plain = (HybridGenPromptExecutionSettings)settings.Clone();
        plain.ResponseFormat = Plain(settings.ResponseFormat);
        return plain;
    }

    private static JsonElement Schema(Type type) => AIJsonUtilities.CreateJsonSchema(type, serializerOptions: PluginJson.Known);

    /// <summary>As prompt files have it: <c>{"type": "json_object"}</c>, or <c>{"type": "json_schema", "json_schema": {"schema": ...}}</c>.</summary>
    private static object OfOpenAI(JsonElement format) => Text(format, "type") switch
    {
        "text" or "json_object" => Text(format, "type")!,
        "json_schema" when format.TryGetProperty("json_schema", out var named) && named.ValueKind == JsonValueKind.Object && named.TryGetProperty("schema", out var schema) => schema,
        _ => format,
    };

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Writes a type as its schema: the settings of other services may have one as their format.</summary>
    internal sealed class TypeConverter : JsonConverter<Type>
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsAssignableTo(typeof(Type));

        public override Type Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Type value, JsonSerializerOptions options) => Schema(value).WriteTo(writer);
    }
}
