using HybridGen.Checkpoints;

namespace HybridGen.Models;

/// <summary>Dream: the network of Qwen2; its logits speak of the next position (Ye et al. 2025, arXiv:2508.15487).</summary>
internal static class Dream
{
    public static IDenoiser Load(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var sizes = QwenConfig.Read(config, isThird: false);
        var descriptor = tokens.Describe(sizes.VocabularySize, config.Size("max_position_embeddings")) with { ShiftsLogits = true };
        return new Qwen(sizes, QwenNames.Published, descriptor, weights);
    }
}
