using HybridGen.Checkpoints;

namespace HybridGen.Models;

/// <summary>RoBERTa: the network of <see cref="Bert"/>; positions count the tokens that are not padding (Liu et al. 2019, arXiv:1907.11692).</summary>
internal static class Roberta
{
    private static readonly BertNames Names = new("roberta.", "lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias");

    public static IDenoiser Load(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var pad = config.Id("pad_token_id") ?? 1;
        var sizes = BertConfig.Read(config) with { PadThatCounts = pad };
        return new Bert(sizes, Names, tokens.Describe(sizes.VocabularySize, sizes.PositionRows - pad - 1), weights);
    }
}
