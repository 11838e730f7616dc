using HybridGen.Checkpoints;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>ModernBERT with its masked-language-model head (Warner et al. 2024, arXiv:2412.13663).</summary>
/// <remarks>
/// Legend: B canvases, L positions, T = B L, D hidden size, H heads, S head size, I inner size, V vocabulary.
/// Notable: norms without bias before each branch, none before the first attention; rotary positions; gated GELU; every third layer sees all,
/// the others only their neighbourhood. Format: Hugging Face's names; the output is the embedding.
/// </remarks>
internal sealed class ModernBert : IDenoiser
{
    private readonly Config _config;
    private readonly List<Tensor> _weights;
    private readonly Tensor _embed;          // (V, D)
    private readonly Tensor _inputNorm;      // (D)
    private readonly Layer[] _layers;
    private readonly Tensor _norm;           // (D)
    private readonly Tensor _transform;      // (D, D), transposed
    private readonly Tensor _transformNorm;  // (D)
    private readonly Tensor _head;           // (V, D), the embedding where tied
    private readonly Tensor? _headBias;      // (V)

    private ModernBert(Config config, DenoiserDescriptor descriptor, WeightReader weights)
    {
        (_config, Descriptor, Device, _weights) = (config, descriptor, weights.Device, weights.Placed);
        using var scope = NewDisposeScope();
        var (d, v) = (config.HiddenSize, config.VocabularySize);
        var prefix = weights.Prefix("embeddings.tok_embeddings.weight", "model.", "");
        _embed = weights.Place(weights.Read(prefix + "embeddings.tok_embeddings.weight", v, d));
        _inputNorm = Norm(prefix + "embeddings.norm.weight");
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(config, i, weights, $"{prefix}layers.{i}."))];
        _norm = Norm(prefix + "final_norm.weight");
        _transform = weights.PlaceTransposed(weights.Read("head.dense.weight", d, d));
        _transformNorm = Norm("head.norm.weight");
        _head = weights.Has("decoder.weight") ? weights.Place(weights.Read("decoder.weight", v, d)) : _embed;
        if (config.HasHeadBias) _headBias = weights.Place(weights.Read("decoder.bias", v));
        weights.RequireAllRead("rotary_emb.");

        Tensor Norm(string name) => weights.Place(weights.Read(name, d));
    }

    public static ModernBert Load(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var sizes = Config.Read(config);
        return new ModernBert(sizes, tokens.Describe(sizes.VocabularySize, config.Size("max_position_embeddings")), weights);
    }

    public DenoiserDescriptor Descriptor { get; }

    public Device Device { get; }

    public Tensor Hidden(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = input.Check(Descriptor);
        var positions = input.Positions ?? arange(length, ScalarType.Int64, Device).unsqueeze(0);
        var everywhere = new Sight(Rotary.Rotations(positions, _config.HeadSize, _config.GlobalTheta), AttentionMask.Additive(input.Attention, _embed.dtype));
        var nearby = new Sight(Rotary.Rotations(positions, _config.HeadSize, _config.LocalTheta), Nearby(input.Attention, length));
        var x = Normed(_embed.index_select(0, input.Ids.reshape(-1)), _inputNorm);
        foreach (var layer in _layers) layer.Apply(x, batch, layer.SeesAll ? everywhere : nearby);
        return Normed(x, _norm).view(batch, length, -1).MoveToOuterDisposeScope();
    }

    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var transformed = Normed(_config.HeadActivation(hidden.mm(_transform)), _transformNorm);
        var logits = _headBias is null ? transformed.mm(_head.t()) : _headBias.addmm(transformed, _head.t());
        return logits.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.ForEach(weight => weight.Dispose());

    private Tensor Normed(Tensor x, Tensor weight) => nn.functional.layer_norm(x, [_config.HiddenSize], weight, null, _config.NormEps);

    /// <summary>The mask of the layers that see only their neighbourhood; null where that is everything.</summary>
    private Tensor? Nearby(Tensor? visible, int length)
    {
        if (length <= _config.Reach + 1) return AttentionMask.Additive(visible, _embed.dtype);
        var indices = arange(length, ScalarType.Int64, Device);
        var near = indices.unsqueeze(0).sub(indices.unsqueeze(1)).abs().le(_config.Reach).unsqueeze(0).unsqueeze(0); // (1, 1, L, L)
        var keys = visible?.dim() == 2 ? visible.unsqueeze(1).unsqueeze(1) : visible;
        return AttentionMask.Additive(keys is null ? near : near.logical_and(keys), _embed.dtype);
    }

    /// <summary>What a layer knows of positions: rotations (B or 1, L, 1, S / 2) and what it may see.</summary>
    private sealed record Sight(Tensor Rotations, Tensor? Mask);

    /// <summary>One block: attention, then a gated network; both add to the stream.</summary>
    private sealed class Layer
    {
        private readonly Config _config;
        private readonly Tensor? _attentionNorm;  // (D)
        private readonly Tensor _qkv;             // (D, 3 D)
        private readonly Tensor _output;          // (D, D), transposed
        private readonly Tensor _norm;            // (D)
        private readonly Tensor _up;              // (D, 2 I)
        private readonly Tensor _down;            // (I, D)

        public Layer(Config config, int index, WeightReader weights, string prefix)
        {
            using var scope = NewDisposeScope();
            (_config, SeesAll) = (config, config.SeesAll[index]);
            var (d, inner) = (config.HiddenSize, config.IntermediateSize);
            if (index > 0) _attentionNorm = weights.Place(Read("attn_norm.weight", d));
            var qkv = Read("attn.Wqkv.weight", 3 * d, d).view(3 * config.Heads, config.HeadSize, d);
            var turned = Rotary.Interleave(qkv.narrow(0, 0, 2 * config.Heads), 1);
            _qkv = weights.PlaceTransposed(cat([turned, qkv.narrow(0, 2 * config.Heads, config.Heads)]).view(3 * d, d));
            _output = weights.PlaceTransposed(Read("attn.Wo.weight", d, d));
            _norm = weights.Place(Read("mlp_norm.weight", d));
            _up = weights.PlaceTransposed(Read("mlp.Wi.weight", 2 * inner, d));
            _down = weights.PlaceTransposed(Read("mlp.Wo.weight", d, inner));

            Tensor Read(string name, params ReadOnlySpan<long> shape) => weights.Read(prefix + name, shape);
        }

        public bool SeesAll { get; }

        public void Apply(Tensor x, int batch, Sight sight)
        {
            using (NewDisposeScope()) x.addmm_(Attention(_attentionNorm is null ? x : Normed(x, _attentionNorm), batch, sight), _output);
            using (NewDisposeScope()) x.addmm_(Gated(Normed(x, _norm).mm(_up)), _down);
        }

        private Tensor Normed(Tensor x, Tensor weight) => nn.functional.layer_norm(x, [_config.HiddenSize], weight, null, _config.NormEps);

        private Tensor Attention(Tensor normed, int batch, Sight sight)
        {
            var heads = _config.Heads;
            var qkv = normed.mm(_qkv).view(batch, -1, 3 * heads, _config.HeadSize);                             // (B, L, 3 H, S)
            var qk = Rotary.Turn(qkv.narrow(2, 0, 2 * heads), sight.Rotations).transpose(1, 2);                 // (B, 2 H, L, S)
            var values = qkv.narrow(2, 2 * heads, heads).transpose(1, 2);
            var attended = nn.functional.scaled_dot_product_attention(qk.narrow(1, 0, heads), qk.narrow(1, heads, heads), values, sight.Mask);
            return attended.transpose(1, 2).reshape(-1, _config.HiddenSize);
        }

        /// <summary>act(first half) * second half, in place of the first: (T, 2 I) to (T, I).</summary>
        private Tensor Gated(Tensor both)
        {
            var inner = _config.IntermediateSize;
            return _config.Activation(both.narrow(1, 0, inner)).mul_(both.narrow(1, inner, inner));
        }
    }

    private sealed record Config
    {
        public required int VocabularySize { get; init; }

        public required int HiddenSize { get; init; }

        public required int Layers { get; init; }

        public required int Heads { get; init; }

        public required int IntermediateSize { get; init; }

        public required double NormEps { get; init; }

        public required double GlobalTheta { get; init; }

        public required double LocalTheta { get; init; }

        /// <summary>How far a layer sees that does not see all, to either side.</summary>
        public required int Reach { get; init; }

        /// <summary>Which layers see all.</summary>
        public required bool[] SeesAll { get; init; }

        public required Func<Tensor, Tensor> Activation { get; init; }

        public required Func<Tensor, Tensor> HeadActivation { get; init; }

        public required bool HasHeadBias { get; init; }

        public int HeadSize => HiddenSize / Heads;

        public static Config Read(CheckpointConfig config)
        {
            config.RequireOff("attention_bias", "classifier_bias", "mlp_bias", "norm_bias");
            var (width, heads, layers) = (config.Size("hidden_size"), config.Size("num_attention_heads"), config.Size("num_hidden_layers"));
            if (width % (2 * heads) != 0) throw new CheckpointFormatException($"'{config.Path}': hidden_size {width} does not divide into {heads} heads of an even size.");
            return new Config
            {
                VocabularySize = config.Size("vocab_size"),
                HiddenSize = width,
                Layers = layers,
                Heads = heads,
                IntermediateSize = config.Size("intermediate_size"),
                NormEps = config.Positive("norm_eps", 1e-5),
                GlobalTheta = config.Positive("global_rope_theta", config.Positive("rope_parameters.full_attention.rope_theta", 160_000)),
                LocalTheta = config.Positive("local_rope_theta", config.Positive("rope_parameters.sliding_attention.rope_theta", 10_000)),
                Reach = config.Size("local_attention", 128) / 2,
                SeesAll = ReadKinds(config, layers),
                Activation = Models.Activation.Read(config, "hidden_activation"),
                HeadActivation = Models.Activation.Read(config, "classifier_activation"),
                HasHeadBias = config.Flag("decoder_bias", true),
            };
        }

        /// <summary>Newer files list the layers' kinds, older ones say which ones see all.</summary>
        private static bool[] ReadKinds(CheckpointConfig config, int layers)
        {
            var every = config.Size("global_attn_every_n_layers", 3);
            if (!config.Has("layer_types")) return [.. Enumerable.Range(0, layers).Select(i => i % every == 0)];
            var kinds = config.Texts("layer_types");
            if (kinds.Count != layers || kinds.Any(kind => kind is not ("full_attention" or "sliding_attention")))
                throw config.Wrong("layer_types", $"[{string.Join(", ", kinds)}]", $"must name full_attention or sliding_attention for each of {layers} layers");
            return [.. kinds.Select(kind => kind == "full_attention")];
        }
    }
}
