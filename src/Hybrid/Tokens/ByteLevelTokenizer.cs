using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HybridGen.Checkpoints;
using Microsoft.ML.Tokenizers;

namespace HybridGen.Tokens;

/// <summary>A byte-level BPE tokenizer read from a <c>tokenizer.json</c>.</summary>
/// <remarks>Text is only ever text here: a user's <c>&lt;|mask|&gt;</c> is encoded as the characters it is made of. Special tokens are asked for by name.</remarks>
internal sealed class ByteLevelTokenizer
{
    // GPT-2's pattern, which a ByteLevel pre-tokenizer stands for (Radford et al. 2019).
    private const string Gpt2Pattern = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly BpeTokenizer _bpe;
    private readonly bool _normalises;
    private readonly bool _addsSpace;

    private ByteLevelTokenizer(JsonElement root)
    {
        var model = root.GetProperty("model");
        Require(model.GetProperty("type").GetString() == "BPE", $"model.type is '{model.GetProperty("type")}'; this reader knows BPE");
        Require(!IsTrue(model, "ignore_merges"), "model.ignore_merges is true, which this reader does not know");
        var normaliser = Kind(root, "normalizer");
        Require(normaliser is null or "NFC", $"normalizer.type is '{normaliser}'; this reader knows NFC or none");
        _normalises = normaliser == "NFC";
        Require(!_normalises || CanNormalise, "it normalises texts (NFC), which .NET cannot without ICU: set InvariantGlobalization to false, and install libicu on Linux");
        var (pattern, byteLevel) = PreTokenizer(root);
        _addsSpace = IsTrue(byteLevel, "add_prefix_space");
        var vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32(), StringComparer.Ordinal);
        SpecialTokens = Added(root).ToDictionary(token => token.Text, token => token.Id, StringComparer.Ordinal);
        VocabularySize = 1 + vocabulary.Values.Concat(SpecialTokens.Values).Max();
        _bpe = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = model.GetProperty("merges").EnumerateArray().Select(Merge).ToList(),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(new Regex(pattern, RegexOptions.CultureInvariant), null),
        });
    }

    /// <summary>One more than the highest id.</summary>
    public int VocabularySize { get; }

    /// <summary>The added tokens by their text.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <exception cref="CheckpointFormatException">The file is missing, damaged or of another kind.</exception>
    public static ByteLevelTokenizer Load(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(CheckpointText.ReadAll(path));
            return new ByteLevelTokenizer(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException or InvalidDataException)
        {
            throw new CheckpointFormatException($"'{path}' cannot be used as a tokenizer: {failure.Message}", failure);
        }
    }

    /// <summary>The ids of a text. Half surrogate pairs are read as U+FFFD.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        if (_addsSpace && !text.StartsWith(' ')) text = " " + text;
        if (!IsAscii(text)) text = Clean(text);
        return _bpe.EncodeToIds(text);
    }

    /// <summary>The text of ids; U+FFFD stands for bytes that are no whole character.</summary>
    public string Decode(IEnumerable<int> ids) => _bpe.Decode(ids) ?? "";

    /// <summary>Whether this process has ICU: in invariant mode, Normalize quietly returns what it was given.</summary>
    internal static bool CanNormalise { get; } = "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9";

    private static bool IsAscii(string text) => Ascii.IsValid(text);

    private string Clean(string text)
    {
        var whole = new StringBuilder(text.Length);
        foreach (var character in text.EnumerateRunes()) whole.Append(character.ToString());
        return _normalises ? whole.ToString().Normalize(NormalizationForm.FormC) : whole.ToString();
    }

    private static (string Pattern, JsonElement ByteLevel) PreTokenizer(JsonElement root)
    {
        var kind = Kind(root, "pre_tokenizer");
        var step = root.GetProperty("pre_tokenizer");
        if (kind == "ByteLevel") return (Pattern(step), step);
        Require(kind == "Sequence", $"pre_tokenizer.type is '{kind}'; this reader knows ByteLevel, or Split and then ByteLevel");
        var steps = step.GetProperty("pretokenizers").EnumerateArray().ToArray();
        Require(
            steps.Length == 2 && steps[0].GetProperty("type").GetString() == "Split" && steps[1].GetProperty("type").GetString() == "ByteLevel" && !IsTrue(steps[1], "use_regex"),
            "pre_tokenizer.pretokenizers is not a Split and then a ByteLevel without a pattern");
        Require(steps[0].GetProperty("behavior").GetString() == "Isolated" && !IsTrue(steps[0], "invert"), "pre_tokenizer.pretokenizers[0] does not isolate its matches");
        return (steps[0].GetProperty("pattern").GetProperty("Regex").GetString()!, steps[1]);
    }

    private static string Pattern(JsonElement byteLevel)
    {
        Require(!byteLevel.TryGetProperty("use_regex", out var uses) || uses.GetBoolean(), "pre_tokenizer.use_regex is false, and no Split stands before it");
        return Gpt2Pattern;
    }

    private static IEnumerable<(string Text, int Id)> Added(JsonElement root) =>
        root.TryGetProperty("added_tokens", out var added)
            ? added.EnumerateArray().Select(token => (token.GetProperty("content").GetString()!, token.GetProperty("id").GetInt32()))
            : [];

    /// <summary>A merge, written <c>"a b"</c> in older files and <c>["a", "b"]</c> in newer ones.</summary>
    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}";

    private static string? Kind(JsonElement root, string part) =>
        root.TryGetProperty(part, out var value) && value.ValueKind == JsonValueKind.Object ? value.GetProperty("type").GetString() : null;

    private static bool IsTrue(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidDataException(otherwise + ".");
    }
}
