using System.Text;
using LLama;
using LLama.Exceptions;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Tokenizes a prompt: the template's control strings as control tokens, what people wrote as text.</summary>
internal sealed class ChatScaffold(LLamaWeights weights)
{
    // Stands for a turn's content while the template is rendered; private-use characters, which no template contains.
    private const string Mark = "\uE0F1\uE0F2";

    /// <summary>Whether the model brings a chat template.</summary>
    public bool HasTemplate { get; } = weights.NativeHandle.GetTemplate(strict: false) is { Length: > 0 };

    /// <summary>The tokens of a prompt, with the model's own begin-of-text token where it wants one.</summary>
    /// <exception cref="DraftingException">llama.cpp does not know the model's template.</exception>
    public List<LLamaToken> Tokenize(DraftPrompt prompt) => prompt switch
    {
        DraftPrompt.Raw raw => Text(raw.Text, isFirst: true),
        DraftPrompt.Chat chat when !HasTemplate => Text(string.Join("\n\n", chat.Turns.Select(turn => turn.Content)), isFirst: true),
        DraftPrompt.Chat chat => Render(chat.Turns),
        _ => throw new ArgumentException($"{prompt.GetType().Name} is not a kind of prompt that is known.", nameof(prompt)),
    };

    private List<LLamaToken> Render(IReadOnlyList<ChatTurn> turns)
    {
        var pieces = Apply(turns).Split(Mark);
        if (pieces.Length != turns.Count + 1)
            throw new DraftingException("The model's chat template leaves out or repeats a turn; use a raw prompt instead.");
        var tokens = Control(pieces[0], isFirst: true);
        for (var i = 0; i < turns.Count; i++)
        {
            tokens.AddRange(Text(turns[i].Content, isFirst: false));
            tokens.AddRange(Control(pieces[i + 1], isFirst: false));
        }

        return tokens;
    }

    private string Apply(IReadOnlyList<ChatTurn> turns)
    {
        try
        {
            var template = new LLamaTemplate(weights) { AddAssistant = true };
            foreach (var turn in turns) template.Add(turn.Role, Mark);
            return Encoding.UTF8.GetString(template.Apply());
        }
        catch (Exception failure) when (failure is RuntimeError or TemplateNotFoundException or MissingTemplateException or ArgumentException)
        {
            throw new DraftingException("llama.cpp does not know the chat template of this model; use a raw prompt instead.", failure);
        }
    }

    private List<LLamaToken> Text(string text, bool isFirst) => Tokenize(text, isFirst, isControl: false);

    private List<LLamaToken> Control(string text, bool isFirst) => text.Length == 0 && !isFirst ? [] : Tokenize(text, isFirst, isControl: true);

    private List<LLamaToken> Tokenize(string text, bool isFirst, bool isControl)
    {
        var tokens = weights.Tokenize(text, isFirst, isControl, Encoding.UTF8).ToList();
        // Models that end what they read would end the prompt before the draft has begun.
        if (isFirst && tokens.Count > 1 && weights.Vocab.ShouldAddEOS && tokens[^1] == weights.Vocab.EOS) tokens.RemoveAt(tokens.Count - 1);
        // A template that writes the begin-of-text token itself would give two.
        if (isFirst && tokens.Count > 1 && tokens[0] == weights.Vocab.BOS && tokens[1] == tokens[0]) tokens.RemoveAt(0);
        return tokens;
    }
}
