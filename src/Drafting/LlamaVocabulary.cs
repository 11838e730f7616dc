using System.Text;
using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Text to tokens and back, as one model does it.</summary>
internal sealed class LlamaVocabulary
{
    // SentencePiece tokenizers put a space before whatever they are given. A line end in front takes it, merges with nothing, and is cut off.
    private const string Anchor = "\n";

    private readonly LLamaWeights _weights;
    private readonly int _anchorTokens;

    public LlamaVocabulary(LLamaWeights weights)
    {
        _weights = weights;
        _anchorTokens = Tokenize(Anchor, isFirst: false, isControl: false).Count;
        AddsSpace = weights.Vocab.Type == LLamaVocabType.SentencePiece && _anchorTokens > 1;
    }

    /// <summary>Whether the tokenizer puts a space before what it is given.</summary>
    public bool AddsSpace { get; }

    /// <summary>What a text begins with where nothing else stands before it; <see langword="null"/> where the model wants nothing there.</summary>
    public LLamaToken? Begin => _weights.Vocab.ShouldAddBOS ? _weights.Vocab.BOS : null;

    /// <summary>Whether a token is one that the model acts on instead of writing it.</summary>
    public bool IsControl(LLamaToken token) => token.IsControl(_weights.Vocab);

    /// <summary>Whether white space that follows a token belongs to it.</summary>
    public bool TakesSpaceAfter(LLamaToken token) => token.GetAttributes(_weights.Vocab).HasFlag(LLamaTokenAttr.RStrip);

    /// <summary>Whether a text ends with a token.</summary>
    public bool EndsText(LLamaToken token) => token.IsEndOfGeneration(_weights.Vocab);

    /// <summary>The tokens of a text, with what the tokenizer puts before it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isFirst">Whether a text begins here: with the model's own begin-of-text token where it wants one.</param>
    /// <param name="isControl">Whether control strings in it are control tokens.</param>
    public List<LLamaToken> Tokenize(string text, bool isFirst, bool isControl)
    {
        var tokens = _weights.Tokenize(text, isFirst, isControl, Encoding.UTF8).ToList();
        // Models that end what they read would end the prompt before the draft has begun.
        if (isFirst && tokens.Count > 1 && _weights.Vocab.ShouldAddEOS && tokens[^1] == _weights.Vocab.EOS) tokens.RemoveAt(tokens.Count - 1);
        // A template that writes the begin-of-text token itself would give two.
        if (isFirst && tokens.Count > 1 && tokens[0] == _weights.Vocab.BOS && tokens[1] == tokens[0]) tokens.RemoveAt(0);
        return tokens;
    }

    /// <summary>The tokens of a part as they are inside of a whole, where text stands before it.</summary>
    public List<LLamaToken> TokenizeInside(string text, bool isControl) =>
        AddsSpace ? Tokenize(Anchor + text, isFirst: false, isControl)[_anchorTokens..] : Tokenize(text, isFirst: false, isControl);

    /// <summary>The UTF-8 bytes that a token writes; none for a control token.</summary>
    public byte[] Bytes(LLamaToken token)
    {
        Span<byte> bytes = stackalloc byte[128];
        var length = (int)_weights.NativeHandle.TokenToSpan(token, bytes);
        if (length <= bytes.Length) return bytes[..length].ToArray();
        var more = new byte[length];
        return more[..(int)_weights.NativeHandle.TokenToSpan(token, more)];
    }

    /// <summary>Where each token of a text lies in it.</summary>
    /// <returns>The tokens' spans, or null where the tokens do not give the text back.</returns>
    public TextSpan[]? Spans(IReadOnlyList<LLamaToken> tokens, string text)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var spans = new TextSpan[tokens.Count];
        var (at, added) = (0, AddsSpace ? 1 : 0);
        for (var i = 0; i < spans.Length; i++)
        {
            var bytes = Bytes(tokens[i]);
            var written = decoder.GetChars(bytes, new char[bytes.Length + 1], flush: false);
            // The space that the tokenizer put before the text is none of it.
            var own = Math.Max(0, written - added);
            added -= written - own;
            spans[i] = new TextSpan(at, own);
            at += own;
        }

        return at == text.Length ? spans : null;
    }
}
