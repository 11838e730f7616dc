using HybridGen.Checkpoints;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>
/// The diffusion transformer of MDLM (Sahoo et al. 2024, arXiv:2406.07524) and GIDD (von Rütte et al. 2025, arXiv:2503.04482), conditioned on a time.
/// </summary>
/// <remarks>
/// Legend: B canvases, L positions, T = B L, D hidden size, H heads, S head size, C size of the condition, V vocabulary.
/// Notable: the condition shifts and scales what each norm gives, and gates what each branch adds; norms without bias; rotary positions;
/// tanh GELU; an output of its own. MDLM's published models ignore the time, which is then 0; GIDD reads it as it is, and was trained to judge
/// visible tokens too. Format: the projects' own names.
/// </remarks>
internal sealed class Dit : IDenoiser
{
    private const int FrequencySize = 256;
    private const double NormEps = 1e-5;
    private const double NoiseEps = 1e-3;

    private readonly Config _config;
    private readonly List<Tensor> _weights;
    private readonly Tensor _embed;            // (V, D)
    private readonly Tensor[] _time;           // (256, C), (C), (C, C), (C)
    private readonly Layer[] _layers;
    private readonly Tensor _norm;             // (D)
    private readonly Tensor _modulation;       // (C, 2 D)
    private readonly Tensor _modulationBias;   // (2 D)
    private readonly Tensor _head;             // (D, V)
    private readonly Tensor _headBias;         // (V)

    private Dit(Config config, DenoiserDescriptor descriptor, WeightReader weights, string prefix)
    {
        (_config, Descriptor, Device, _weights) = (config, descriptor, weights.Device, weights.Placed);
        using var scope = NewDisposeScope();
        var (d, v, c) = (config.HiddenSize, config.VocabularySize, config.ConditionSize);
        _embed = weights.Place(Read("vocab_embed.embedding", v, d));
        _time =
        [
            Condition("sigma_map.mlp.0.weight", c, FrequencySize), Condition("sigma_map.mlp.0.bias", c),
            Condition("sigma_map.mlp.2.weight", c, c), Condition("sigma_map.mlp.2.bias", c),
        ];
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(config, weights, $"{prefix}blocks.{i}."))];
        _norm = weights.Place(Read("output_layer.norm_final.weight", d));
        _modulation = Condition("output_layer.adaLN_modulation.weight", 2 * d, c);
        _modulationBias = Condition("output_layer.adaLN_modulation.bias", 2 * d);
        _head = weights.PlaceTransposed(Read("output_layer.linear.weight", v, d));
        _headBias = weights.Place(Read("output_layer.linear.bias", v));
        weights.RequireAllRead("rotary_emb.");

        Tensor Read(string name, params ReadOnlySpan<long> shape) => weights.Read(prefix + name, shape);

        Tensor Condition(string name, params ReadOnlySpan<long> shape) => weights.Place(Read(name, shape).t(), ScalarType.Float32);
    }

    /// <summary>A checkpoint of GIDD.</summary>
    public static Dit LoadGidd(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var sizes = new Config
        {
            HiddenSize = config.Size("hidden_size"),
            Layers = config.Size("num_hidden_layers"),
            Heads = config.Size("num_attention_heads"),
            ConditionSize = config.Size("timestep_cond_dim", 128),
            LeastTime = config.Positive("t_eps", 1e-4),
        };
        return Load(config, sizes, weights, (rows, positions) => tokens.Describe(rows, positions) with
        {
            IsTimeConditioned = true,
            ScoresVisibleTokens = config.Has("p_uniform") && !config.IsZero("p_uniform"),
        }, config.Size("max_seq_len"));
    }

    /// <summary>A checkpoint of MDLM: GPT-2's vocabulary and one row more for the mask.</summary>
    public static Dit LoadMdlm(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var isTimed = config.Flag("time_conditioning");
        var sizes = new Config
        {
            HiddenSize = config.Size("hidden_dim"),
            Layers = config.Size("n_blocks"),
            Heads = config.Size("n_heads"),
            ConditionSize = config.Size("cond_dim"),
            LeastTime = 0,
            Time = isTimed ? times => times.mul(NoiseEps - 1).log1p().neg_() : times => times.mul(0), // The log-linear schedule's total noise.
        };
        return Load(config, sizes, weights, (rows, positions) => tokens.Describe(rows, positions, rows - 1) with { IsTimeConditioned = isTimed }, config.Size("model_length"));
    }

    public DenoiserDescriptor Descriptor { get; }

    public Device Device { get; }

    /// <summary>What goes into the head: the stream, normed and modulated, since the head itself knows no time.</summary>
    public Tensor Hidden(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        var (x, condition) = Run(input);
        var modulation = _modulationBias.addmm(condition, _modulation).to(x.dtype).unsqueeze(1);
        return Modulated(x.view(input.Ids.shape[0], input.Ids.shape[1], -1), _norm, modulation, 0).MoveToOuterDisposeScope();
    }

    /// <summary>The stream before the output layer, (B, L, D), which the projects call hidden.</summary>
    public Tensor Stream(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        return Run(input).Stream.view(input.Ids.shape[0], input.Ids.shape[1], -1).MoveToOuterDisposeScope();
    }

    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return _headBias.addmm(hidden, _head).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.ForEach(weight => weight.Dispose());

    private static Dit Load(CheckpointConfig config, Config sizes, WeightReader weights, Func<int, int, DenoiserDescriptor> describe, int positions)
    {
        if (sizes.HiddenSize % (2 * sizes.Heads) != 0) throw new CheckpointFormatException($"'{config.Path}': the hidden size {sizes.HiddenSize} does not divide into {sizes.Heads} heads of an even size.");
        var prefix = weights.Prefix("vocab_embed.embedding", "", "backbone.", "model.");
        var rows = (int)weights.Shape(prefix + "vocab_embed.embedding", 2)[0]; // The configuration's vocab_size may be the tokenizer's.
        return new Dit(sizes with { VocabularySize = rows }, describe(rows, positions), weights, prefix);
    }

    private (Tensor Stream, Tensor Condition) Run(DenoiserInput input)
    {
        var (batch, length) = input.Check(Descriptor);
        var positions = input.Positions ?? arange(length, ScalarType.Int64, Device).unsqueeze(0);
        var rotations = Rotary.Rotations(positions, _config.HeadSize, 10_000);
        var mask = AttentionMask.Additive(input.Attention, _embed.dtype);
        var condition = Condition(input.Times ?? full(batch, _config.LeastTime, ScalarType.Float32, Device));
        var x = _embed.index_select(0, input.Ids.reshape(-1));                                                  // (T, D)
        foreach (var layer in _layers) layer.Apply(x, batch, rotations, mask, condition);
        return (x, condition);
    }

    /// <summary>The condition of times (B): (B, C), in F32.</summary>
    private Tensor Condition(Tensor times)
    {
        var exponents = arange(FrequencySize / 2, ScalarType.Float32, Device).mul_(-Math.Log(10_000) / (FrequencySize / 2));
        var angles = _config.Time(times.to(ScalarType.Float32)).unsqueeze(-1).mul(exponents.exp_());
        var waves = cat([angles.cos(), angles.sin()], -1);
        return _time[3].addmm(_time[1].addmm(waves, _time[0]).silu_(), _time[2]).silu_();
    }

    /// <summary>norm(x) * (1 + scale) + shift, both taken from a modulation (B, 1, n D).</summary>
    /// <param name="x">(B, L, D).</param>
    /// <param name="norm">The norm's weight, (D).</param>
    /// <param name="modulation">(B, 1, n D).</param>
    /// <param name="shift">Which of the n is the shift; the scale follows it.</param>
    private static Tensor Modulated(Tensor x, Tensor norm, Tensor modulation, int shift)
    {
        var d = x.shape[^1];
        return nn.functional.layer_norm(x, [d], norm, null, NormEps).mul_(modulation.narrow(-1, (shift + 1) * d, d).add(1)).add_(modulation.narrow(-1, shift * d, d));
    }

    /// <summary>One block: attention, then a two-layer network; both are modulated, and add to the stream through a gate.</summary>
    private sealed class Layer
    {
        private readonly Config _config;
        private readonly Tensor _modulation;       // (C, 6 D)
        private readonly Tensor _modulationBias;   // (6 D)
        private readonly Tensor _attentionNorm;    // (D)
        private readonly Tensor _qkv;              // (D, 3 D)
        private readonly Tensor _output;           // (D, D), transposed
        private readonly Tensor _norm;             // (D)
        private readonly Tensor _up;               // (D, I)
        private readonly Tensor _upBias;           // (I)
        private readonly Tensor _down;             // (I, D)
        private readonly Tensor _downBias;         // (D)

        public Layer(Config config, WeightReader weights, string prefix)
        {
            using var scope = NewDisposeScope();
            _config = config;
            var (d, c) = (config.HiddenSize, config.ConditionSize);
            var inner = weights.Shape(prefix + "mlp.0.bias", 1)[0];
            _modulation = weights.Place(Read("adaLN_modulation.weight", 6 * d, c).t(), ScalarType.Float32);
            _modulationBias = weights.Place(Read("adaLN_modulation.bias", 6 * d), ScalarType.Float32);
            _attentionNorm = weights.Place(Read("norm1.weight", d));
            var qkv = Read("attn_qkv.weight", 3 * d, d).view(3 * config.Heads, config.HeadSize, d);
            var turned = Rotary.Interleave(qkv.narrow(0, 0, 2 * config.Heads), 1);
            _qkv = weights.PlaceTransposed(cat([turned, qkv.narrow(0, 2 * config.Heads, config.Heads)]).view(3 * d, d));
            _output = weights.PlaceTransposed(Read("attn_out.weight", d, d));
            _norm = weights.Place(Read("norm2.weight", d));
            (_up, _upBias) = (weights.PlaceTransposed(Read("mlp.0.weight", inner, d)), weights.Place(Read("mlp.0.bias", inner)));
            (_down, _downBias) = (weights.PlaceTransposed(Read("mlp.2.weight", d, inner)), weights.Place(Read("mlp.2.bias", d)));

            Tensor Read(string name, params ReadOnlySpan<long> shape) => weights.Read(prefix + name, shape);
        }

        public void Apply(Tensor x, int batch, Tensor rotations, Tensor? mask, Tensor condition)
        {
            using var scope = NewDisposeScope();
            var d = _config.HiddenSize;
            var stream = x.view(batch, -1, d);                                                                  // (B, L, D)
            var modulation = _modulationBias.addmm(condition, _modulation).to(x.dtype).unsqueeze(1);            // (B, 1, 6 D)
            using (NewDisposeScope()) Add(stream, Attention(Modulated(stream, _attentionNorm, modulation, 0), rotations, mask), modulation.narrow(-1, 2 * d, d));
            using (NewDisposeScope()) Add(stream, Network(Modulated(stream, _norm, modulation, 3)), modulation.narrow(-1, 5 * d, d));
        }

        private static void Add(Tensor stream, Tensor branch, Tensor gate) => stream.addcmul_(branch.view(stream.shape), gate, 1);

        private Tensor Attention(Tensor normed, Tensor rotations, Tensor? mask)
        {
            var (heads, d) = (_config.Heads, _config.HiddenSize);
            var qkv = normed.view(-1, d).mm(_qkv).view(normed.shape[0], -1, 3 * heads, _config.HeadSize);       // (B, L, 3 H, S)
            var qk = Rotary.Turn(qkv.narrow(2, 0, 2 * heads), rotations).transpose(1, 2);                       // (B, 2 H, L, S)
            var values = qkv.narrow(2, 2 * heads, heads).transpose(1, 2);
            var attended = nn.functional.scaled_dot_product_attention(qk.narrow(1, 0, heads), qk.narrow(1, heads, heads), values, mask);
            return attended.transpose(1, 2).reshape(-1, d).mm(_output);
        }

        private Tensor Network(Tensor normed)
        {
            var inner = Activation.GeluTanh(_upBias.addmm(normed.view(-1, _config.HiddenSize), _up));
            return _downBias.addmm(inner, _down);
        }
    }

    private sealed record Config
    {
        public int VocabularySize { get; init; }

        public required int HiddenSize { get; init; }

        public required int Layers { get; init; }

        public required int Heads { get; init; }

        public required int ConditionSize { get; init; }

        /// <summary>The time where none is given.</summary>
        public required double LeastTime { get; init; }

        /// <summary>What the network reads for a time.</summary>
        public Func<Tensor, Tensor> Time { get; init; } = times => times;

        public int HeadSize => HiddenSize / Heads;
    }
}
