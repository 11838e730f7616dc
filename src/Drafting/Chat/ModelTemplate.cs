using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>The template of a model: the caller's, else the file's own.</summary>
internal sealed class ModelTemplate
{
    private readonly LLamaWeights _weights;
    private readonly ChatTemplate? _given;
    private readonly Lazy<Reading> _own;
    private readonly Lazy<Reading> _forTools;
    private readonly List<KeyValuePair<string, TemplateValue>> _tokens = [];

    public ModelTemplate(LLamaWeights weights, ChatTemplate? given)
    {
        (_weights, _given) = (weights, given);
        _own = new Lazy<Reading>(() => Read(null));
        _forTools = new Lazy<Reading>(() => Has(weights, "tokenizer.chat_template.tool_use") ? Read("tool_use") : _own.Value);
        IsThere = given is not null || Has(weights, "tokenizer.chat_template");
        Add("bos_token", weights.Vocab.BOS);
        Add("eos_token", weights.Vocab.EOS);
        Add("pad_token", weights.Vocab.Pad);
    }

    /// <summary>Whether there is one.</summary>
    public bool IsThere { get; }

    /// <summary>Its text, for what it says of the answers' form.</summary>
    public string Source(DraftPrompt.Chat chat) => _given?.Source ?? Chosen(chat).Source;

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, or the caller's cannot be rendered.</exception>
    /// <exception cref="DraftingException">It cannot be rendered, or leaves something out.</exception>
    public IReadOnlyList<TemplateRun> Render(DraftPrompt.Chat chat)
    {
        if (_given is not null) return Render(_given, chat);
        var chosen = Chosen(chat);
        try
        {
            return Render(chosen.Template ?? throw chosen.Failure!, chat);
        }
        catch (ChatTemplateException failure) when (!failure.IsRefusal)
        {
            return RenderBuiltIn(chat, failure);
        }
    }

    private IReadOnlyList<TemplateRun> Render(ChatTemplate template, DraftPrompt.Chat chat)
    {
        try
        {
            return RenderWhole(template, chat);
        }
        catch (ChatTemplateException failure) when (failure.IsRefusal)
        {
            foreach (var other in new[] { WithoutSystem(chat), WithoutThoughts(chat), WithoutSystem(WithoutThoughts(chat)) }.OfType<DraftPrompt.Chat>())
            {
                try
                {
                    return RenderWhole(template, other);
                }
                catch (ChatTemplateException)
                {
                    // What it refuses first is said.
                }
            }

            throw;
        }
    }

    /// <summary>Renders in the form in which the template writes all of the conversation's tools, calls and answers.</summary>
    private IReadOnlyList<TemplateRun> RenderWhole(ChatTemplate template, DraftPrompt.Chat chat)
    {
        Exception? failure = null;
        foreach (var form in Forms(template, chat))
        {
            try
            {
                var rendered = template.Render(_tokens.Concat(ConversationVariables.Of(chat, form)));
                if ((LeftOut(rendered.Value, template.Source, chat) ?? LeftOutCall(template, chat, form)) is not { } what) return [.. rendered.Runs];
                failure ??= new DraftingException($"The chat template leaves out {what}; use another template (LlamaDrafterOptions.ChatTemplate).");
            }
            catch (ChatTemplateException wrong) when (!wrong.IsRefusal)
            {
                failure ??= wrong;
            }
        }

        throw failure!;
    }

    /// <summary>The forms to try: calls that the template leaves out are written into what the turn says, where it is known how the model writes them.</summary>
    private static ConversationForm[] Forms(ChatTemplate template, DraftPrompt.Chat chat)
    {
        if (!chat.Turns.Any(turn => turn.ToolCalls.Count > 0)) return ConversationForm.All[..1];
        return MessageFormat.Of(template.Source, hasTools: true).Calls?.Form is { } written ? [.. ConversationForm.All, new ConversationForm { Written = written }] : ConversationForm.All;
    }

    private List<TemplateRun> RenderBuiltIn(DraftPrompt.Chat chat, ChatTemplateException failure)
    {
        var isPlain = chat.Tools.Count == 0 && chat.Turns.All(turn => turn.Role is "system" or "user" or "assistant" && turn.ToolCalls.Count == 0);
        try
        {
            return isPlain ? BuiltInTemplate.Render(_weights, chat.Turns) : throw new DraftingException("llama.cpp's own templates know no tools.");
        }
        catch (DraftingException other)
        {
            throw new DraftingException($"The model's chat template cannot be used. {failure.Message} {other.Message} Use another template (LlamaDrafterOptions.ChatTemplate) or a raw prompt.", failure);
        }
    }

    /// <summary>What of tools, calls and their answers a rendering does not have.</summary>
    private static string? LeftOut(string rendered, string source, DraftPrompt.Chat chat)
    {
        if (chat.Tools.Count > 0 && !source.Contains("tools", StringComparison.Ordinal)) return "tools: it knows none";
        if (chat.Tools.FirstOrDefault(tool => !Shows(rendered, tool.Name)) is { } tool) return $"the tool '{tool.Name}'";
        if (chat.Turns.SelectMany(turn => turn.ToolCalls).FirstOrDefault(call => !Shows(rendered, call.Name)) is { } call) return $"the call of '{call.Name}'";
        return chat.Turns.Any(turn => turn.Role == "tool" && !Shows(rendered, turn.Content)) ? "a tool's answer" : null;
    }

    /// <summary>Whether a rendering has none of the calls; a name may stand there for another reason, as that of a tool, so calls of another name are rendered.</summary>
    private string? LeftOutCall(ChatTemplate template, DraftPrompt.Chat chat, ConversationForm form)
    {
        const string Unheard = "unheardOfName";
        if (chat.Turns.SelectMany(turn => turn.ToolCalls).FirstOrDefault() is not { } call) return null;
        var renamed = chat with { Turns = [.. chat.Turns.Select(turn => turn with { ToolCalls = [.. turn.ToolCalls.Select(one => one with { Name = Unheard })] })] };
        try
        {
            return Shows(template.Render(_tokens.Concat(ConversationVariables.Of(renamed, form))).Value, Unheard) ? null : $"the call of '{call.Name}'";
        }
        catch (ChatTemplateException)
        {
            // It takes calls of its tools alone, and so reads them.
            return null;
        }
    }

    /// <summary>Whether a rendering has a text; its longest word speaks for it, as templates escape and trim.</summary>
    private static bool Shows(string rendered, string text)
    {
        var longest = "";
        for (var at = 0; at < text.Length; at++)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiLetterOrDigit(text[at])) at++;
            if (at - start > longest.Length) longest = text[start..at];
        }

        return rendered.Contains(longest, StringComparison.Ordinal);
    }

    /// <summary>The conversation with the system's text in the first user's turn; none where there is no such turn.</summary>
    private static DraftPrompt.Chat? WithoutSystem(DraftPrompt.Chat? chat)
    {
        var user = chat?.Turns.ToList().FindIndex(turn => turn.Role == "user") ?? -1;
        if (chat is null || user < 0 || chat.Turns[0].Role != "system") return null;
        return chat with { Turns = [.. chat.Turns.Select((turn, i) => i == user ? turn with { Content = $"{chat.Turns[0].Content}\n\n{turn.Content}" } : turn).Skip(1)] };
    }

    /// <summary>The conversation without what was thought before something was said and a tool called, where gpt-oss' template takes only one of them; none where there is no such turn.</summary>
    private static DraftPrompt.Chat? WithoutThoughts(DraftPrompt.Chat chat)
    {
        static bool HasBoth(ChatTurn turn) => turn is { Thinking: not null, Content.Length: > 0, ToolCalls.Count: > 0 };
        return chat.Turns.Any(HasBoth) ? chat with { Turns = [.. chat.Turns.Select(turn => HasBoth(turn) ? turn with { Thinking = null } : turn)] } : null;
    }

    private static bool Has(LLamaWeights weights, string key) => weights.Metadata.GetValueOrDefault(key) is { Length: > 0 };

    private Reading Chosen(DraftPrompt.Chat chat) => chat.Tools.Count > 0 ? _forTools.Value : _own.Value;

    private Reading Read(string? name)
    {
        var source = _weights.NativeHandle.GetTemplate(name, strict: false) ?? "";
        try
        {
            return new Reading(source, ChatTemplate.Parse(source), null);
        }
        catch (ChatTemplateException failure)
        {
            return new Reading(source, null, failure);
        }
    }

    private void Add(string name, LLamaToken? token)
    {
        if (token is { } there && _weights.Vocab.LLamaTokenToString(there, true) is { } text) _tokens.Add(new(name, TemplateValue.Of(text)));
    }

    /// <summary>A template of the file, or why it cannot be read.</summary>
    private sealed record Reading(string Source, ChatTemplate? Template, ChatTemplateException? Failure);
}
