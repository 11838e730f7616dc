using System.Text.Json;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>How a model marks what it thinks and which tools it calls.</summary>
/// <param name="Thinking">What stands around thinking; <see langword="null"/> where the model does not think aloud.</param>
/// <param name="Calls">What stands around a call; <see langword="null"/> where it calls no tools.</param>
internal sealed record MessageFormat(MessageTags? Thinking, MessageTags? Calls)
{
    public static MessageFormat Plain { get; } = new(null, null);

    /// <summary>Whether a message is a row of parts with a channel each, as gpt-oss writes it.</summary>
    public bool HasChannels { get; private init; }

    /// <summary>What stands before what is said where nothing is thought or called.</summary>
    public string BeforeSaid => HasChannels ? "<|channel|>final<|message|>" : "";

    public bool IsPlain => Thinking is null && Calls is null;

    /// <summary>All tags.</summary>
    public IEnumerable<string> Tags =>
        new[] { Thinking?.Begin, Thinking?.End, Calls?.Begin, Calls?.End, Calls?.Form?.Between }.OfType<string>().Concat(Calls?.Inner ?? []);

    /// <summary>The format that belongs to a template.</summary>
    /// <param name="template">The template's text.</param>
    /// <param name="hasTools">Whether there are tools to call; without them what looks like a call is what is said.</param>
    public static MessageFormat Of(string template, bool hasTools)
    {
        if (KnownFormats.HasChannels(template)) return new MessageFormat(KnownFormats.Harmony.Thinking, KnownFormats.Harmony.Calls) { HasChannels = true };
        var format = new MessageFormat(KnownFormats.Thinking(template), hasTools ? KnownFormats.Calls(template) : null);
        return format.IsPlain ? Plain : format;
    }

    /// <summary>What reads a message.</summary>
    /// <param name="isInsideThinking">Whether it begins inside of thinking.</param>
    /// <param name="tools">The tools that it may call.</param>
    public MessageReader NewReader(bool isInsideThinking, IReadOnlyList<Tool> tools) => HasChannels ? new ChannelReader(isInsideThinking, tools) : new TaggedReader(this, isInsideThinking, tools);

    /// <summary>Whether a message begins inside of thinking: the prompt itself has opened it.</summary>
    /// <param name="prompt">The end of the prompt, as the template wrote it.</param>
    public bool BeginsInside(string prompt) => Thinking is not null && prompt.TrimEnd().EndsWith(Thinking.Begin.TrimEnd(), StringComparison.Ordinal);
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
