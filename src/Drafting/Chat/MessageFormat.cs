using System.Text.Json;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>How a model marks what it thinks and which tools it calls.</summary>
/// <param name="Thinking">What stands around thinking; <see langword="null"/> where the model does not think aloud.</param>
/// <param name="Calls">What stands around a call; <see langword="null"/> where it calls no tools.</param>
internal sealed record MessageFormat(MessageTags? Thinking, MessageTags? Calls)
{
    private static readonly MessageTags ToolCall = new("<tool_call>", "</tool_call>");
    private static readonly MessageTags DeepSeek = new("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>") { Inner = ["<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"] };

    // What a template writes around the calls of earlier turns is what its model writes. The first of which all signs are found counts.
    private static readonly (string[] Signs, MessageTags Tags)[] KnownCalls =
    [
        (["<|tool_call>"], new("<|tool_call>", "<tool_call|>") { Inner = ["<|\"|>"] }), // Gemma 4: arguments are no JSON
        (["<｜tool▁calls▁begin｜>", "```json"], DeepSeek with { Form = new("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>") }),
        (["<｜tool▁calls▁begin｜>"], DeepSeek with { Form = new("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜><｜tool▁calls▁end｜>") }),
        (["<|tool_calls_section_begin|>"], new("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>") { Inner = ["<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"], Form = new("<|tool_calls_section_begin|><|tool_call_begin|>functions.", ":0<|tool_call_argument_begin|>", "<|tool_call_end|><|tool_calls_section_end|>") }), // Kimi
        (["<tool_calls>"], Listed("<tool_calls>", "</tool_calls>")), // Apriel
        (["<minimax:tool_call>"], new("<minimax:tool_call>", "</minimax:tool_call>") { Form = new("<minimax:tool_call>\n<invoke name=\"", "\">\n", "</invoke>\n</minimax:tool_call>") { Parameters = new("<parameter name=\"", "\">", "</parameter>\n") } }),
        (["｜DSML｜", "function_calls"], new("<｜DSML｜function_calls>", "</｜DSML｜function_calls>") { Inner = ["｜DSML｜"] }), // DeepSeek V3.2
        (["｜DSML｜"], new("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>") { Inner = ["｜DSML｜"] }), // DeepSeek V4
        (["<function name="], new("<function", "</function>") { Form = new("<function name=\"", "\">", "</function>") { Parameters = new("<param name=\"", "\">", "</param>") } }), // MiniCPM5
        (["<seed:tool_call>"], new("<seed:tool_call>", "</seed:tool_call>") { Form = new("<seed:tool_call>\n<function=", ">\n", "</function>\n</seed:tool_call>") { Parameters = new("<parameter=", ">", "</parameter>\n") } }),
        (["<arg_key>"], ToolCall with { Form = new("<tool_call>", "\n", "</tool_call>") { Parameters = new("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>\n") } }), // GLM
        (["<function=", "<tool_call>"], ToolCall with { Form = new("<tool_call>\n<function=", ">\n", "</function>\n</tool_call>") { Parameters = new("<parameter=", ">\n", "\n</parameter>\n") } }), // Qwen's coders
        (["<function="], new("<function=", "</function>") { Form = new("<function=", ">", "</function>") }), // Functionary 3.1
        (["<tool_call>"], ToolCall with { Form = new("<tool_call>\n{\"name\": \"", "\", \"arguments\": ", "}\n</tool_call>") }), // Hermes, Qwen, SmolLM
        (["[ARGS]"], new("[TOOL_CALLS]", null) { Inner = ["[ARGS]"], Form = new("[TOOL_CALLS]", "[ARGS]", "") }), // Mistral since 2025
        (["[TOOL_CALLS] ["], Listed("[TOOL_CALLS]", null, " ")), // Mistral
        (["[TOOL_CALLS]"], Listed("[TOOL_CALLS]", null)),
        (["<|/tool_call|>"], Listed("<|tool_call|>", "<|/tool_call|>")), // Phi 4
        (["<|/tool|>"], Listed("<|tool_call|>", "<|/tool_call|>")),
        (["<|tool_call|>"], Listed("<|tool_call|>", null)), // Granite
        (["<|tool_call_start|>"], Listed("<|tool_call_start|>", "<|tool_call_end|>")), // LFM2
        (["<|tool_list_start|>"], Listed("<|tool_call_start|>", "<|tool_call_end|>")),
        (["List of tools: ["], Listed("<|tool_call_start|>", "<|tool_call_end|>")), // LFM2.5
        (["<|tools_prefix|>"], new("<|tools_prefix|>", "<|tools_suffix|>") { Form = new("<|tools_prefix|>[{\"", "\": ", "}]<|tools_suffix|>") }), // Apertus
        (["<|function_call|>"], new("<|function_call|>", null) { Form = new("<|function_call|>{\"name\": \"", "\", \"arguments\": ", "}") }), // GigaChat 3.1
        (["<TOOLCALL>"], Listed("<TOOLCALL>", "</TOOLCALL>")), // Nemotron
        (["<|START_ACTION|>"], new("<|START_ACTION|>", "<|END_ACTION|>") { Form = new("<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"", "\", \"parameters\": ", "}\n]<|END_ACTION|>") }), // Command
        (["<|python_start|>"], new("<|python_start|>", "<|python_end|>", IsBare: true) { Form = Llama.Form }), // Llama 4
        (["functools["], Listed("functools", null)), // Phi 3.5, Firefunction
        (["<|python_tag|>"], Llama),
        (["<|start_header_id|>"], Llama),
    ];

    private static readonly (string Sign, MessageTags Tags)[] KnownThinking =
    [
        ("</think>", new("<think>", "</think>")),
        ("<think>", new("<think>", "</think>")),
        ("[THINK]", new("[THINK]", "[/THINK]")),
        ("<|START_THINKING|>", new("<|START_THINKING|>", "<|END_THINKING|>")),
        ("<seed:think>", new("<seed:think>", "</seed:think>")),
        ("<|channel>", new("<|channel>thought\n", "<channel|>")), // Gemma 4
    ];

    // gpt-oss: a message is a row of parts, each with a channel and whom it is for.
    private static readonly MessageTags Analysis = new("<|channel|>analysis<|message|>", "<|end|><|start|>assistant");
    private static readonly MessageTags Commentary = new("<|channel|>commentary to=functions.", "<|call|>") { Form = new("<|channel|>commentary to=functions.", " <|constrain|>json<|message|>", ""), Inner = ["<|return|>"] };

    public static MessageFormat Plain { get; } = new(null, null);

    /// <summary>Llama 3.</summary>
    private static MessageTags Llama => new("<|python_tag|>", null, IsBare: true) { Form = new("{\"name\": \"", "\", \"parameters\": ", "}") };

    /// <summary>A list of calls between two marks.</summary>
    private static MessageTags Listed(string begin, string? end, string space = "") => new(begin, end) { Form = new($"{begin}{space}[{{\"name\": \"", "\", \"arguments\": ", $"}}]{end}") };

    /// <summary>Whether a message is a row of parts with a channel each, as gpt-oss writes it.</summary>
    public bool HasChannels { get; private init; }

    public bool IsPlain => Thinking is null && Calls is null;

    /// <summary>All tags.</summary>
    public IEnumerable<string> Tags => new[] { Thinking?.Begin, Thinking?.End, Calls?.Begin, Calls?.End, Calls?.Form?.Between }.OfType<string>().Concat(Calls?.Inner ?? []);

    /// <summary>The format that belongs to a template.</summary>
    /// <param name="template">The template's text.</param>
    /// <param name="hasTools">Whether there are tools to call; without them what looks like a call is what is said.</param>
    public static MessageFormat Of(string template, bool hasTools)
    {
        bool Has(string sign) => template.Contains(sign, StringComparison.Ordinal);
        if (Has("<|channel|>") && Has("<|message|>")) return new MessageFormat(Analysis, Commentary) { HasChannels = true };
        var calls = hasTools ? Array.Find(KnownCalls, known => known.Signs.All(Has)).Tags : null;
        var format = new MessageFormat(Array.Find(KnownThinking, known => Has(known.Sign)).Tags, calls);
        return format.IsPlain ? Plain : format;
    }

    /// <summary>What reads a message.</summary>
    /// <param name="isInsideThinking">Whether it begins inside of thinking.</param>
    /// <param name="tools">The tools that it may call.</param>
    public MessageReader NewReader(bool isInsideThinking, IReadOnlyList<Tool> tools) => HasChannels ? new ChannelReader(isInsideThinking, tools) : new TaggedReader(this, isInsideThinking, tools);

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
    /// <summary>Marks inside of it.</summary>
    public IReadOnlyList<string> Inner { get; init; } = [];

    /// <summary>A whole call; <see langword="null"/> where no draft can be held to it.</summary>
    public CallForm? Form { get; init; }
}

/// <summary>How a model writes one call of a tool: its name and its arguments stand in it.</summary>
/// <param name="Before">Before the name.</param>
/// <param name="Between">Between the name and the arguments.</param>
/// <param name="After">After the arguments.</param>
internal sealed record CallForm(string Before, string Between, string After)
{
    /// <summary>How it writes each argument: a text as it is, all else as JSON; <see langword="null"/> where all arguments are one JSON object.</summary>
    public ParameterForm? Parameters { get; init; }

    /// <summary>A call in this form: the form's own are its marks, what the call says is content.</summary>
    public IEnumerable<TemplateRun> Write(ToolCall call)
    {
        IEnumerable<TemplateRun> arguments = Parameters is { } parameters ? call.Arguments.EnumerateObject().SelectMany(parameters.Write) : [new(call.Arguments.GetRawText(), true)];
        return [new(Before, false), new(call.Name, true), new(Between, false), .. arguments, new(After, false)];
    }
}

/// <summary>How a model writes one argument of a call.</summary>
/// <param name="Before">Before its name.</param>
/// <param name="Between">Between its name and its value.</param>
/// <param name="After">After its value.</param>
internal sealed record ParameterForm(string Before, string Between, string After)
{
    /// <summary>An argument in this form.</summary>
    public IEnumerable<TemplateRun> Write(JsonProperty argument) =>
        [new(Before, false), new(argument.Name, true), new(Between, false), new(argument.Value.ValueKind == JsonValueKind.String ? argument.Value.GetString()! : argument.Value.GetRawText(), true), new(After, false)];
}

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
