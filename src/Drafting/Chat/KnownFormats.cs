namespace HybridGen.Drafting;

/// <summary>How the models of this world mark thinking and calls, found by what their chat templates write.</summary>
/// <remarks>What a template writes around the calls of earlier turns is what its model writes itself.</remarks>
internal static class KnownFormats
{
    private static readonly MessageTags ToolCall = new("<tool_call>", "</tool_call>");

    private static readonly MessageTags DeepSeek = new("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")
    {
        Inner = ["<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"],
    };

    private static readonly MessageTags Kimi = new("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
    {
        Inner = ["<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"],
        Form = new("<|tool_calls_section_begin|><|tool_call_begin|>functions.", ":0<|tool_call_argument_begin|>", "<|tool_call_end|><|tool_calls_section_end|>"),
    };

    private static readonly MessageTags Llama = new("<|python_tag|>", null, IsBare: true) { Form = new("{\"name\": \"", "\", \"parameters\": ", "}") };
    private static readonly MessageTags Phi = Listed("<|tool_call|>", "<|/tool_call|>");
    private static readonly MessageTags Lfm = Listed("<|tool_call_start|>", "<|tool_call_end|>");

    // The first of which all signs are found counts: those that others write too, for something else, come last.
    private static readonly (string[] Signs, MessageTags Tags)[] CallsBySigns =
    [
        // Gemma 4: arguments are no JSON.
        (["<|tool_call>"], new("<|tool_call>", "<tool_call|>") { Inner = ["<|\"|>"] }),
        // R1, and since V3.1.
        (["<｜tool▁calls▁begin｜>", "```json"], DeepSeek with { Form = new($"{DeepSeek.Begin}<｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", $"\n```<｜tool▁call▁end｜>{DeepSeek.End}") }),
        (["<｜tool▁calls▁begin｜>"], DeepSeek with { Form = new($"{DeepSeek.Begin}<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", $"<｜tool▁call▁end｜>{DeepSeek.End}") }),
        // V3.2 and V4: whether a parameter is a text stands beside it.
        (["｜DSML｜", "function_calls"], new("<｜DSML｜function_calls>", "</｜DSML｜function_calls>") { Inner = ["｜DSML｜"] }),
        (["｜DSML｜"], new("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>") { Inner = ["｜DSML｜"] }),
        (["<|tool_calls_section_begin|>"], Kimi),
        // Apriel, MiniMax M1.
        (["<tool_calls>"], Listed("<tool_calls>", "</tool_calls>")),
        // MiniMax M2, MiniCPM5, Seed, GLM, Qwen's coders: each parameter in tags of its own.
        (["<minimax:tool_call>"], Apart("<minimax:tool_call>\n<invoke name=\"", "\">\n", "</invoke>\n</minimax:tool_call>", new("<parameter name=\"", "\">", "</parameter>\n"), new("<minimax:tool_call>", "</minimax:tool_call>"))),
        (["<function name="], Apart("<function name=\"", "\">", "</function>", new("<param name=\"", "\">", "</param>"), new("<function", "</function>"))),
        (["<seed:tool_call>"], Apart("<seed:tool_call>\n<function=", ">\n", "</function>\n</seed:tool_call>", new("<parameter=", ">", "</parameter>\n"), new("<seed:tool_call>", "</seed:tool_call>"))),
        (["<arg_key>"], Apart("<tool_call>", "\n", "</tool_call>", new("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>\n"), ToolCall)),
        (["<function=", "<tool_call>"], Apart("<tool_call>\n<function=", ">\n", "</function>\n</tool_call>", new("<parameter=", ">\n", "\n</parameter>\n"), ToolCall)),
        // Functionary 3.1.
        (["<function="], new("<function=", "</function>") { Form = new("<function=", ">", "</function>") }),
        // Hermes, Qwen, SmolLM, Granite 4.
        (["<tool_call>"], ToolCall with { Form = new("<tool_call>\n{\"name\": \"", "\", \"arguments\": ", "}\n</tool_call>") }),
        // Mistral since 2025, and before.
        (["[ARGS]"], new("[TOOL_CALLS]", null) { Inner = ["[ARGS]"], Form = new("[TOOL_CALLS]", "[ARGS]", "") }),
        (["[TOOL_CALLS] ["], Listed("[TOOL_CALLS]", null, " ")),
        (["[TOOL_CALLS]"], Listed("[TOOL_CALLS]", null)),
        (["<|/tool_call|>"], Phi),
        (["<|/tool|>"], Phi),
        // Granite 3.
        (["<|tool_call|>"], Listed("<|tool_call|>", null)),
        (["<|tool_call_start|>"], Lfm),
        (["<|tool_list_start|>"], Lfm),
        (["List of tools: ["], Lfm),
        // Apertus: the name is the key.
        (["<|tools_prefix|>"], new("<|tools_prefix|>", "<|tools_suffix|>") { Form = new("<|tools_prefix|>[{\"", "\": ", "}]<|tools_suffix|>") }),
        // GigaChat 3.1.
        (["<|function_call|>"], new("<|function_call|>", null) { Form = new("<|function_call|>{\"name\": \"", "\", \"arguments\": ", "}") }),
        // Nemotron.
        (["<TOOLCALL>"], Listed("<TOOLCALL>", "</TOOLCALL>")),
        // Command.
        (["<|START_ACTION|>"], new("<|START_ACTION|>", "<|END_ACTION|>") { Form = new("<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"", "\", \"parameters\": ", "}\n]<|END_ACTION|>") }),
        // Firefunction.
        (["functools["], Listed("functools", null)),
        // Llama 4 and 3.
        (["<|python_start|>"], new("<|python_start|>", "<|python_end|>", IsBare: true) { Form = Llama.Form }),
        (["<|python_tag|>"], Llama),
        (["<|start_header_id|>"], Llama),
    ];

    private static readonly (string Sign, MessageTags Tags)[] ThinkingBySign =
    [
        ("</think>", new("<think>", "</think>")),
        ("<think>", new("<think>", "</think>")),
        ("[THINK]", new("[THINK]", "[/THINK]")),
        ("<|START_THINKING|>", new("<|START_THINKING|>", "<|END_THINKING|>")),
        ("<seed:think>", new("<seed:think>", "</seed:think>")),
        ("<|channel>", new("<|channel>thought\n", "<channel|>")),
    ];

    /// <summary>gpt-oss: a message is a row of parts, each with a channel and whom it is for.</summary>
    public static (MessageTags Thinking, MessageTags Calls) Harmony { get; } = (
        new("<|channel|>analysis<|message|>", "<|end|><|start|>assistant"),
        new("<|channel|>commentary to=functions.", "<|call|>") { Form = new("<|channel|>commentary to=functions.", " <|constrain|>json<|message|>", ""), Inner = ["<|return|>"] });

    /// <summary>Whether a template is that of a model whose messages have channels.</summary>
    public static bool HasChannels(string template) => Has(template, "<|channel|>") && Has(template, "<|message|>");

    /// <summary>What stands around thinking; <see langword="null"/> where a template has none.</summary>
    public static MessageTags? Thinking(string template) => Array.Find(ThinkingBySign, known => Has(template, known.Sign)).Tags;

    /// <summary>What stands around calls; <see langword="null"/> where a template has none.</summary>
    public static MessageTags? Calls(string template) => Array.Find(CallsBySigns, known => known.Signs.All(sign => Has(template, sign))).Tags;

    private static bool Has(string template, string sign) => template.Contains(sign, StringComparison.Ordinal);

    /// <summary>A list of calls between two marks.</summary>
    private static MessageTags Listed(string begin, string? end, string space = "") => new(begin, end) { Form = new($"{begin}{space}[{{\"name\": \"", "\", \"arguments\": ", $"}}]{end}") };

    /// <summary>A call whose parameters stand each in tags of their own.</summary>
    private static MessageTags Apart(string before, string between, string after, ParameterForm parameters, MessageTags tags) => tags with { Form = new(before, between, after) { Parameters = parameters } };
}
