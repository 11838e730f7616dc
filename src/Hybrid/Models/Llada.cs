using HybridGen.Checkpoints;

namespace HybridGen.Models;

/// <summary>LLaDA: the network of <see cref="Qwen"/> in OLMo's names, without position ids (Nie et al. 2025, arXiv:2502.09992).</summary>
internal static class Llada
{
    private static readonly QwenNames Names = new()
    {
        Prefixes = ["model.transformer.", "transformer.", "", "model.model.transformer."],
        Embedding = "wte.weight",
        Layers = "blocks",
        Norm = "ln_f.weight",
        Head = "ff_out.weight",
        AttentionNorm = "attn_norm",
        Query = "q_proj",
        Key = "k_proj",
        Value = "v_proj",
        Output = "attn_out",
        FeedForwardNorm = "ff_norm",
        Gate = "ff_proj",
        Up = "up_proj",
        Down = "ff_out",
    };

    public static IDenoiser Load(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var sizes = Read(config);
        return new Qwen(sizes, Names, tokens.Describe(sizes.VocabularySize, config.Size("max_sequence_length")), weights);
    }

    private static QwenConfig Read(CheckpointConfig config)
    {
        config.RequireOff("alibi", "attention_layer_norm", "bias_for_layer_norm", "include_bias", "input_emb_norm", "scale_logits");
        foreach (var (name, wanted) in new[] { ("block_type", "llama"), ("layer_norm_type", "rms"), ("activation_type", "silu") })
            if (config.Text(name) is { } found && found != wanted) throw config.Wrong(name, $"'{found}'", $"must be '{wanted}'");
        var (width, heads) = (config.Size("d_model"), config.Size("n_heads"));
        return new QwenConfig
        {
            VocabularySize = config.Size("embedding_size", config.Size("vocab_size")),
            HiddenSize = width,
            Layers = config.Size("n_layers"),
            Heads = heads,
            KeyHeads = config.Size("n_kv_heads", config.Flag("multi_query_attention") ? 1 : heads),
            HeadSize = width / heads,
            IntermediateSize = config.Size("mlp_hidden_size", width * config.Size("mlp_ratio", 4)),
            RopeTheta = config.RopeTheta(),
            NormEps = config.Positive("rms_norm_eps", 1e-5),
            HasBiases = config.Flag("include_qkv_bias"),
            IgnoresPositions = true,
        }.Check(config);
    }
}
