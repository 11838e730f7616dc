using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HybridGen.Drafting;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin.Chat;

/// <summary>What a chat's caller asks for.</summary>
/// <param name="Prompt">The conversation and its tools.</param>
/// <param name="Options">How to draft and revise.</param>
/// <param name="Settings">The settings that this was read from.</param>
internal sealed record ChatRequest(DraftPrompt Prompt, GenerateOptions Options, HybridGenPromptExecutionSettings Settings)
{
    /// <summary>Whether only the first of several calls of tools is handed on.</summary>
    public bool HasOneCall { get; init; }

    // An answer of a conversation that is cut short is worse than one that is late.
    private const int MostTokens = 1024;

    /// <summary>Reads a request; nothing of the caller's is changed.</summary>
    /// <exception cref="ArgumentException">A message or an option cannot be used; the exception says which.</exception>
    /// <exception cref="NotSupportedException">Something is asked for that the engine cannot do.</exception>
    public static ChatRequest Read(IChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var settings = Asked(client, options);
        settings.MaxTokens ??= MostTokens;
        if (settings.Each().Skip(1).Any()) throw new NotSupportedException($"ResultsPerPrompt is {settings.ResultsPerPrompt}, but a chat client's response is one answer; use chat completion, or ask several times.");
        var tools = Tools(options);
        var chat = new DraftPrompt.Chat(Conversation.Read(messages, options?.Instructions, settings.ChatSystemPrompt)) { Tools = tools, RequiredTools = Required(tools, options?.ToolMode), IsThinking = settings.Thinking };
        return new(settings.Raw == true ? Raw(chat) : chat, settings.ToOptions(), settings) { HasOneCall = options?.AllowMultipleToolCalls == false };
    }

    private static DraftPrompt.Raw Raw(DraftPrompt.Chat chat) => chat is { Turns: [{ Role: "user" } text], Tools.Count: 0 }
        ? new(text.Content)
        : throw new NotSupportedException("Raw is set, but a conversation is no text to go on with. Give one message of the user without instructions and tools, or leave Raw out.");

    /// <summary>Settings of our own where the caller gave some, else the additional properties; options that are set go before both.</summary>
    private static HybridGenPromptExecutionSettings Asked(IChatClient client, ChatOptions? options)
    {
        if (options is null) return new();
        var given = options.RawRepresentationFactory?.Invoke(client) as HybridGenPromptExecutionSettings;
        var settings = given is not null
            ? (HybridGenPromptExecutionSettings)given.Clone()
            : HybridGenPromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings { ExtensionData = Known(options.AdditionalProperties) });
        settings.MaxTokens = options.MaxOutputTokens ?? settings.MaxTokens;
        settings.Temperature = options.Temperature is { } temperature ? Exact(temperature) : settings.Temperature;
        settings.TopP = options.TopP is { } topP ? Exact(topP) : settings.TopP;
        settings.TopK = options.TopK ?? settings.TopK;
        settings.Seed = options.Seed ?? settings.Seed;
        settings.FrequencyPenalty = options.FrequencyPenalty is { } frequency ? Exact(frequency) : settings.FrequencyPenalty;
        settings.PresencePenalty = options.PresencePenalty is { } presence ? Exact(presence) : settings.PresencePenalty;
        settings.StopSequences = options.StopSequences ?? settings.StopSequences;
        settings.Thinking = options.Reasoning?.Effort is { } effort ? effort != ReasoningEffort.None : settings.Thinking;
        settings.ResponseFormat = RequestedFormat.Plain(options.ResponseFormat ?? settings.ResponseFormat);
        return settings;
    }

    private static List<Tool> Tools(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode) return [];
        return [.. tools.Select(tool => tool is AIFunctionDeclaration function
            ? new Tool(function.Name, function.Description, Parameters(function.JsonSchema))
            : throw new NotSupportedException($"The tool '{tool.Name}' is a {tool.GetType().Name}; only functions can be called."))];
    }

    /// <summary>Functions of a kernel come with a keyword that is none of JSON Schema's; it repeats the description.</summary>
    private static JsonElement Parameters(JsonElement schema)
    {
        const string Foreign = "condition";
        if (!schema.TryGetProperty(Foreign, out var value) || value.ValueKind != JsonValueKind.String) return schema;
        var own = JsonObject.Create(schema)!;
        own.Remove(Foreign);
        return JsonElement.Parse(own.ToJsonString());
    }

    /// <summary>The names of the tools of which one must be called; without tools there is nothing to require.</summary>
    private static IReadOnlyList<string> Required(List<Tool> tools, ChatToolMode? mode)
    {
        if (tools.Count == 0 || mode is not RequiredChatToolMode required) return [];
        if (required.RequiredFunctionName is not { } name) return [.. tools.Select(tool => tool.Name)];
        return tools.Exists(tool => tool.Name == name) ? [name] : throw new ArgumentException($"The tool '{name}' is required, but it is none of the tools: {string.Join(", ", tools.Select(tool => tool.Name))}.");
    }

    private static Dictionary<string, object>? Known(AdditionalPropertiesDictionary? properties) =>
        properties is { Count: > 0 } ? properties.Where(property => property.Value is not null).ToDictionary(property => property.Key, property => property.Value!) : null;

    /// <summary>0.7 as a float is 0.699999988 as a double; what was meant is the shortest number that rounds to it.</summary>
    private static double Exact(float value) => double.Parse(value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
