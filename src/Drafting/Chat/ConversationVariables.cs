namespace HybridGen.Drafting;

/// <summary>A conversation as the variables of a template, in the form that transformers gives them.</summary>
internal static class ConversationVariables
{
    /// <summary>The variables.</summary>
    /// <param name="chat">The conversation.</param>
    /// <param name="form">What templates disagree on.</param>
    public static IEnumerable<KeyValuePair<string, TemplateValue>> Of(DraftPrompt.Chat chat, ConversationForm form)
    {
        yield return new("messages", TemplateValue.List(chat.Turns.Select(turn => Message(turn, form))));
        yield return new("tools", chat.Tools.Count == 0 ? TemplateValue.None.Value : TemplateValue.List(chat.Tools.Select(Function)));
        yield return new("documents", TemplateValue.None.Value);
        yield return new("add_generation_prompt", TemplateValue.Of(true));
        if (chat.IsThinking is { } isThinking) yield return new("enable_thinking", TemplateValue.Of(isThinking));
        foreach (var (name, value) in chat.Variables) yield return new(name, JsonText.Value(value));
    }

    private static TemplateValue.Mapping Message(ChatTurn turn, ConversationForm form)
    {
        var isSilent = turn.ToolCalls.Count > 0 && turn.Content.Length == 0 && form.IsSilenceNone;
        // A role is small letters only, so the template's own words for it stand for it.
        var message = new TemplateValue.Mapping().Add("role", TemplateValue.Of(turn.Role)).Add("content", isSilent ? TemplateValue.None.Value : (TemplateValue)Content(turn.Content));
        if (turn.Thinking is { } thinking) message.Add("reasoning_content", Content(thinking)).Add("thinking", Content(thinking));
        if (turn.ToolCalls.Count > 0 && form.Written is { } written) message.Add("content", Written(turn, written));
        else if (turn.ToolCalls.Count > 0) message.Add("tool_calls", TemplateValue.List(turn.ToolCalls.Select(call => Call(call, form))));
        if (turn.ToolCallId is { } id) message.Add("tool_call_id", Content(id));
        if (turn.ToolName is { } name) message.Add("name", Content(name));
        return message;
    }

    /// <summary>What a turn says, and its calls as the model writes them.</summary>
    private static TemplateValue.Text Written(ChatTurn turn, CallForm form) =>
        new(MarkedText.Of([new TemplateRun(turn.Content, true), .. turn.ToolCalls.SelectMany((call, i) => form.Write(call).Prepend(new TemplateRun(turn.Content.Length > 0 || i > 0 ? "\n" : "", false)))]));

    private static TemplateValue.Mapping Call(ToolCall call, ConversationForm form)
    {
        var arguments = form.AreArgumentsText ? (TemplateValue)Content(call.Arguments.GetRawText()) : JsonText.Value(call.Arguments);
        var function = new TemplateValue.Mapping().Add("name", Content(call.Name)).Add("arguments", arguments);
        return new TemplateValue.Mapping().Add("id", Content(call.Id)).Add("type", TemplateValue.Of("function")).Add("function", function);
    }

    private static TemplateValue.Mapping Function(Tool tool) => new TemplateValue.Mapping().Add("type", TemplateValue.Of("function")).Add(
        "function",
        new TemplateValue.Mapping().Add("name", Content(tool.Name)).Add("description", Content(tool.Description)).Add("parameters", JsonText.Value(tool.Parameters)));

    private static TemplateValue.Text Content(string text) => TemplateValue.Of(text, isContent: true);
}

/// <summary>What templates disagree on where an assistant calls a tool.</summary>
/// <param name="IsSilenceNone">Whether the content of a turn that says nothing is none, not empty.</param>
/// <param name="AreArgumentsText">Whether arguments are JSON as text, not values.</param>
internal readonly record struct ConversationForm(bool IsSilenceNone, bool AreArgumentsText)
{
    /// <summary>How calls are written into what the turn says, for a template that leaves them out; null where they are given to the template.</summary>
    public CallForm? Written { get; init; }

    /// <summary>The forms, the usual one first.</summary>
    public static ConversationForm[] All { get; } = [new(false, false), new(true, false), new(false, true), new(true, true)];
}
