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

    // SentencePiece tokenizers put a space before whatever they are given. A line end in front takes it, merges with nothing, and is cut off.
    private const string Anchor = "\n";

    private readonly LLamaWeights _weights;
    private readonly int _anchorTokens;
    private readonly bool _addsSpace;

    public ChatScaffold(LLamaWeights weights)
    {
        _weights = weights;
        HasTemplate = weights.NativeHandle.GetTemplate(strict: false) is { Length: > 0 };
        _anchorTokens = Tokenize(Anchor, isFirst: false, isControl: false).Count;
        _addsSpace = weights.Vocab.Type == LLamaVocabType.SentencePiece && _anchorTokens > 1;
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

    private List<LLamaToken> Render(IReadOnlyList<ChatTurn> turns)
    {
        var pieces = Apply(turns).Split(Mark);
        if (pieces.Length != turns.Count + 1)
            throw new DraftingException("The model's chat template leaves out or repeats a turn; use a raw prompt instead.");
        var tokens = new List<LLamaToken>();
        for (var i = 0; i < turns.Count; i++)
        {
            var endsWithSpace = _addsSpace && pieces[i].EndsWith(' ') && turns[i].Content.Length > 0;
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
        if (tokens.Count == 0) tokens.AddRange(Tokenize(text, isFirst: true, isControl));
        else if (text.Length == 0) return;
        else if (!_addsSpace || spaced || tokens[^1].IsControl(_weights.Vocab)) tokens.AddRange(Tokenize(text, isFirst: false, isControl));
        else tokens.AddRange(Tokenize(Anchor + text, isFirst: false, isControl)[_anchorTokens..]);
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

    private List<LLamaToken> Text(string text) => Tokenize(text, isFirst: true, isControl: false);

    private List<LLamaToken> Tokenize(string text, bool isFirst, bool isControl)
    {
        var tokens = _weights.Tokenize(text, isFirst, isControl, Encoding.UTF8).ToList();
        // Models that end what they read would end the prompt before the draft has begun.
        if (isFirst && tokens.Count > 1 && _weights.Vocab.ShouldAddEOS && tokens[^1] == _weights.Vocab.EOS) tokens.RemoveAt(tokens.Count - 1);
        // A template that writes the begin-of-text token itself would give two.
        if (isFirst && tokens.Count > 1 && tokens[0] == _weights.Vocab.BOS && tokens[1] == tokens[0]) tokens.RemoveAt(0);
        return tokens;
    }
}
