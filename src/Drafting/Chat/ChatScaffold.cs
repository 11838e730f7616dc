using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Tokenizes a prompt: the template's control strings as control tokens, what people wrote as text.</summary>
internal sealed class ChatScaffold
{
    private readonly LlamaVocabulary _vocabulary;
    private readonly ModelTemplate _template;
    private readonly Lazy<ControlStrings> _controls;

    public ChatScaffold(LLamaWeights weights, LlamaVocabulary vocabulary, ChatTemplate? template = null)
    {
        _vocabulary = vocabulary;
        _template = new ModelTemplate(weights, template);
        _controls = new Lazy<ControlStrings>(() => ControlStrings.Of(weights));
    }

    /// <summary>Whether there is a chat template.</summary>
    public bool HasTemplate => _template.IsThere;

    /// <summary>The tokens of a prompt, with the model's own begin-of-text token where it wants one.</summary>
    /// <exception cref="DraftingException">The chat template cannot be rendered, or refuses the conversation.</exception>
    public List<LLamaToken> Tokenize(DraftPrompt prompt) => Read(prompt).Tokens;

    /// <summary>The tokens of a prompt, checked against the context's size; turns are left out where the options say so.</summary>
    /// <exception cref="ContextOverflowException">It does not fit.</exception>
    public FittedPrompt Fit(DraftPrompt prompt, DraftOptions options, int contextSize)
    {
        var (tokens, answer) = Read(prompt);
        var (dropped, all) = (0, (prompt as DraftPrompt.Chat)?.Turns.Count ?? 0);
        while (options.Overflow == PromptOverflow.DropOldestTurns && tokens.Count + options.MaxTokens > contextSize && prompt is DraftPrompt.Chat chat && Shorter(chat) is { } shorter)
            (prompt, tokens, answer, dropped) = (shorter.Prompt, shorter.Tokens, shorter.Answer, all - shorter.Prompt.Turns.Count);
        if (tokens.Count == 0) throw new DraftingException("The prompt is empty, and this model has no begin-of-text token to start from.");
        if (tokens.Count >= contextSize) throw new ContextOverflowException(tokens.Count, contextSize - 1);
        return new FittedPrompt(tokens, dropped, answer);
    }

    /// <summary>The tokens of a prompt and of what was written after it, as they are where the whole is read at once.</summary>
    public List<LLamaToken> Tokenize(DraftPrompt prompt, string written)
    {
        if (prompt is DraftPrompt.Raw raw) return Text(raw.Text + written);
        var (tokens, answer) = Read(prompt);
        // The marks of a call or of thinking are the model's own.
        foreach (var (text, token) in _controls.Value.Only(answer.Marks.Values).Split(written)) Append(tokens, text, token);
        return tokens;
    }

    /// <summary>How what a model writes after a prompt is to be read.</summary>
    public AnswerFormat Answer(DraftPrompt prompt) => Read(prompt).Answer;

    private (List<LLamaToken> Tokens, AnswerFormat Answer) Read(DraftPrompt prompt) => prompt switch
    {
        DraftPrompt.Raw raw => (Text(raw.Text), AnswerFormat.Plain),
        DraftPrompt.Chat chat when HasTemplate => Render(chat),
        DraftPrompt.Chat { Tools.Count: > 0 } or DraftPrompt.Chat { RequiredTools.Count: > 0 } => throw new DraftingException("The model brings no chat template, so it knows no tools; give it one (LlamaDrafterOptions.ChatTemplate)."),
        DraftPrompt.Chat chat => (Text(string.Join("\n\n", chat.Turns.Select(turn => turn.Content))), AnswerFormat.Plain),
        _ => throw new ArgumentException($"{prompt.GetType().Name} is not a kind of prompt that is known.", nameof(prompt)),
    };

    private (List<LLamaToken> Tokens, AnswerFormat Answer) Render(DraftPrompt.Chat chat)
    {
        var runs = _template.Render(chat);
        var format = MessageFormat.Of(_template.Source(chat), hasTools: chat.Tools.Count > 0 || chat.Turns.Any(turn => turn.ToolCalls.Count > 0));
        var isThinking = runs.Count > 0 && !runs[^1].IsContent && format.BeginsInside(runs[^1].Text);
        var answer = format.IsPlain && chat.Tools.Count == 0 ? AnswerFormat.Plain : new AnswerFormat(format, isThinking, chat.Tools, Marks(format));
        return (Tokenize(runs), RequiredCall.Of(chat) is { Count: > 0 } required ? answer with { Required = required } : answer);
    }

    /// <summary>Control tokens in the tags of a format, which print nothing by themselves.</summary>
    private Dictionary<LLamaToken, string> Marks(MessageFormat format) =>
        format.Tags.SelectMany(_controls.Value.Split).Where(part => part.Token is not null).DistinctBy(part => part.Token).ToDictionary(part => part.Token!.Value, part => part.Text);

    /// <summary>
    /// Between two control tokens template and content are one text, tokenized as the model has always seen it; none of it is a control token.
    /// </summary>
    private List<LLamaToken> Tokenize(IReadOnlyList<TemplateRun> runs)
    {
        var tokens = new List<LLamaToken>();
        if (_vocabulary.Begin is { } begin) tokens.Add(begin);
        var between = "";
        foreach (var (text, token) in runs.SelectMany(run => run.IsContent ? [(run.Text, null)] : _controls.Value.Split(run.Text)))
        {
            if (token is null)
            {
                between += text;
                continue;
            }

            Append(tokens, between, null);
            between = "";
            // A template that writes the begin-of-text token itself would give two.
            if (tokens.Count != 1 || tokens[0] != token || _vocabulary.Begin != token) Append(tokens, text, token);
        }

        Append(tokens, between, null);
        return tokens;
    }

    private void Append(List<LLamaToken> tokens, string text, LLamaToken? token)
    {
        if (token is { } control) tokens.Add(control);
        else if (tokens.Count > 0 && _vocabulary.TakesSpaceAfter(tokens[^1])) Append(tokens, text.TrimStart(' ', '\t', '\n', '\v', '\f', '\r'));
        else Append(tokens, text);
    }

    /// <summary>Tokenizes a text as it would be tokenized inside the whole.</summary>
    private void Append(List<LLamaToken> tokens, string text)
    {
        if (text.Length == 0) return;
        tokens.AddRange(tokens.Count == 0 || _vocabulary.IsControl(tokens[^1]) ? _vocabulary.Tokenize(text, isFirst: false, isControl: false) : _vocabulary.TokenizeInside(text, isControl: false));
    }

    /// <summary>The conversation without its oldest turns, until the template takes it; none where only the last is left.</summary>
    private (DraftPrompt.Chat Prompt, List<LLamaToken> Tokens, AnswerFormat Answer)? Shorter(DraftPrompt.Chat chat)
    {
        for (var shorter = WithoutOldest(chat); shorter is not null; shorter = WithoutOldest(shorter))
        {
            try
            {
                var (tokens, answer) = Read(shorter);
                return (shorter, tokens, answer);
            }
            catch (ChatTemplateException refusal) when (refusal.IsRefusal && WithoutOldest(shorter) is not null)
            {
                // It wants to begin with a user's turn, say.
            }
        }

        return null;
    }

    /// <summary>The conversation without its oldest turn, that of the system apart, and with it the answers to the tools that it called.</summary>
    private static DraftPrompt.Chat? WithoutOldest(DraftPrompt.Chat chat)
    {
        var turns = chat.Turns.ToList();
        var oldest = turns.FindIndex(turn => turn.Role != "system");
        if (oldest < 0) return null;
        var next = oldest + 1;
        while (next < turns.Count && turns[next].Role == "tool") next++;
        return next >= turns.Count ? null : chat with { Turns = [.. turns[..oldest], .. turns[next..]] };
    }

    private List<LLamaToken> Text(string text) => _vocabulary.Tokenize(text, isFirst: true, isControl: false);
}
