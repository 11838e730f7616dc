using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace HybridGen.Bench;

/// <summary>A checkpoint of a family with random weights, in a temporary folder: the size of a real one without its download.</summary>
internal sealed class RandomCheckpoint : IDisposable
{
    private const int VocabularySize = 1024;
    private const int HeadSize = 64;

    private readonly List<(string Name, int[] Shape)> _tensors = [];

    private RandomCheckpoint(int hiddenSize, int layers) => (HiddenSize, Layers) = (hiddenSize, layers);

    public static IReadOnlyList<string> Families { get; } = ["a2d-qwen3", "a2d-qwen2", "bert", "modernbert", "mdlm"];

    public string Folder { get; } = Directory.CreateTempSubdirectory("hybridgen-bench-").FullName;

    public int HiddenSize { get; }

    public int Layers { get; }

    /// <summary>Weights that each token is multiplied with in a forward.</summary>
    public long MatrixWeights => _tensors.Where(tensor => tensor.Shape.Length == 2 && IsInLayer(tensor.Name)).Sum(tensor => (long)tensor.Shape[0] * tensor.Shape[1]);

    public static RandomCheckpoint Create(string family, int hiddenSize, int layers)
    {
        var checkpoint = new RandomCheckpoint(hiddenSize, layers);
        object config = family switch
        {
            "a2d-qwen2" or "a2d-qwen3" => checkpoint.Qwen(family),
            "bert" => checkpoint.Bert(),
            "modernbert" => checkpoint.ModernBert(),
            "mdlm" => checkpoint.Mdlm(),
            _ => throw new InvalidOperationException($"'{family}' is none of {string.Join(", ", Families)}."),
        };
        checkpoint.Write(config);
        return checkpoint;
    }

    /// <summary>Floating-point operations of a forward without the head: two a weight and token, and attention's.</summary>
    public double Operations(int batch, int length) => batch * length * (2.0 * MatrixWeights + 4.0 * Layers * length * HiddenSize);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Whether a matrix meets every token: those outside of the layers do not, nor do those of a time's condition.</summary>
    private static bool IsInLayer(string name) =>
        (name.Contains("layer.", StringComparison.Ordinal) || name.Contains("layers.", StringComparison.Ordinal) || name.Contains("blocks.", StringComparison.Ordinal))
        && !name.Contains("adaLN", StringComparison.Ordinal) && !name.Contains("output_layer.", StringComparison.Ordinal);

    private object Qwen(string family)
    {
        var (d, heads, inner) = (HiddenSize, HiddenSize / HeadSize, 3 * HiddenSize);
        var keys = Math.Max(1, heads / 4) * HeadSize;
        Add("model.embed_tokens.weight", VocabularySize, d);
        foreach (var layer in LayerNames("model.layers."))
        {
            foreach (var (name, rows) in new[] { ("q", d), ("k", keys), ("v", keys) })
            {
                Add($"{layer}self_attn.{name}_proj.weight", rows, d);
                if (family == "a2d-qwen2") Add($"{layer}self_attn.{name}_proj.bias", rows);
                else if (name != "v") Add($"{layer}self_attn.{name}_norm.weight", HeadSize);
            }

            Add(layer + "self_attn.o_proj.weight", d, d);
            Add(layer + "mlp.gate_proj.weight", inner, d);
            Add(layer + "mlp.up_proj.weight", inner, d);
            Add(layer + "mlp.down_proj.weight", d, inner);
            Add(layer + "input_layernorm.weight", d);
            Add(layer + "post_attention_layernorm.weight", d);
        }

        Add("model.norm.weight", d);
        return new
        {
            model_type = family,
            vocab_size = VocabularySize,
            hidden_size = d,
            num_hidden_layers = Layers,
            num_attention_heads = heads,
            num_key_value_heads = keys / HeadSize,
            head_dim = HeadSize,
            intermediate_size = inner,
            rope_theta = 1e6,
            rms_norm_eps = 1e-6,
            max_position_embeddings = 32768,
        };
    }

    private object Bert()
    {
        var (d, inner) = (HiddenSize, 4 * HiddenSize);
        Add("bert.embeddings.word_embeddings.weight", VocabularySize, d);
        Add("bert.embeddings.position_embeddings.weight", 4096, d);
        Add("bert.embeddings.token_type_embeddings.weight", 2, d);
        AddNorm("bert.embeddings.LayerNorm");
        foreach (var layer in LayerNames("bert.encoder.layer."))
        {
            foreach (var name in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" }) AddLinear(layer + name, d, d);
            AddNorm(layer + "attention.output.LayerNorm");
            AddLinear(layer + "intermediate.dense", inner, d);
            AddLinear(layer + "output.dense", d, inner);
            AddNorm(layer + "output.LayerNorm");
        }

        AddLinear("cls.predictions.transform.dense", d, d);
        AddNorm("cls.predictions.transform.LayerNorm");
        Add("cls.predictions.bias", VocabularySize);
        return new
        {
            model_type = "bert",
            vocab_size = VocabularySize,
            hidden_size = d,
            num_hidden_layers = Layers,
            num_attention_heads = d / HeadSize,
            intermediate_size = inner,
            max_position_embeddings = 4096,
        };
    }

    private object ModernBert()
    {
        var (d, inner) = (HiddenSize, 3 * HiddenSize / 2);
        Add("model.embeddings.tok_embeddings.weight", VocabularySize, d);
        Add("model.embeddings.norm.weight", d);
        foreach (var layer in LayerNames("model.layers."))
        {
            if (layer != "model.layers.0.") Add(layer + "attn_norm.weight", d);
            Add(layer + "attn.Wqkv.weight", 3 * d, d);
            Add(layer + "attn.Wo.weight", d, d);
            Add(layer + "mlp_norm.weight", d);
            Add(layer + "mlp.Wi.weight", 2 * inner, d);
            Add(layer + "mlp.Wo.weight", d, inner);
        }

        Add("model.final_norm.weight", d);
        Add("head.dense.weight", d, d);
        Add("head.norm.weight", d);
        Add("decoder.bias", VocabularySize);
        return new
        {
            model_type = "modernbert",
            vocab_size = VocabularySize,
            hidden_size = d,
            num_hidden_layers = Layers,
            num_attention_heads = d / HeadSize,
            intermediate_size = inner,
            max_position_embeddings = 8192,
        };
    }

    private object Mdlm()
    {
        const int Condition = 128;
        var (d, inner) = (HiddenSize, 4 * HiddenSize);
        Add("backbone.vocab_embed.embedding", VocabularySize, d);
        AddLinear("backbone.sigma_map.mlp.0", Condition, 256);
        AddLinear("backbone.sigma_map.mlp.2", Condition, Condition);
        foreach (var layer in LayerNames("backbone.blocks."))
        {
            AddLinear(layer + "adaLN_modulation", 6 * d, Condition);
            Add(layer + "norm1.weight", d);
            Add(layer + "attn_qkv.weight", 3 * d, d);
            Add(layer + "attn_out.weight", d, d);
            Add(layer + "norm2.weight", d);
            AddLinear(layer + "mlp.0", inner, d);
            AddLinear(layer + "mlp.2", d, inner);
        }

        AddLinear("backbone.output_layer.adaLN_modulation", 2 * d, Condition);
        Add("backbone.output_layer.norm_final.weight", d);
        AddLinear("backbone.output_layer.linear", VocabularySize, d);
        return new
        {
            model_type = "mdlm",
            hidden_dim = d,
            cond_dim = Condition,
            n_blocks = Layers,
            n_heads = d / HeadSize,
            model_length = 4096,
        };
    }

    private IEnumerable<string> LayerNames(string prefix) => Enumerable.Range(0, Layers).Select(i => $"{prefix}{i}.");

    private void Add(string name, params int[] shape) => _tensors.Add((name, shape));

    private void AddLinear(string name, int outputs, int inputs)
    {
        Add(name + ".weight", outputs, inputs);
        Add(name + ".bias", outputs);
    }

    private void AddNorm(string name)
    {
        Add(name + ".weight", HiddenSize);
        Add(name + ".bias", HiddenSize);
    }

    private void Write(object config)
    {
        var vocabulary = Enumerable.Range(0, VocabularySize - 1).ToDictionary(id => $"t{id}", id => id);
        var added = new[] { new { id = VocabularySize - 1, content = "<|mask|>" } };
        File.WriteAllText(Path.Combine(Folder, "config.json"), JsonSerializer.Serialize(config));
        File.WriteAllText(Path.Combine(Folder, "tokenizer.json"), JsonSerializer.Serialize(new { model = new { vocab = vocabulary }, added_tokens = added }));
        using var stream = File.Create(Path.Combine(Folder, "model.safetensors"));
        WriteHeader(stream);
        var random = new Random(1);
        foreach (var (_, shape) in _tensors) WriteValues(stream, shape, random);
    }

    private void WriteHeader(Stream stream)
    {
        var header = new Dictionary<string, object>();
        var offset = 0L;
        foreach (var (name, shape) in _tensors)
        {
            var end = offset + sizeof(float) * Count(shape);
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { offset, end } };
            offset = end;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        stream.Write(length);
        stream.Write(json);
    }

    /// <summary>Norms near 1, matrices that keep the size of what they are given.</summary>
    private static void WriteValues(Stream stream, int[] shape, Random random)
    {
        var values = new float[Count(shape)];
        var (middle, spread) = shape.Length == 1 ? (1f, 0.1f) : (0f, 1 / MathF.Sqrt(shape[^1]));
        for (var i = 0; i < values.Length; i++) values[i] = middle + spread * (2 * random.NextSingle() - 1);
        stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private static long Count(int[] shape) => shape.Aggregate(1L, (count, size) => count * size);
}
