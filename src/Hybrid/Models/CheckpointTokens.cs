using System.Text.Json;
using HybridGen.Checkpoints;

namespace HybridGen.Models;

/// <summary>The ids that a checkpoint's tokenizer gives a meaning to, and those with a part in denoising.</summary>
/// <remarks>
/// Published folders name the special tokens in different places: <c>config.json</c> holds ids, <c>tokenizer_config.json</c> and
/// <c>special_tokens_map.json</c> hold texts. An id in <c>config.json</c> counts more, but for the token at a text's start: configurations
/// copied from an autoregressive model name one there that is never written.
/// </remarks>
internal sealed class CheckpointTokens
{
    private static readonly string[] UsualMasks = ["<|mask|>", "[MASK]", "<mask>", "<|mdm_mask|>"];

    private static readonly string[] UsualEnds = ["<|im_end|>", "<|eot_id|>", "<|role_end|>", "<|endoftext|>"];

    private readonly CheckpointConfig _config;
    private readonly string _path;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<JsonElement> _names = [];

    private CheckpointTokens(CheckpointConfig config)
    {
        _config = config;
        _path = Path.Combine(config.Folder, "tokenizer.json");
        ReadVocabulary(CheckpointText.ReadJson(_path));
        foreach (var name in new[] { "tokenizer_config.json", "special_tokens_map.json" })
            if (Path.Combine(config.Folder, name) is var path && File.Exists(path)) _names.Add(CheckpointText.ReadJson(path));
    }

    /// <exception cref="CheckpointFormatException"><c>tokenizer.json</c> is missing, or a file is malformed.</exception>
    public static CheckpointTokens Read(CheckpointConfig config) => new(config);

    /// <summary>What is known of a denoiser from its tokens; the family adds the rest.</summary>
    /// <param name="vocabularySize">Rows of the embedding.</param>
    /// <param name="maxPositions">Most positions of a canvas.</param>
    /// <param name="mask">The mask's id where no file names one.</param>
    /// <exception cref="CheckpointFormatException">There is no mask token, or an id lies beyond the embedding.</exception>
    public DenoiserDescriptor Describe(int vocabularySize, int maxPositions, int? mask = null)
    {
        CheckRange(vocabularySize);
        var maskId = _config.Id("mask_token_id") ?? Special("mask_token") ?? Usual(UsualMasks).Cast<int?>().FirstOrDefault() ?? mask ?? throw NoMask();
        var separator = Special("sep_token");
        var eos = _config.Id("eos_token_id") ?? Special("eos_token") ?? separator;
        var descriptor = new DenoiserDescriptor
        {
            Family = _config.Family,
            MaskId = maskId,
            EosId = eos,
            EndIds = [.. Ends().Where(id => id != eos).Distinct()],
            PadId = _config.Id("pad_token_id") ?? Special("pad_token") ?? eos,
            BosId = Special("bos_token") ?? Special("cls_token"),
            SepId = separator,
            VocabularySize = vocabularySize,
            IdsWithoutText = WithoutText(vocabularySize),
            MaxPositions = maxPositions,
        };
        foreach (var id in (int?[])[maskId, descriptor.EosId, descriptor.PadId, .. descriptor.EndIds])
            if (id >= vocabularySize) throw new CheckpointFormatException($"'{_config.Path}' names the token {id}, but the embedding has only {vocabularySize} rows.");
        return descriptor;
    }

    private IEnumerable<int> Ends()
    {
        var generation = Path.Combine(_config.Folder, "generation_config.json");
        foreach (var id in _config.Ids("eos_token_id")) yield return id;
        if (Special("eos_token") is { } eos) yield return eos;
        if (File.Exists(generation) && CheckpointText.ReadJson(generation).TryGetProperty("eos_token_id", out var ends))
            foreach (var end in ends.ValueKind == JsonValueKind.Array ? [.. ends.EnumerateArray()] : new[] { ends })
                if (end.ValueKind == JsonValueKind.Number && end.TryGetInt32(out var id)) yield return id;
        foreach (var id in Usual(UsualEnds)) yield return id;
    }

    private IEnumerable<int> Usual(string[] texts) => texts.Where(_ids.ContainsKey).Select(text => _ids[text]);

    private int[] WithoutText(int vocabularySize)
    {
        var known = new HashSet<int>(_ids.Values);
        return [.. Enumerable.Range(0, vocabularySize).Where(id => !known.Contains(id))];
    }

    private void CheckRange(int vocabularySize)
    {
        if (_ids.Count == 0) throw new CheckpointFormatException($"'{_path}' has no tokens.");
        var (text, id) = _ids.MaxBy(pair => pair.Value);
        if (id >= vocabularySize)
            throw new CheckpointFormatException($"'{_path}' gives the token '{text}' the id {id}, but the embedding has only {vocabularySize} rows: tokenizer and weights are not of the same checkpoint.");
    }

    private CheckpointFormatException NoMask() =>
        new($"'{_config.Folder}' names no mask token: mask_token_id in config.json or mask_token in tokenizer_config.json must say what stands for a hidden token.");

    /// <summary>The id of a special token by its role; null where no file names it.</summary>
    private int? Special(string role)
    {
        foreach (var names in _names)
        {
            if (!names.TryGetProperty(role, out var named)) continue;
            if (named.ValueKind == JsonValueKind.Object && named.TryGetProperty("content", out var content)) named = content;
            if (named.ValueKind == JsonValueKind.String && _ids.TryGetValue(named.GetString()!, out var id)) return id;
        }

        return null;
    }

    private void ReadVocabulary(JsonElement root)
    {
        try
        {
            var vocabulary = root.GetProperty("model").GetProperty("vocab");
            if (vocabulary.ValueKind == JsonValueKind.Object)
                foreach (var token in vocabulary.EnumerateObject()) _ids[token.Name] = token.Value.GetInt32();
            else
                foreach (var token in vocabulary.EnumerateArray()) _ids[token[0].GetString()!] = _ids.Count;
            if (!root.TryGetProperty("added_tokens", out var added)) return;
            foreach (var token in added.EnumerateArray()) _ids[token.GetProperty("content").GetString()!] = token.GetProperty("id").GetInt32();
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointFormatException($"'{_path}' is no tokenizer: {failure.Message}", failure);
        }
    }
}
