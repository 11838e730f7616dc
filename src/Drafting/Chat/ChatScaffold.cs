using System.Text;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Tokenizes a prompt: the template's control strings as control tokens, what people wrote as text.</summary>
internal sealed class ChatScaffold
{
    // Stands for a turn's content while the template is rendered; private-use characters, which no template contains.
    private const string Mark = "\uE0F1\uE0F2";

    private readonly LLamaWeights _weights;
    private readonly LlamaVocabulary _vocabulary;

    public ChatScaffold(LLamaWeights weights, LlamaVocabulary vocabulary)
    {
        (_weights, _vocabulary) = (weights, vocabulary);
        HasTemplate = weights.NativeHandle.GetTemplate(strict: false) is { Length: > 0 };
    }

    /// <summary>Whether the model brings a chat template.</summary>
    public bool HasTemplate { get; }

    /// <summary>The tokens of a prompt, with the model's own begin-of-text token where it wants one.</summary>
    /// <exception cref="DraftingException">llama.cpp does not know the model's template.</exception>
    public List<LLamaToken> Tokenize(DraftPrompt prompt) => prompt switch
    {
        DraftPrompt.Raw raw => Text(raw.Text),
        DraftPrompt.Chat chat when !HasTemplate => Text(string.Join("\n\n", chat.Turns.Select(turn => turn.Content))),
        DraftPrompt.Chat chat => Render(chat.Turns),
        _ => throw new ArgumentException($"{prompt.GetType().Name} is not a kind of prompt that is known.", nameof(prompt)),
    };

    /// <summary>The tokens of a prompt, checked against the context's size; turns are left out where the options say so.</summary>
    /// <exception cref="ContextOverflowException">It does not fit.</exception>
    public FittedPrompt Fit(DraftPrompt prompt, DraftOptions options, int contextSize)
    {
        var tokens = Tokenize(prompt);
        var dropped = 0;
        while (options.Overflow == PromptOverflow.DropOldestTurns && tokens.Count + options.MaxTokens > contextSize && prompt is DraftPrompt.Chat chat && WithoutOldest(chat) is { } shorter)
            (prompt, tokens, dropped) = (shorter, Tokenize(shorter), dropped + 1);
        if (tokens.Count == 0) throw new DraftingException("The prompt is empty, and this model has no begin-of-text token to start from.");
        if (tokens.Count >= contextSize) throw new ContextOverflowException(tokens.Count, contextSize - 1);
        return new FittedPrompt(tokens, dropped);
    }

    /// <summary>The tokens of a prompt and of what was written after it, as they are where the whole is read at once.</summary>
    public List<LLamaToken> Tokenize(DraftPrompt prompt, string written)
    {
        if (prompt is DraftPrompt.Raw raw) return Text(raw.Text + written);
        var tokens = Tokenize(prompt);
        Append(tokens, written, isControl: false, spaced: false);
        return tokens;
    }

    /// <summary>The conversation without its oldest turn, that of the system apart; none where only the last is left.</summary>
    private static DraftPrompt.Chat? WithoutOldest(DraftPrompt.Chat chat)
    {
        var oldest = chat.Turns.ToList().FindIndex(turn => turn.Role != "system");
        return oldest < 0 || oldest == chat.Turns.Count - 1 ? null : chat with { Turns = [.. chat.Turns.Where((_, i) => i != oldest)] };
    }

    private List<LLamaToken> Render(IReadOnlyList<ChatTurn> turns)
    {
        var pieces = Apply(turns).Split(Mark);
        if (pieces.Length != turns.Count + 1)
            throw new DraftingException("The model's chat template leaves out or repeats a turn; use a raw prompt instead.");
        var tokens = new List<LLamaToken>();
        for (var i = 0; i < turns.Count; i++)
        {
            var endsWithSpace = _vocabulary.AddsSpace && pieces[i].EndsWith(' ') && turns[i].Content.Length > 0;
            Append(tokens, endsWithSpace ? pieces[i][..^1] : pieces[i], isControl: true, spaced: false);
            Append(tokens, turns[i].Content, isControl: false, spaced: endsWithSpace);
        }

        Append(tokens, pieces[^1], isControl: true, spaced: false);
        return tokens;
    }

    /// <summary>Tokenizes a part as it would be tokenized inside the whole.</summary>
    /// <param name="tokens">What stands before it; the part is added.</param>
    /// <param name="text">The part.</param>
    /// <param name="isControl">Whether control strings in it are control tokens.</param>
    /// <param name="spaced">Whether a space stands before it that the model's tokenizer adds by itself.</param>
    private void Append(List<LLamaToken> tokens, string text, bool isControl, bool spaced)
    {
        if (tokens.Count == 0) tokens.AddRange(_vocabulary.Tokenize(text, isFirst: true, isControl));
        else if (text.Length == 0) return;
        else if (spaced || _vocabulary.IsControl(tokens[^1])) tokens.AddRange(_vocabulary.Tokenize(text, isFirst: false, isControl));
        else tokens.AddRange(_vocabulary.TokenizeInside(text, isControl));
    }

    private string Apply(IReadOnlyList<ChatTurn> turns)
    {
        try
        {
            var template = new LLamaTemplate(_weights) { AddAssistant = true };
            foreach (var turn in turns) template.Add(turn.Role, Mark);
            return Encoding.UTF8.GetString(template.Apply());
        }
        catch (Exception failure) when (failure is RuntimeError or TemplateNotFoundException or MissingTemplateException or ArgumentException)
        {
            throw new DraftingException("llama.cpp does not know the chat template of this model; use a raw prompt instead.", failure);
        }
    }

    private List<LLamaToken> Text(string text) => _vocabulary.Tokenize(text, isFirst: true, isControl: false);
}
