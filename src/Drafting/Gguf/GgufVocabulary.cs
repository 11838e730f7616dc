using System.Globalization;

namespace HybridGen.Drafting;

/// <summary>What a GGUF file says of its vocabulary, as far as llama.cpp trusts it: where it is wrong there, it ends the process.</summary>
/// <remarks>Tokens are held as their bytes are, a character each, so that those that are no text stay what they are.</remarks>
internal sealed class GgufVocabulary
{
    private const int ByteType = 6;

    private string _model = "";
    private string[] _tokens = [];
    private int[]? _types;
    private int? _scores;

    /// <summary>Whether a key is one of those that this reads.</summary>
    public static bool Reads(string key) => key is "tokenizer.ggml.model" or "tokenizer.ggml.tokens" or "tokenizer.ggml.token_type" or "tokenizer.ggml.scores";

    public void SetModel(string model) => _model = model;

    public void SetTokens(string[] tokens) => _tokens = tokens;

    public void SetTypes(int[] types) => _types = types;

    public void SetScores(int count) => _scores = count;

    /// <summary>What is wrong with it; <see langword="null"/> where nothing is.</summary>
    public string? Problem()
    {
        if (_model is "" or "none" or "no_vocab" || _tokens.Length == 0) return null;
        if (_types is not null && _types.Length < _tokens.Length) return $"it has {_types.Length} token types for {_tokens.Length} tokens";
        if (_scores < _tokens.Length) return $"it has {_scores} scores for {_tokens.Length} tokens";
        return Duplicate() ?? (_model == "llama" ? MissingByte() ?? WrongByte() : null);
    }

    private string? Duplicate()
    {
        var seen = new HashSet<string>(_tokens.Length, StringComparer.Ordinal);
        for (var i = 0; i < _tokens.Length; i++)
            if (_tokens[i].Length > 0 && !seen.Add(_tokens[i])) return $"its token {i} is there before";
        return null;
    }

    /// <summary>SentencePiece writes what it has no token for byte by byte.</summary>
    private string? MissingByte()
    {
        var tokens = _tokens.ToHashSet(StringComparer.Ordinal);
        for (var value = 0; value < 256; value++)
            if (!tokens.Contains(Written(value)) && !tokens.Contains(((char)value).ToString())) return $"its vocabulary has no token for the byte 0x{value:X2}";
        return null;
    }

    private string? WrongByte()
    {
        for (var i = 0; i < _tokens.Length && _types is not null; i++)
            if (_types[i] == ByteType && !IsByte(_tokens[i])) return $"its token {i} is said to be a byte, but is none";
        return null;
    }

    private static string Written(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    private static bool IsByte(string token) => token is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low);
}
