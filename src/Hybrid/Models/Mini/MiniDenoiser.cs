using HybridGen.Checkpoints;
using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>
/// The mini refiner's network: a draft-conditioned bidirectional transformer with a pointer at candidate words.
/// </summary>
/// <remarks>
/// Legend: B windows, L slots a window, T = B L, D hidden size, H heads, S head size, V vocabulary, P pointer size, G n-grams a word.
/// Notable: RMS norms without bias, query-key norm, rotary positions, squared ReLU, tied output, word vectors from hashed n-grams.
/// Norm weights are folded into the matrices that follow, and the rotary halves are interleaved so that one complex product turns them.
/// Every method expects inference mode on the calling thread.
/// </remarks>
internal sealed class MiniDenoiser : IDisposable
{
    private const int FeatureCount = 6;

    private static readonly long[] FeatureSizes = [16, 8, 8, 8, 8, 96];

    private readonly Tensor _embed;             // (V, D)
    private readonly Tensor _slotEmbed;         // (16, D)
    private readonly Tensor _frequencyEmbed;    // (17, D)
    private readonly Tensor _inputNorm;         // (D)
    private readonly Tensor _ngramEmbed;        // (buckets + 1, D), half precision: read a few rows at a time
    private readonly Tensor _ngramGate;         // (D, D), transposed
    private readonly Layer[] _layers;
    private readonly Tensor _norm;              // (D)
    private readonly Tensor _pointerQuery;      // (D, P)
    private readonly Tensor _pointerKey;        // (D, P)
    private readonly Tensor[] _pointerFeatures; // six of (size, P)
    private readonly Tensor _pointerOperations; // (buckets + 1, P)
    private readonly Tensor _pointerMlp;        // (P, P), transposed
    private readonly Tensor _pointerMlpBias;    // (P)
    private readonly Tensor _pointerBias;       // (P, 1)
    private readonly float _pointerBiasOffset;
    private readonly Tensor _rotations;         // (positions, 1, S / 2), complex

    private MiniDenoiser(MiniConfig config, Checkpoint file, Device device)
    {
        (Config, Device) = (config, device);
        var (d, p) = (config.HiddenSize, config.PointerSize);
        _embed = Weight("embed_tokens.weight", config.VocabularySize, d);
        _slotEmbed = Weight("slot_embed.weight", 16, d);
        _frequencyEmbed = Weight("freq_embed.weight", 17, d);
        _inputNorm = Weight("input_norm.weight", d);
        _ngramEmbed = Placed(file.Load("ngram_embed.weight", [config.NgramBuckets + 1, d]));
        _ngramGate = Transposed("ngram_gate.weight", d, d);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(config, file, $"layers.{i}.", device))];
        _norm = Weight("norm.weight", d);
        _pointerQuery = Transposed("pointer_query.weight", p, d);
        _pointerKey = Transposed("pointer_key.weight", p, d);
        _pointerFeatures = [.. FeatureSizes.Select((size, i) => Weight($"pointer_features.{i}.weight", size, p))];
        _pointerOperations = Weight("pointer_ops.weight", config.OperationBuckets + 1, p);
        _pointerMlp = Transposed("pointer_mlp.weight", p, p);
        _pointerMlpBias = Weight("pointer_mlp.bias", p);
        _pointerBias = Transposed("pointer_bias.weight", 1, p);
        using var offset = Weight("pointer_bias.bias", 1);
        _pointerBiasOffset = offset.item<float>();
        _rotations = Placed(Rotations(config));

        Tensor Placed(Tensor weight)
        {
            if (device.type == TorchSharp.DeviceType.CPU) return weight;
            using (weight) return weight.to(device);
        }

        Tensor Weight(string name, params long[] shape) => Placed(file.Load(name, shape, ScalarType.Float32));

        Tensor Transposed(string name, params long[] shape)
        {
            using var weight = Weight(name, shape);
            using var transposed = weight.t();
            return transposed.contiguous();
        }
    }

    public MiniConfig Config { get; }

    /// <summary>Where the weights are; inputs must be there too.</summary>
    public Device Device { get; }

    /// <summary>Loads the network from a refiner's folder.</summary>
    /// <param name="folder">The refiner's folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="device">Where it computes; null is the processor. In F32 everywhere, so that every device makes the same edits.</param>
    /// <exception cref="CheckpointFormatException">A file is missing or malformed, or a tensor is missing or has another shape.</exception>
    public static MiniDenoiser Load(string folder, MiniConfig config, Device? device = null)
    {
        using var file = Checkpoint.Open(folder);
        using var mode = inference_mode();
        var denoiser = new MiniDenoiser(config, file, device ?? CPU);
        foreach (var weight in denoiser.Weights) weight.DetachFromDisposeScope(); // The caller's scope ends before the model does.
        return denoiser;
    }

    /// <summary>Vectors of words by their n-grams: (n, G) to (n, D).</summary>
    public Tensor WordVectors(Tensor ngrams)
    {
        using var scope = NewDisposeScope();
        var rows = _ngramEmbed.index_select(0, ngrams.reshape(-1)).to(ScalarType.Float32);
        var sum = rows.view(ngrams.shape[0], ngrams.shape[1], -1).sum(1);
        var squared = (4 * sum).relu_().pow_(2);
        return squared.add_(sum).mm(_ngramGate).MoveToOuterDisposeScope();
    }

    /// <summary>Pointer keys of words: (n, D) to (n, P).</summary>
    public Tensor PointerKeys(Tensor wordVectors) => wordVectors.mm(_pointerKey);

    /// <summary>Hidden states of a batch, normed: (T, D).</summary>
    /// <param name="ids">Token ids, (T).</param>
    /// <param name="words">The slots' word vectors, (T, D); zero where the draft is hidden.</param>
    /// <param name="slots">Places in the words, (T).</param>
    /// <param name="frequencies">Frequencies of the words, (T).</param>
    /// <param name="lengths">
    /// Slots of each window; the windows lie one after the other. Where T is more than their sum, each holds T / B slots, padding last.
    /// </param>
    public Tensor Hidden(Tensor ids, Tensor words, Tensor slots, Tensor frequencies, IReadOnlyList<int> lengths)
    {
        using var scope = NewDisposeScope();
        if (lengths.Max() > Config.MaxPositions) throw new ArgumentException($"A window has {lengths.Max()} slots; the model has {Config.MaxPositions} positions.", nameof(lengths));
        var x = Normed(_embed.index_select(0, ids).add_(words).add_(_slotEmbed.index_select(0, slots)).add_(_frequencyEmbed.index_select(0, frequencies)));
        x.mul_(_inputNorm);
        var space = new MiniWorkspace(Config, lengths, (int)ids.shape[0], _rotations);
        foreach (var layer in _layers) layer.Apply(x, space, Config.RmsNormEps);
        return Normed(x).mul_(_norm).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of the whole vocabulary: (n, D) to (n, V).</summary>
    public Tensor Logits(Tensor hidden) => hidden.mm(_embed.t()).mul_(Config.LogitScale);

    /// <summary>Logits of given tokens only: hidden (n, D) and ids (n, K) to (n, K).</summary>
    public Tensor Logits(Tensor hidden, Tensor ids)
    {
        using var rows = _embed.index_select(0, ids.reshape(-1));
        using var tokens = rows.view(ids.shape[0], ids.shape[1], -1);
        using var column = hidden.unsqueeze(-1);
        return tokens.bmm(column).squeeze(-1).mul_(Config.LogitScale);
    }

    /// <summary>Queries of the pointer: hidden (n, D) to (n, P).</summary>
    public Tensor PointerQueries(Tensor hidden) => hidden.mm(_pointerQuery);

    /// <summary>What the pointer knows of each candidate: its key with features (n, P), and its bias (n).</summary>
    /// <param name="keys">Keys of the candidates' words, (n, P).</param>
    /// <param name="features">Frequency, distance, kind, rank, count in the document, draft; (n, 6).</param>
    /// <param name="operations">The edits from the drafts, hashed; (n, 4).</param>
    public (Tensor Keys, Tensor Biases) DescribeCandidates(Tensor keys, Tensor features, Tensor operations)
    {
        using var scope = NewDisposeScope();
        var described = _pointerOperations.index_select(0, operations.reshape(-1)).view(operations.shape[0], operations.shape[1], -1).sum(1);
        for (var i = 0; i < FeatureCount; i++) described.add_(_pointerFeatures[i].index_select(0, features.select(1, i)));
        var inner = described.relu().mm(_pointerMlp).add_(_pointerMlpBias).relu_();
        var biases = inner.mm(_pointerBias).squeeze(-1).add_(_pointerBiasOffset);
        return (described.add_(keys).MoveToOuterDisposeScope(), biases.MoveToOuterDisposeScope());
    }

    /// <summary>Pointer scores: queries (n, P), the candidates' keys (n, K, P) and biases (n, K) to (n, K).</summary>
    public static Tensor PointerScores(Tensor queries, Tensor keys, Tensor biases)
    {
        using var column = queries.unsqueeze(-1);
        return keys.bmm(column).squeeze(-1).div_(4).add_(biases);
    }

    public void Dispose()
    {
        foreach (var weight in Weights) weight.Dispose();
    }

    private IEnumerable<Tensor> Weights =>
    [
        _embed, _slotEmbed, _frequencyEmbed, _inputNorm, _ngramEmbed, _ngramGate, _norm, _pointerQuery, _pointerKey, _pointerOperations, _pointerMlp, _pointerMlpBias, _pointerBias, _rotations,
        .. _pointerFeatures, .. _layers.SelectMany(layer => layer.Weights),
    ];

    private Tensor Normed(Tensor x) => x.mul_(Scale(x, Config.RmsNormEps));

    /// <summary>1 / root mean square over the last axis, kept as an axis of 1.</summary>
    private static Tensor Scale(Tensor x, double eps) => linalg.vector_norm(x, 2, [-1], keepdim: true).pow_(2).div_(x.shape[^1]).add_(eps).rsqrt_();

    private static Tensor Rotations(MiniConfig config)
    {
        using var scope = NewDisposeScope();
        var half = config.HeadSize / 2;
        var frequencies = arange(half, ScalarType.Float64).mul(-Math.Log(config.RopeTheta) / half).exp();
        var angles = arange(config.MaxPositions, ScalarType.Float64).unsqueeze(-1).mul(frequencies).unsqueeze(1).to(ScalarType.Float32);
        return polar(ones_like(angles), angles).MoveToOuterDisposeScope();
    }

    /// <summary>One block: attention over the window, then a squared-ReLU network; both add to the stream.</summary>
    private sealed class Layer
    {
        private readonly int _heads;
        private readonly Tensor _qkv;     // (D, 3 D)
        private readonly Tensor _qkNorm;  // (2 H, S)
        private readonly Tensor _output;  // (D, D)
        private readonly Tensor _up;      // (D, inner)
        private readonly Tensor _down;    // (inner, D)

        public Layer(MiniConfig config, Checkpoint file, string prefix, Device device)
        {
            using var scope = NewDisposeScope();
            var (d, inner) = (config.HiddenSize, config.IntermediateSize);
            _heads = config.Heads;
            var order = Interleaved(config.HeadSize);
            var qkv = Weight("qkv_proj.weight", 3 * d, d).mul_(Weight("attn_norm.weight", d)).view(3 * _heads, config.HeadSize, d);
            qkv.narrow(0, 0, 2 * _heads).copy_(qkv.narrow(0, 0, 2 * _heads).index_select(1, order));
            _qkv = Transpose(qkv.view(3 * d, d));
            _qkNorm = Place(cat([HeadNorm("q_norm.weight"), HeadNorm("k_norm.weight")]));
            _output = Transpose(Weight("o_proj.weight", d, d));
            _up = Transpose(Weight("up_proj.weight", inner, d).mul_(Weight("mlp_norm.weight", d)));
            _down = Transpose(Weight("down_proj.weight", d, inner));

            Tensor Weight(string name, params long[] shape) => file.Load(prefix + name, shape, ScalarType.Float32);

            Tensor HeadNorm(string name) => Weight(name, config.HeadSize).index_select(0, order).expand(_heads, config.HeadSize);

            Tensor Transpose(Tensor weight) => Place(weight.t().contiguous());

            Tensor Place(Tensor weight) => weight.to(device).MoveToOuterDisposeScope();
        }

        public void Apply(Tensor x, MiniWorkspace space, double eps)
        {
            using (NewDisposeScope()) x.addmm_(Attention(x, space, eps), _output);
            using (NewDisposeScope())
            {
                space.Inner.addmm_(x.mul(Scale(x, eps)), _up, beta: 0, alpha: 1).relu_().pow_(2);
                x.addmm_(space.Inner, _down);
            }
        }

        public Tensor[] Weights => [_qkv, _qkNorm, _output, _up, _down];

        /// <summary>What the windows' slots see of each other, (T, D).</summary>
        /// <remarks>Queries and keys are normed head by head, so only values need the norm of the whole slot.</remarks>
        private Tensor Attention(Tensor x, MiniWorkspace space, double eps)
        {
            space.Qkv.addmm_(x, _qkv, beta: 0, alpha: 1);
            space.Values.mul_(Scale(x, eps));
            space.QueriesAndKeys.mul_(Scale(space.QueriesAndKeys, eps)).mul_(_qkNorm);
            space.Pairs.mul_(space.Rotations);
            foreach (var window in space.Windows)
                window.Attended.copy_(nn.functional.scaled_dot_product_attention(window.Queries, window.Keys, window.Values));
            return space.Attended;
        }

        /// <summary>Places the two rotary halves side by side: 0, S/2, 1, S/2 + 1, ...</summary>
        private static Tensor Interleaved(int headSize) =>
            tensor([.. Enumerable.Range(0, headSize).Select(i => (long)(i / 2 + (i % 2 == 0 ? 0 : headSize / 2)))]);
    }
}
