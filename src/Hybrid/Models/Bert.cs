using HybridGen.Checkpoints;
using static TorchSharp.torch;

namespace HybridGen.Models;

/// <summary>BERT with its masked-language-model head (Devlin et al. 2018, arXiv:1810.04805): a denoiser that was trained at one noise level.</summary>
/// <remarks>
/// Legend: B canvases, L positions, T = B L, D hidden size, H heads, S head size, I inner size, V vocabulary.
/// Notable: norms after each branch, learned positions, segment ids, biases everywhere; the head transforms the hidden states before the
/// tied embedding. Format: Hugging Face's names, old files with gamma and beta. RoBERTa is the same network with other names and positions.
/// </remarks>
internal sealed class Bert : IDenoiser
{
    private readonly BertConfig _config;
    private readonly List<Tensor> _weights;
    private readonly Tensor _words;       // (V, D)
    private readonly Tensor _positions;   // (positions, D)
    private readonly Tensor _types;       // (types, D)
    private readonly Norm _inputNorm;
    private readonly Layer[] _layers;
    private readonly Linear _transform;
    private readonly Norm _transformNorm;
    private readonly Tensor _head;        // (V, D), the embedding where tied
    private readonly Tensor _headBias;    // (V)

    public Bert(BertConfig config, BertNames names, DenoiserDescriptor descriptor, WeightReader weights)
    {
        (_config, Descriptor, Device, _weights) = (config, descriptor, weights.Device, weights.Placed);
        using var scope = NewDisposeScope();
        var (d, v) = (config.HiddenSize, config.VocabularySize);
        var prefix = weights.Prefix("embeddings.word_embeddings.weight", names.Body, "");
        _words = Table("word_embeddings", v);
        _positions = Table("position_embeddings", config.PositionRows);
        _types = Table("token_type_embeddings", config.Types);
        _inputNorm = new Norm(config, weights, prefix + "embeddings.LayerNorm");
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(config, weights, $"{prefix}encoder.layer.{i}."))];
        _transform = new Linear(weights, names.Transform, d, d);
        _transformNorm = new Norm(config, weights, names.TransformNorm);
        _head = weights.Has(names.Decoder + ".weight") ? weights.Place(weights.Read(names.Decoder + ".weight", v, d)) : _words;
        _headBias = weights.Place(weights.Read(weights.Has(names.Bias) ? names.Bias : names.Decoder + ".bias", v));
        weights.RequireAllRead("position_ids", "pooler.", "cls.seq_relationship.", names.Decoder + ".bias");

        Tensor Table(string name, int rows) => weights.Place(weights.Read($"{prefix}embeddings.{name}.weight", rows, d));
    }

    public static Bert Load(CheckpointConfig config, CheckpointTokens tokens, WeightReader weights)
    {
        var sizes = BertConfig.Read(config);
        return new Bert(sizes, BertNames.Published, tokens.Describe(sizes.VocabularySize, sizes.PositionRows), weights);
    }

    public DenoiserDescriptor Descriptor { get; }

    public Device Device { get; }

    public Tensor Hidden(DenoiserInput input)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = input.Check(Descriptor);
        var mask = AttentionMask.Additive(input.Attention, _words.dtype);
        var x = Normed(Embedded(input, batch, length), _inputNorm);
        foreach (var layer in _layers)
        {
            var next = layer.Apply(x, batch, mask);
            x.Dispose();
            x = next;
        }

        return x.view(batch, length, -1).MoveToOuterDisposeScope();
    }

    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var transformed = _transformNorm.Apply(_config.Activation(_transform.Apply(hidden)));
        return _headBias.addmm(transformed, _head.t()).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.ForEach(weight => weight.Dispose());

    /// <summary>Words, positions and segments, summed: (T, D).</summary>
    private Tensor Embedded(DenoiserInput input, int batch, int length)
    {
        using var scope = NewDisposeScope();
        var x = _words.index_select(0, input.Ids.reshape(-1)).view(batch, length, -1);
        var positions = input.Positions ?? (_config.PadThatCounts is { } pad ? CountedPositions(input.Ids, pad) : null);
        x.add_(positions is null ? _positions.narrow(0, 0, length) : _positions.index_select(0, positions.reshape(-1)).view(batch, length, -1));
        x.add_(input.TokenTypes is null ? _types[0] : _types.index_select(0, input.TokenTypes.reshape(-1)).view(batch, length, -1));
        return x.view(batch * length, -1).MoveToOuterDisposeScope();
    }

    /// <summary>RoBERTa's positions: they count the ids that are not padding, from the padding's id on.</summary>
    private static Tensor CountedPositions(Tensor ids, int pad)
    {
        var counts = ids.ne(pad).to(ScalarType.Int64);
        return counts.cumsum(1).mul_(counts).add_(pad);
    }

    private static Tensor Normed(Tensor x, Norm norm)
    {
        using (x) return norm.Apply(x);
    }

    /// <summary>One block: attention, then a two-layer network; each adds to the stream, which is normed after.</summary>
    private sealed class Layer(BertConfig config, WeightReader weights, string prefix)
    {
        private readonly Linear _qkv = Linear.Fused(weights, [prefix + "attention.self.query", prefix + "attention.self.key", prefix + "attention.self.value"], config.HiddenSize);
        private readonly Linear _output = new(weights, prefix + "attention.output.dense", config.HiddenSize, config.HiddenSize);
        private readonly Norm _outputNorm = new(config, weights, prefix + "attention.output.LayerNorm");
        private readonly Linear _up = new(weights, prefix + "intermediate.dense", config.IntermediateSize, config.HiddenSize);
        private readonly Linear _down = new(weights, prefix + "output.dense", config.HiddenSize, config.IntermediateSize);
        private readonly Norm _downNorm = new(config, weights, prefix + "output.LayerNorm");

        public Tensor Apply(Tensor x, int batch, Tensor? mask)
        {
            using var scope = NewDisposeScope();
            var attended = Attention(x, batch, mask);
            var middle = Normed(_output.Apply(attended).add_(x), _outputNorm);
            attended.Dispose();
            return Normed(_down.Apply(config.Activation(_up.Apply(middle))).add_(middle), _downNorm).MoveToOuterDisposeScope();
        }

        private Tensor Attention(Tensor x, int batch, Tensor? mask)
        {
            using var scope = NewDisposeScope();
            var heads = config.Heads;
            var qkv = _qkv.Apply(x).view(batch, -1, 3 * heads, config.HiddenSize / heads).transpose(1, 2); // (B, 3 H, L, S)
            var attended = nn.functional.scaled_dot_product_attention(qkv.narrow(1, 0, heads), qkv.narrow(1, heads, heads), qkv.narrow(1, 2 * heads, heads), mask);
            return attended.transpose(1, 2).reshape(-1, config.HiddenSize).MoveToOuterDisposeScope();
        }
    }

    /// <summary>A matrix with a bias.</summary>
    private sealed class Linear
    {
        private readonly Tensor _weight; // (in, out)
        private readonly Tensor _bias;   // (out)

        public Linear(WeightReader weights, string name, int outputs, int inputs)
            : this(weights, weights.Read(name + ".weight", outputs, inputs), weights.Read(name + ".bias", outputs)) { }

        private Linear(WeightReader weights, Tensor weight, Tensor bias) => (_weight, _bias) = (weights.PlaceTransposed(weight), weights.Place(bias));

        /// <summary>Square ones side by side, so that one product makes them all.</summary>
        public static Linear Fused(WeightReader weights, string[] names, int size) =>
            new(weights, cat([.. names.Select(name => weights.Read(name + ".weight", size, size))]), cat([.. names.Select(name => weights.Read(name + ".bias", size))]));

        public Tensor Apply(Tensor x) => _bias.addmm(x, _weight);
    }

    /// <summary>A layer norm; old files call its weight gamma and its bias beta.</summary>
    private sealed class Norm(BertConfig config, WeightReader weights, string name)
    {
        private readonly Tensor _weight = weights.Place(weights.Read(weights.Has(name + ".gamma") ? name + ".gamma" : name + ".weight", config.HiddenSize));
        private readonly Tensor _bias = weights.Place(weights.Read(weights.Has(name + ".beta") ? name + ".beta" : name + ".bias", config.HiddenSize));

        public Tensor Apply(Tensor x) => nn.functional.layer_norm(x, [config.HiddenSize], _weight, _bias, config.NormEps);
    }
}

/// <summary>The sizes of <see cref="Bert"/>.</summary>
internal sealed record BertConfig
{
    public required int VocabularySize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the table of positions.</summary>
    public required int PositionRows { get; init; }

    /// <summary>Number of segments.</summary>
    public required int Types { get; init; }

    public required double NormEps { get; init; }

    /// <summary>The nonlinearity, in place.</summary>
    public required Func<Tensor, Tensor> Activation { get; init; }

    /// <summary>RoBERTa's padding id, from which positions count; null counts from 0 over all positions.</summary>
    public int? PadThatCounts { get; init; }

    /// <exception cref="CheckpointFormatException">A value is missing or wrong.</exception>
    public static BertConfig Read(CheckpointConfig config)
    {
        if (config.Text("position_embedding_type") is { } kind && kind != "absolute") throw config.Wrong("position_embedding_type", $"'{kind}'", "must be 'absolute'");
        var (width, heads) = (config.Size("hidden_size"), config.Size("num_attention_heads"));
        if (width % heads != 0) throw new CheckpointFormatException($"'{config.Path}': hidden_size {width} does not divide into {heads} heads.");
        return new BertConfig
        {
            VocabularySize = config.Size("vocab_size"),
            HiddenSize = width,
            Layers = config.Size("num_hidden_layers"),
            Heads = heads,
            IntermediateSize = config.Size("intermediate_size"),
            PositionRows = config.Size("max_position_embeddings"),
            Types = config.Size("type_vocab_size", 2),
            NormEps = config.Positive("layer_norm_eps", 1e-12),
            Activation = Models.Activation.Read(config, "hidden_act"),
        };
    }
}

/// <summary>What a publisher calls the tensors of <see cref="Bert"/> outside of its layers.</summary>
/// <param name="Body">The prefix of the encoder.</param>
/// <param name="Transform">The head's matrix.</param>
/// <param name="TransformNorm">The head's norm.</param>
/// <param name="Decoder">The output matrix, absent where it is the embedding.</param>
/// <param name="Bias">The output's bias.</param>
internal sealed record BertNames(string Body, string Transform, string TransformNorm, string Decoder, string Bias)
{
    public static BertNames Published { get; } =
        new("bert.", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias");
}
