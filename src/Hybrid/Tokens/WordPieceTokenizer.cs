using System.Text.Json;

namespace HybridGen.Tokens;

/// <summary>WordPiece as BERT has it: the longest piece that fits, again and again; a word that cannot be written so is unknown as a whole.</summary>
internal sealed class WordPieceTokenizer : Tokenizer
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly string _prefix;
    private readonly int _unknown;
    private readonly int _longestWord;
    private readonly string _joinPrefix;
    private readonly bool _cleans;

    /// <summary>Reads the parts of a <c>tokenizer.json</c>.</summary>
    internal WordPieceTokenizer(JsonElement root, Dictionary<string, int> vocabulary) : base(root, vocabulary)
    {
        var (model, decoder) = (root.GetProperty("model"), root.Part("decoder"));
        TokenizerJson.Require(decoder?.Kind() == "WordPiece", "decoder.type is not WordPiece, the only one this reader knows for WordPiece");
        _vocabulary = vocabulary;
        _prefix = model.Text("continuing_subword_prefix");
        _longestWord = model.GetProperty("max_input_chars_per_word").GetInt32();
        TokenizerJson.Require(vocabulary.TryGetValue(model.Text("unk_token"), out _unknown), $"model.vocab lacks unk_token, '{model.Text("unk_token")}'");
        (_joinPrefix, _cleans) = (decoder!.Value.Text("prefix"), decoder.Value.Flag("cleanup"));
    }

    private protected override void AddPiece(AlignedText piece, List<Token> tokens)
    {
        var first = tokens.Count;
        if (piece.Text.EnumerateRunes().Count() <= _longestWord && AddLongest(piece, tokens)) return;
        tokens.RemoveRange(first, tokens.Count - first);
        tokens.Add(new Token(_unknown, piece.Origin(0, piece.Text.Length)));
    }

    private protected override string Join(IEnumerable<string> names) => string.Concat(names.Select((name, i) => Clean(i == 0 ? name : Joined(name))));

    /// <summary>Adds the longest pieces from the left; false where none fits.</summary>
    private bool AddLongest(AlignedText piece, List<Token> tokens)
    {
        for (int start = 0, end; start < piece.Text.Length; start = end)
        {
            end = piece.Text.Length;
            var rest = start == 0 ? piece.Text : _prefix + piece.Text[start..];
            var known = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
            int id;
            while (!known.TryGetValue(rest.AsSpan(0, rest.Length - (piece.Text.Length - end)), out id))
            {
                end -= char.IsLowSurrogate(piece.Text[end - 1]) ? 2 : 1;
                if (end <= start) return false;
            }

            tokens.Add(new Token(id, piece.Origin(start, end - start)));
        }

        return true;
    }

    private string Joined(string name) => name.StartsWith(_joinPrefix, StringComparison.Ordinal) ? name[_joinPrefix.Length..] : " " + name;

    // The replacements, their order and that they see one token at a time are the tokenizers library's.
    private string Clean(string name) => !_cleans || !name.Contains(' ') ? name : name
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal)
        .Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);
}
