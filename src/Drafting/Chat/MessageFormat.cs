using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>How a model marks what it thinks and which tools it calls.</summary>
/// <param name="Thinking">What stands around thinking; <see langword="null"/> where the model does not think aloud.</param>
/// <param name="Calls">What stands around a call; <see langword="null"/> where it calls no tools.</param>
internal sealed record MessageFormat(MessageTags? Thinking, MessageTags? Calls)
{
    // What a template writes around the calls of earlier turns is what its model writes. The first that is found counts.
    private static readonly (string Sign, MessageTags Tags)[] KnownCalls =
    [
        ("<function=", new("<tool_call>", "</tool_call>")), // Qwen's coders: arguments are no JSON
        ("<tool_call>", new("<tool_call>", "</tool_call>") { Form = new("<tool_call>\n{\"name\": \"", "\", \"arguments\": ", "}\n</tool_call>") }), // Hermes, Qwen, SmolLM
        ("[ARGS]", new("[TOOL_CALLS]", null) { Between = "[ARGS]", Form = new("[TOOL_CALLS]", "[ARGS]", "") }), // Mistral since 2025
        ("[TOOL_CALLS] [", new("[TOOL_CALLS]", null) { Form = new("[TOOL_CALLS] [{\"name\": \"", "\", \"arguments\": ", "}]") }), // Mistral
        ("[TOOL_CALLS]", new("[TOOL_CALLS]", null) { Form = new("[TOOL_CALLS][{\"name\": \"", "\", \"arguments\": ", "}]") }),
        ("<|tool_call|>", Phi),
        ("<|/tool|>", Phi),
        ("<|python_tag|>", Llama),
        ("<|start_header_id|>", Llama),
    ];

    private static readonly (string Sign, MessageTags Tags)[] KnownThinking = [("</think>", new("<think>", "</think>")), ("<think>", new("<think>", "</think>")), ("[THINK]", new("[THINK]", "[/THINK]"))];

    public static MessageFormat Plain { get; } = new(null, null);

    /// <summary>Phi 4.</summary>
    private static MessageTags Phi => new("<|tool_call|>", "<|/tool_call|>") { Form = new("<|tool_call|>[{\"name\": \"", "\", \"arguments\": ", "}]<|/tool_call|>") };

    /// <summary>Llama 3.</summary>
    private static MessageTags Llama => new("<|python_tag|>", null, IsBare: true) { Form = new("{\"name\": \"", "\", \"parameters\": ", "}") };

    public bool IsPlain => Thinking is null && Calls is null;

    /// <summary>All tags.</summary>
    public IEnumerable<string> Tags => new[] { Thinking?.Begin, Thinking?.End, Calls?.Begin, Calls?.Between, Calls?.End }.OfType<string>();

    /// <summary>The format that belongs to a template.</summary>
    /// <param name="template">The template's text.</param>
    /// <param name="hasTools">Whether there are tools to call; without them what looks like a call is what is said.</param>
    public static MessageFormat Of(string template, bool hasTools)
    {
        MessageTags? Known((string Sign, MessageTags Tags)[] all) => Array.Find(all, one => template.Contains(one.Sign, StringComparison.Ordinal)).Tags;
        var format = new MessageFormat(Known(KnownThinking), hasTools ? Known(KnownCalls) : null);
        return format.IsPlain ? Plain : format;
    }

    /// <summary>Whether a message begins inside of thinking: the prompt itself has opened it.</summary>
    /// <param name="prompt">The end of the prompt, as the template wrote it.</param>
    public bool BeginsInside(string prompt) => Thinking is not null && prompt.TrimEnd().EndsWith(Thinking.Begin, StringComparison.Ordinal);
}

/// <summary>What stands around a part of a message.</summary>
/// <param name="Begin">Before it.</param>
/// <param name="End">After it; <see langword="null"/> where the message, or the next part, ends it.</param>
/// <param name="IsBare">Whether it may also stand without: a message that begins with a brace.</param>
internal sealed record MessageTags(string Begin, string? End, bool IsBare = false)
{
    /// <summary>What stands between a tool's name and its arguments, where that is a mark.</summary>
    public string? Between { get; init; }

    /// <summary>A whole call; <see langword="null"/> where its arguments are no JSON.</summary>
    public CallForm? Form { get; init; }
}

/// <summary>How a model writes one call of a tool: its name and its arguments as JSON stand in it.</summary>
/// <param name="Before">Before the name.</param>
/// <param name="Between">Between the name and the arguments.</param>
/// <param name="After">After the arguments.</param>
internal sealed record CallForm(string Before, string Between, string After);

/// <summary>How the answer to a prompt is to be read.</summary>
/// <param name="Format">How the model marks the parts of a message.</param>
/// <param name="IsInsideThinking">Whether the message begins inside of thinking.</param>
/// <param name="Tools">The tools that it may call.</param>
/// <param name="Marks">Control tokens that are tags, and their texts.</param>
internal sealed record AnswerFormat(MessageFormat Format, bool IsInsideThinking, IReadOnlyList<Tool> Tools, IReadOnlyDictionary<LLamaToken, string> Marks)
{
    /// <summary>The tools of which one must be called; none where the model may say what it likes.</summary>
    public IReadOnlyList<Tool> Required { get; init; } = [];

    public static AnswerFormat Plain { get; } = new(MessageFormat.Plain, false, [], new Dictionary<LLamaToken, string>());
}
