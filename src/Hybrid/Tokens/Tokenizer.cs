using System.Text;
using System.Text.Json;
using HybridGen.Checkpoints;
using HybridGen.Drafting;

namespace HybridGen.Tokens;

/// <summary>A tokenizer read from a <c>tokenizer.json</c>; ids, spans and texts are exactly those of the <c>tokenizers</c> library.</summary>
internal abstract class Tokenizer : ITokenizer
{
    private readonly AddedVocabulary _added;
    private readonly string?[] _names;

    /// <summary>Reads what all kinds share.</summary>
    private protected Tokenizer(JsonElement root, Dictionary<string, int> vocabulary)
    {
        Normalizer = Normalizer.Read(root);
        _added = AddedVocabulary.Read(root, Normalizer);
        Pieces = PreTokenizer.Read(root.Part("pre_tokenizer") ?? throw TokenizerJson.Unknown("pre_tokenizer is missing, and this reader needs one"));
        Template = Template.Read(root);
        int[] ids = [.. vocabulary.Values, .. _added.Ids.Values];
        TokenizerJson.Require(Array.TrueForAll(ids, id => id is >= 0 and < 1 << 24), "an id is negative or absurdly large");
        VocabularySize = 1 + ids.Max();
        _names = new string?[VocabularySize];
        foreach (var (name, id) in vocabulary) _names[id] = name;
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> AddedTokens => _added.Ids;

    private protected bool HasSpaceTokens => _added.HasSpaces;

    private protected Template Template { get; }

    private protected Normalizer Normalizer { get; }

    private protected PreTokenizer Pieces { get; }

    /// <summary>Reads a <c>tokenizer.json</c>, of the kind that it says it is.</summary>
    /// <param name="path">The file, or the folder that has it.</param>
    /// <exception cref="CheckpointFormatException">The file is missing or damaged, or a part of it is not known; the message names the part.</exception>
    public static Tokenizer Load(string path)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, "tokenizer.json");
        try
        {
            using var document = JsonDocument.Parse(CheckpointText.ReadAll(path));
            return Read(document.RootElement);
        }
        catch (Exception failure) when (failure is not CheckpointFormatException)
        {
            throw new CheckpointFormatException($"'{path}' cannot be used as a tokenizer: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Token> Tokenize(string text, bool readsAdded = false)
    {
        text = WholeCharacters(text);
        var tokens = new List<Token>();
        foreach (var (added, part) in _added.Cut(new AlignedText(text), normalized: false, readsAdded))
        {
            if (added is { } id) tokens.Add(new Token(id, part.Origin(0, part.Text.Length)));
            else AddNormalized(Normalizer.Normalize(part), readsAdded, tokens);
        }

        return Template.TrimsSpans ? TrimSpans(text, tokens) : tokens;
    }

    /// <summary>The ids of a text in which added tokens are only text.</summary>
    public virtual IReadOnlyList<int> Encode(string text) => [.. Tokenize(text).Select(token => token.Id)];

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = false) =>
        Join(ids.Where(id => !skipSpecial || !_added.IsSpecial(id)).Select(Name).OfType<string>());

    /// <inheritdoc/>
    public IReadOnlyList<int> WithTemplate(IReadOnlyList<int> ids) => Template.Around(ids);

    /// <summary>A token as the file writes it; null for an id that it does not have.</summary>
    internal string? Name(int id) => _added.Name(id) ?? (id >= 0 && id < _names.Length ? _names[id] : null);

    /// <summary>Adds the tokens of a piece.</summary>
    private protected abstract void AddPiece(AlignedText piece, List<Token> tokens);

    /// <summary>The text of tokens, as the file writes them.</summary>
    private protected abstract string Join(IEnumerable<string> names);

    /// <summary>Replaces halves of surrogate pairs.</summary>
    private protected static string WholeCharacters(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return text;
        var whole = new StringBuilder(text.Length);
        foreach (var character in text.EnumerateRunes()) whole.Append(character.ToString());
        return whole.ToString();
    }

    private static Tokenizer Read(JsonElement root)
    {
        var model = root.GetProperty("model");
        var kind = model.Part("type")?.GetString() ?? Guess(model);
        return kind switch
        {
            "BPE" => new ByteLevelTokenizer(root, Vocabulary(model)),
            "WordPiece" => new WordPieceTokenizer(root, Vocabulary(model)),
            var other => throw TokenizerJson.Unknown($"model.type is '{other}'; this reader knows BPE and WordPiece"),
        };
    }

    private static Dictionary<string, int> Vocabulary(JsonElement model) =>
        model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32(), StringComparer.Ordinal);

    // Files of the library's first years do not name their model.
    private static string? Guess(JsonElement model) => model.Part("merges") is not null ? "BPE" : model.Part("max_input_chars_per_word") is not null ? "WordPiece" : null;

    private void AddNormalized(AlignedText text, bool readsAdded, List<Token> tokens)
    {
        foreach (var (added, part) in _added.Cut(text, normalized: true, readsAdded))
        {
            if (added is { } id) tokens.Add(new Token(id, part.Origin(0, part.Text.Length)));
            else foreach (var piece in Pieces.Cut(part)) AddPiece(piece, tokens);
        }
    }

    /// <summary>Leaves the spaces out of spans, as RoBERTa does; the library counts them in characters, whatever they stand for.</summary>
    private List<Token> TrimSpans(string text, List<Token> tokens) => [.. tokens.Select((token, i) => token with { Span = Trim(text, token, i) })];

    private TextSpan Trim(string text, Token token, int index)
    {
        var span = token.Span;
        var name = _added.Name(token.Id) is null ? Name(token.Id)! : span.Of(text).ToString();
        var (before, after) = (name.TakeWhile(ByteAlphabet.IsSpace).Count(), name.Reverse().TakeWhile(ByteAlphabet.IsSpace).Count());
        if (before == 1 && (index == 0 || span.Start == 0) && Template.KeepsAddedSpace) before = 0;
        var (start, end) = (span.Start, span.End);
        for (; before > 0 && start < end; before--) start += char.IsHighSurrogate(text[start]) ? 2 : 1;
        for (; after > 0 && end > start; after--) end -= char.IsLowSurrogate(text[end - 1]) ? 2 : 1;
        return new TextSpan(start, end - start);
    }
}
