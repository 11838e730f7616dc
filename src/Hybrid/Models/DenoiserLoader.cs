using HybridGen.Checkpoints;
using HybridGen.Models.Mini;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>Loads a denoiser from a folder as it was published: config.json, safetensors, tokenizer.json.</summary>
internal static class DenoiserLoader
{
    private delegate IDenoiser Family(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights);

    private static readonly Dictionary<string, Family> Families = new(StringComparer.OrdinalIgnoreCase)
    {
        ["a2d-qwen2"] = Qwen.Load,
        ["a2d-qwen3"] = Qwen.Load,
        ["dream"] = Dream.Load,
        ["llada"] = Llada.Load,
        ["modernbert"] = ModernBert.Load,
        ["bert"] = Bert.Load,
        ["roberta"] = Roberta.Load,
        ["dit"] = Dit.LoadGidd,
        ["mdlm"] = Dit.LoadMdlm,
    };

    /// <summary>Families that only ever predict from the left, for a message that says so.</summary>
    private static readonly string[] Autoregressive =
        ["llama", "gpt2", "gpt_neo", "gpt_neox", "qwen", "mistral", "mixtral", "gemma", "phi", "falcon", "opt", "bloom", "smollm", "olmo", "granite", "mamba", "deepseek", "cohere"];

    /// <summary>Loads the denoiser in a folder.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="placement">Where and in which precision it computes; null is the default.</param>
    /// <exception cref="CheckpointFormatException">A file is missing or malformed, or describes a model that this version cannot denoise with.</exception>
    /// <exception cref="RefiningException">libtorch cannot be used, or has no such device.</exception>
    public static IDenoiser Load(string folder, DenoiserPlacement? placement = null)
    {
        var config = CheckpointConfig.Read(folder);
        var family = Choose(config);
        var tokens = CheckpointTokens.Read(config);
        using var mode = inference_mode();
        using var weights = new WeightReader(folder, placement ?? new DenoiserPlacement());
        try
        {
            return family(config, tokens, weights);
        }
        catch
        {
            weights.Placed.ForEach(weight => weight.Dispose());
            throw;
        }
    }

    /// <exception cref="CheckpointFormatException">The checkpoint is of no known family, or of a kind that cannot refine.</exception>
    private static Family Choose(CheckpointConfig config)
    {
        if (config.Texts("layer_types").Any(type => type.Contains("linear", StringComparison.OrdinalIgnoreCase)))
            throw new CheckpointFormatException($"'{config.Path}': layer_types has linear attention, which sees only what came before; a refiner's layers must all see both sides.");
        var architecture = config.Architectures.Count > 0 ? config.Architectures[0] : "(none)";
        if (Families.TryGetValue(config.Family, out var family))
            return config.Architectures.Count > 0 && !IsHeaded(architecture) ? throw new CheckpointFormatException($"'{config.Path}': '{architecture}' has no head over the vocabulary. {Wanted}") : family;
        if (config.Family == MiniConfig.ModelType) throw new CheckpointFormatException($"'{config.Folder}' is the mini refiner, which revises by itself and cannot stand where a denoiser of text is asked for.");
        if (IsAutoregressive(config.Family, architecture))
            throw new CheckpointFormatException($"'{config.Path}': '{architecture}' (model_type '{config.Family}') is autoregressive: it sees only what came before, so it can draft but not refine. {Wanted}");
        throw new CheckpointFormatException($"'{config.Path}': model_type '{config.Family}' (architecture '{architecture}') is not known to this version. {Wanted}");
    }

    private static string Wanted => $"A refiner must be a masked-diffusion or masked-language model, of a model_type among {string.Join(", ", Families.Keys)}; or the mini refiner ({MiniConfig.ModelType}).";

    private static bool IsAutoregressive(string family, string architecture) =>
        architecture.EndsWith("ForCausalLM", StringComparison.Ordinal) || architecture.EndsWith("LMHeadModel", StringComparison.Ordinal)
        || Autoregressive.Any(known => family.StartsWith(known, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether an architecture of a known family predicts tokens: classifiers and bare encoders do not.</summary>
    private static bool IsHeaded(string architecture) =>
        !architecture.EndsWith("Classification", StringComparison.Ordinal) && !architecture.EndsWith("QuestionAnswering", StringComparison.Ordinal)
        && architecture is not ("BertModel" or "RobertaModel" or "ModernBertModel");
}
