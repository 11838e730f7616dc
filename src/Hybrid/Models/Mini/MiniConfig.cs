using System.Text.Json;
using System.Text.Json.Serialization;
using HybridGen.Canvases;
using HybridGen.Checkpoints;

namespace HybridGen.Models.Mini;

/// <summary>The sizes in a mini refiner's <c>config.json</c>.</summary>
internal sealed record MiniConfig
{
    public const string ModelType = "hybridgen-refiner";

    [JsonPropertyName("model_type")] public required string Type { get; init; }

    [JsonPropertyName("vocab_size")] public required int VocabularySize { get; init; }

    [JsonPropertyName("hidden_size")] public required int HiddenSize { get; init; }

    [JsonPropertyName("num_hidden_layers")] public required int Layers { get; init; }

    [JsonPropertyName("num_attention_heads")] public required int Heads { get; init; }

    [JsonPropertyName("intermediate_size")] public required int IntermediateSize { get; init; }

    [JsonPropertyName("rope_theta")] public required double RopeTheta { get; init; }

    [JsonPropertyName("rms_norm_eps")] public required double RmsNormEps { get; init; }

    [JsonPropertyName("max_position_embeddings")] public required int MaxPositions { get; init; }

    [JsonPropertyName("logit_scale")] public required double LogitScale { get; init; }

    [JsonPropertyName("pointer_size")] public required int PointerSize { get; init; }

    [JsonPropertyName("ngram_buckets")] public required int NgramBuckets { get; init; }

    [JsonPropertyName("operation_buckets")] public required int OperationBuckets { get; init; }

    [JsonPropertyName("pad_token_id")] public required int Pad { get; init; }

    [JsonPropertyName("mask_token_id")] public required int Mask { get; init; }

    [JsonPropertyName("blank_token_id")] public required int Blank { get; init; }

    [JsonPropertyName("eos_token_id")] public required int Eos { get; init; }

    [JsonIgnore] public int HeadSize => HiddenSize / Heads;

    /// <summary>Reads and checks <c>config.json</c> of a refiner's folder.</summary>
    /// <exception cref="CheckpointFormatException">The folder has none, or it describes another kind of model.</exception>
    public static MiniConfig Read(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!Directory.Exists(folder))
            throw new CheckpointFormatException($"'{folder}' is not a folder: a refiner is a folder with config.json, model.safetensors and tokenizer.json.");
        try
        {
            using var document = JsonDocument.Parse(CheckpointText.ReadAll(path));
            var type = document.RootElement.TryGetProperty("model_type", out var value) ? value.ToString() : "(none)";
            if (type != ModelType) throw new CheckpointFormatException($"'{path}': model_type is '{type}'; this version reads '{ModelType}'.");
            return Check(document.Deserialize(HybridJson.Default.MiniConfig)!, path);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new CheckpointFormatException($"'{path}' is no model configuration: {failure.Message}", failure);
        }
    }

    private static MiniConfig Check(MiniConfig config, string path)
    {
        var sizes = new[] { config.VocabularySize, config.HiddenSize, config.Layers, config.Heads, config.IntermediateSize, config.MaxPositions, config.PointerSize, config.NgramBuckets, config.OperationBuckets };
        if (sizes.Any(size => size is < 1 or > 1 << 24)) throw new CheckpointFormatException($"'{path}': a size is below 1 or absurdly large.");
        if (config.MaxPositions < Segmenter.WindowSlots)
            throw new CheckpointFormatException($"'{path}': max_position_embeddings is {config.MaxPositions}; windows have {Segmenter.WindowSlots} slots.");
        if (config.HiddenSize % config.Heads != 0 || config.HeadSize % 2 != 0)
            throw new CheckpointFormatException($"'{path}': hidden_size {config.HiddenSize} does not divide into {config.Heads} heads of an even size.");
        if (config.NgramBuckets != CharacterNgrams.Buckets || config.OperationBuckets != Candidates.EditOperations.Buckets)
            throw new CheckpointFormatException($"'{path}': ngram_buckets and operation_buckets must be {CharacterNgrams.Buckets} and {Candidates.EditOperations.Buckets}.");
        var specials = new[] { config.Pad, config.Mask, config.Blank, config.Eos };
        if (specials.Any(id => id < 0 || id >= config.VocabularySize))
            throw new CheckpointFormatException($"'{path}': a special token id lies outside the vocabulary of {config.VocabularySize}.");
        return config;
    }
}
