using System.Text;
using System.Text.Json;
using HybridGen.Drafting;
using Microsoft.ML.Tokenizers;

namespace HybridGen.Tokens;

/// <summary>Byte-level byte-pair encoding (Radford et al. 2019): any text comes back whole, unless a normalizer changed it.</summary>
internal sealed class ByteLevelTokenizer : Tokenizer
{
    private readonly BpeTokenizer _bpe;
    private readonly bool _readsWholeTexts;
    private readonly Dictionary<string, int>? _wholePieces;

    /// <summary>Reads the parts of a <c>tokenizer.json</c>.</summary>
    internal ByteLevelTokenizer(JsonElement root, Dictionary<string, int> vocabulary) : base(root, vocabulary)
    {
        var model = root.GetProperty("model");
        Check(root, model, vocabulary);
        _wholePieces = model.Flag("ignore_merges") ? vocabulary : null;
        _readsWholeTexts = Pieces.Regex is not null && !Pieces.AddsSpace && !HasSpaceTokens && _wholePieces is null;
        _bpe = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = [.. model.GetProperty("merges").EnumerateArray().Select(Merge)],
            ByteLevel = true,
            PreTokenizer = Pieces.Regex is { } regex ? new RegexPreTokenizer(regex, null) : null,
        });
    }

    /// <inheritdoc/>
    /// <remarks>Words of a text come here one by one, so the usual ones go straight to the library.</remarks>
    public override IReadOnlyList<int> Encode(string text) => _readsWholeTexts && IsPlain(text) ? _bpe.EncodeToIds(text) : base.Encode(text);

    private bool IsPlain(string text) => Ascii.IsValid(text) || Normalizer.ChangesNothing && !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    private protected override void AddPiece(AlignedText piece, List<Token> tokens)
    {
        var bytes = new ByteCursor(piece);
        foreach (var id in Ids(piece.Text)) tokens.Add(new Token(id, bytes.Take(Name(id)!.Length)));
    }

    private protected override string Join(IEnumerable<string> names) => Encoding.UTF8.GetString([.. names.SelectMany(ByteAlphabet.Read)]);

    private IReadOnlyList<int> Ids(string piece) =>
        _wholePieces is not null && _wholePieces.TryGetValue(ByteAlphabet.Write(piece), out var whole) ? [whole] : _bpe.EncodeToIds(piece, considerPreTokenization: false, considerNormalization: false);

    private void Check(JsonElement root, JsonElement model, Dictionary<string, int> vocabulary)
    {
        TokenizerJson.Require(Pieces.IsByteLevel, "pre_tokenizer has no ByteLevel step, and this reader knows BPE over bytes only");
        TokenizerJson.Require(root.Part("decoder")?.Kind() == "ByteLevel", "decoder.type is not ByteLevel, the only one this reader knows for BPE");
        TokenizerJson.Require(!model.Flag("byte_fallback"), "model.byte_fallback is true, which this reader does not know");
        TokenizerJson.Require(model.Part("dropout") is not { } dropout || dropout.GetDouble() == 0, "model.dropout is set, and this reader gives each text one encoding");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            TokenizerJson.Require(string.IsNullOrEmpty(model.Part(affix)?.GetString()), $"model.{affix} is set, which this reader does not know");
        foreach (var symbol in ByteAlphabet.Used)
            TokenizerJson.Require(vocabulary.ContainsKey(symbol.ToString()), $"model.vocab lacks '{symbol}', which stands for a byte");
    }

    /// <summary>A merge, written <c>"a b"</c> in older files and <c>["a", "b"]</c> in newer ones.</summary>
    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}";

    /// <summary>Walks over the UTF-8 bytes of a text.</summary>
    private struct ByteCursor(AlignedText text)
    {
        private int _at;
        private int _read;

        /// <summary>The original place of the characters that the next bytes belong to.</summary>
        public TextSpan Take(int bytes)
        {
            var (start, end) = (_at, _at);
            while (bytes > 0)
            {
                Rune.DecodeFromUtf16(text.Text.AsSpan(_at), out var rune, out var units);
                end = _at + units;
                var taken = Math.Min(bytes, rune.Utf8SequenceLength - _read);
                (bytes, _read) = (bytes - taken, _read + taken);
                if (_read == rune.Utf8SequenceLength) (_at, _read) = (end, 0);
            }

            return text.Origin(start, end - start);
        }
    }
}
