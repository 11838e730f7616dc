using HybridGen.Checkpoints;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>
/// Qwen's transformer without its causal mask: every position sees every other, unless a mask says less.
/// </summary>
/// <remarks>
/// Legend: B canvases, L positions, T = B L, D hidden size, H heads, K key heads, G = H / K, S head size, I inner size, V vocabulary.
/// Notable: RMS norms, rotary positions, grouped keys, gated SiLU. Qwen2 has biases on queries, keys and values, Qwen3 norms on the heads of
/// queries and keys; Dream (Ye et al. 2025, arXiv:2508.15487) is Qwen2 with shifted logits, LLaDA (Nie et al. 2025, arXiv:2502.09992) has
/// neither biases nor norms. Format: Hugging Face's names; A2D checkpoints of dLLM keep those of the model that they were made from.
/// At load the norms' weights are folded into the matrices that follow, and queries are ordered (G, K, S): the G queries that share a key
/// head then lie side by side as G rows of one longer canvas, so that keys need not be repeated.
/// </remarks>
internal sealed class Qwen : IDenoiser
{
    private readonly QwenConfig _config;
    private readonly ScalarType _type;
    private readonly List<Tensor> _weights;
    private readonly Tensor _embed;    // (V, D)
    private readonly Tensor _head;     // (V, D), the embedding where tied
    private readonly Tensor _norm;     // (D)
    private readonly Layer[] _layers;

    public Qwen(QwenConfig config, QwenNames names, DenoiserDescriptor descriptor, WeightReader weights)
    {
        (_config, Descriptor, Device, _type, _weights) = (config, descriptor with { CanCache = true }, weights.Device, weights.Type, weights.Placed);
        using var scope = NewDisposeScope();
        var (d, v) = (config.HiddenSize, config.VocabularySize);
        var prefix = weights.Prefix(names.Embedding, names.Prefixes);
        _embed = weights.Place(weights.Read(prefix + names.Embedding, v, d));
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(config, names, weights, prefix, i))];
        _norm = weights.Place(weights.Read(prefix + names.Norm, d), ScalarType.Float32);
        var head = weights.Prefix(names.Head, "", prefix) + names.Head;
        _head = weights.Has(head) ? weights.Place(weights.Read(head, v, d)) : _embed;
        weights.RequireAllRead("rotary_emb.");
    }

    /// <summary>An A2D checkpoint of dLLM: Qwen2 or Qwen3.</summary>
    public static Qwen Load(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var sizes = QwenConfig.Read(config, isThird: config.Family == "a2d-qwen3");
        var blocks = config.Has("block_size") ? [config.Size("block_size")] : Array.Empty<int>();
        var descriptor = tokens.Describe(sizes.VocabularySize, config.Size("max_position_embeddings")) with
        {
            Attention = blocks.Length > 0 ? AttentionPattern.BlockCausal : AttentionPattern.Full,
            TrainedBlockLengths = blocks,
        };
        return new Qwen(sizes, QwenNames.Published, descriptor, weights);
    }

    public DenoiserDescriptor Descriptor { get; }

    public Device Device { get; }

    public Tensor Hidden(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = input.Check(Descriptor);
        var start = input.Cache?.Start ?? 0;
        var positions = input.Positions ?? arange(start, start + length, ScalarType.Int64, Device).unsqueeze(0);
        var rotations = Rotary.Rotations(positions, _config.HeadSize, _config.RopeTheta);
        var mask = AttentionMask.Additive(input.Attention, _type);
        if (mask?.shape[2] > 1) mask = mask.repeat_interleave(_config.Heads / _config.KeyHeads, 2); // A query's G rows see the same.
        var x = _embed.index_select(0, input.Ids.reshape(-1));                                       // (T, D)
        foreach (var layer in _layers) layer.Apply(x, new Sight(batch, rotations, mask, input.Cache));
        return x.mul(Layer.Scale(x, _config.NormEps)).mul(_norm).to(_type).view(batch, length, -1).MoveToOuterDisposeScope();
    }

    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return hidden.mm(_head.t()).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.ForEach(weight => weight.Dispose());

    /// <summary>What a layer knows beside the stream: the number of canvases, rotations (B or 1, L, 1, S / 2), the mask, and the cache.</summary>
    private sealed record Sight(int Batch, Tensor Rotations, Tensor? Mask, KeyValueCache? Cache);

    /// <summary>One block: attention, then a gated network; both add to the stream.</summary>
    private sealed class Layer
    {
        private readonly int _index;
        private readonly QwenConfig _config;
        private readonly Tensor _qkv;          // (D, (H + 2 K) S)
        private readonly Tensor? _qkvBias;     // ((H + 2 K) S)
        private readonly Tensor? _queryNorm;   // (S)
        private readonly Tensor? _keyNorm;     // (S)
        private readonly Tensor _output;       // (H S, D)
        private readonly Tensor _gateUp;       // (D, 2 I)
        private readonly Tensor _down;         // (I, D)

        public Layer(QwenConfig config, QwenNames names, WeightReader weights, string prefix, int index)
        {
            using var scope = NewDisposeScope();
            (_config, _index) = (config, index);
            var (d, h, k, s, inner) = (config.HiddenSize, config.Heads, config.KeyHeads, config.HeadSize, config.IntermediateSize);
            var qkv = cat([Queries(Read(names.Query + ".weight", h * s, d)), Keys(Read(names.Key + ".weight", k * s, d)), Read(names.Value + ".weight", k * s, d)]);
            _qkv = weights.PlaceTransposed(qkv.mul_(Read(names.AttentionNorm + ".weight", d)));
            if (config.HasBiases)
                _qkvBias = weights.Place(cat([Queries(Read(names.Query + ".bias", h * s)), Keys(Read(names.Key + ".bias", k * s)), Read(names.Value + ".bias", k * s)]));
            if (config.HasHeadNorms)
                (_queryNorm, _keyNorm) = (HeadNorm("self_attn.q_norm.weight"), HeadNorm("self_attn.k_norm.weight"));
            _output = weights.PlaceTransposed(Read(names.Output + ".weight", d, h * s).view(d, k, h / k, s).transpose(1, 2).reshape(d, h * s));
            var gateUp = cat([Read(names.Gate + ".weight", inner, d), Read(names.Up + ".weight", inner, d)]);
            _gateUp = weights.PlaceTransposed(gateUp.mul_(Read(names.FeedForwardNorm + ".weight", d)));
            _down = weights.PlaceTransposed(Read(names.Down + ".weight", d, inner));

            Tensor Read(string name, params ReadOnlySpan<long> shape) => weights.Read($"{prefix}{names.Layers}.{index}.{name}", shape);

            Tensor Queries(Tensor rows) => Rotary.Interleave(rows.view(k, h / k, s, -1).transpose(0, 1), 2).reshape(rows.shape);

            Tensor Keys(Tensor rows) => Rotary.Interleave(rows.view(k, s, -1), 1).reshape(rows.shape);

            Tensor HeadNorm(string name) => weights.Place(Rotary.Interleave(Read(name, s), 0), ScalarType.Float32);
        }

        public void Apply(Tensor x, Sight sight)
        {
            using (NewDisposeScope()) x.addmm_(Attention(Normed(x), sight), _output);
            using (NewDisposeScope()) x.addmm_(Gated(Normed(x).mm(_gateUp)), _down);
        }

        /// <summary>1 / root mean square over the last axis, kept as an axis of 1, in F32.</summary>
        public static Tensor Scale(Tensor x, double eps)
        {
            using var scope = NewDisposeScope();
            return x.to(ScalarType.Float32).square().mean([-1], keepdim: true).add_(eps).rsqrt_().MoveToOuterDisposeScope();
        }

        private Tensor Normed(Tensor x) => x.mul(Scale(x, _config.NormEps).to(x.dtype));

        private Tensor Attention(Tensor normed, Sight sight)
        {
            var (h, k, s) = (_config.Heads, _config.KeyHeads, _config.HeadSize);
            var qkv = (_qkvBias is null ? normed.mm(_qkv) : _qkvBias.addmm(normed, _qkv)).view(sight.Batch, -1, h + 2 * k, s); // (B, L, H + 2 K, S)
            var queries = Rotary.Turn(HeadNormed(qkv.narrow(2, 0, h), _queryNorm), sight.Rotations).view(sight.Batch, -1, k, s); // (B, L G, K, S)
            var keys = Rotary.Turn(HeadNormed(qkv.narrow(2, h, k), _keyNorm), sight.Rotations);                                  // (B, L, K, S)
            var values = qkv.narrow(2, h + k, k);
            if (sight.Cache is { } cache) (keys, values) = cache.Write(_index, keys, values);
            var attended = nn.functional.scaled_dot_product_attention(queries.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), sight.Mask);
            return attended.transpose(1, 2).reshape(-1, h * s);
        }

        private Tensor HeadNormed(Tensor heads, Tensor? weight) =>
            weight is null ? heads : heads.mul(Scale(heads, _config.NormEps)).mul_(weight).to(heads.dtype);

        /// <summary>silu(gate) * up, in the gate's place: (T, 2 I) to (T, I).</summary>
        private Tensor Gated(Tensor gateUp)
        {
            var inner = _config.IntermediateSize;
            return gateUp.narrow(1, 0, inner).silu_().mul_(gateUp.narrow(1, inner, inner));
        }
    }
}

/// <summary>The sizes of <see cref="Qwen"/>.</summary>
internal sealed record QwenConfig
{
    public required int VocabularySize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int KeyHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required double RopeTheta { get; init; }

    public required double NormEps { get; init; }

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool HasBiases { get; init; }

    /// <summary>Whether the heads of queries and keys are normed.</summary>
    public bool HasHeadNorms { get; init; }

    /// <summary>Reads the keys of Qwen's configurations.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="isThird">Whether it is Qwen3, else Qwen2.</param>
    /// <exception cref="CheckpointFormatException">A value is missing or wrong.</exception>
    public static QwenConfig Read(CheckpointConfig config, bool isThird)
    {
        config.RequireOff("attention_bias", "use_sliding_window");
        foreach (var type in config.Texts("layer_types"))
            if (type != "full_attention") throw config.Wrong("layer_types", $"'{type}' in a layer", "must be 'full_attention' in all: this version has no other kind for this family");
        var heads = config.Size("num_attention_heads");
        return new QwenConfig
        {
            VocabularySize = config.Size("vocab_size"),
            HiddenSize = config.Size("hidden_size"),
            Layers = config.Size("num_hidden_layers"),
            Heads = heads,
            KeyHeads = config.Size("num_key_value_heads", heads),
            HeadSize = config.Size("head_dim", config.Size("hidden_size") / heads),
            IntermediateSize = config.Size("intermediate_size"),
            RopeTheta = config.RopeTheta(),
            NormEps = config.Positive("rms_norm_eps"),
            HasBiases = !isThird,
            HasHeadNorms = isThird,
        }.Check(config);
    }

    /// <summary>Checks what holds between sizes.</summary>
    public QwenConfig Check(CheckpointConfig config)
    {
        if (Heads % KeyHeads != 0) throw new CheckpointFormatException($"'{config.Path}': {Heads} heads cannot share {KeyHeads} key heads evenly.");
        if (HeadSize % 2 != 0) throw new CheckpointFormatException($"'{config.Path}': heads have the size {HeadSize}; rotary positions need an even one.");
        return this;
    }
}

/// <summary>What a publisher calls the tensors of <see cref="Qwen"/>.</summary>
internal sealed record QwenNames
{
    /// <summary>The names of Qwen's publishers.</summary>
    public static QwenNames Published { get; } = new();

    /// <summary>What may stand before the names, the usual first.</summary>
    public string[] Prefixes { get; init; } = ["model.", "", "backbone.", "model.model."];

    public string Embedding { get; init; } = "embed_tokens.weight";

    public string Layers { get; init; } = "layers";

    public string Norm { get; init; } = "norm.weight";

    public string Head { get; init; } = "lm_head.weight";

    public string AttentionNorm { get; init; } = "input_layernorm";

    public string Query { get; init; } = "self_attn.q_proj";

    public string Key { get; init; } = "self_attn.k_proj";

    public string Value { get; init; } = "self_attn.v_proj";

    public string Output { get; init; } = "self_attn.o_proj";

    public string FeedForwardNorm { get; init; } = "post_attention_layernorm";

    public string Gate { get; init; } = "mlp.gate_proj";

    public string Up { get; init; } = "mlp.up_proj";

    public string Down { get; init; } = "mlp.down_proj";
}
