namespace HybridGen.Tests;

/// <summary>Models of some hundred kilobytes with random weights of 32 bits, for what no shipped model shows.</summary>
internal static class TinyModels
{
    public const int Embedding = 32;
    public const int Inner = 64;
    public const int Vocabulary = 3 + 256 + 2;

    private const int Layers = 2;
    private const int State = 8;
    private const int Convolution = 4;
    private const int TimeRank = 2;

    /// <summary>A transformer; changes are added to the tensors of those names.</summary>
    /// <param name="seed">Fixes the weights.</param>
    /// <param name="changes">What is added to which tensors.</param>
    public static GgufWriter Llama(int seed = 1, params (string Tensor, float[] Change)[] changes)
    {
        var (weights, writer) = (new Weights(seed, changes), new GgufWriter());
        Describe(writer, "llama").Set("llama.attention.head_count", 4u).Set("llama.attention.head_count_kv", 2u).Set("llama.rope.dimension_count", 8u).Set("llama.feed_forward_length", (uint)Inner);
        Sentencepiece(writer);
        weights.Add(writer, "token_embd.weight", 1, Embedding, Vocabulary);
        for (var layer = 0; layer < Layers; layer++) AddTransformer(writer, weights, $"blk.{layer}.");
        return AddHead(writer, weights);
    }

    /// <summary>The model with a vocabulary of as many byte pairs: the 256 bytes, the end of a text, and a few merges.</summary>
    public static GgufWriter WithBytePairs(this GgufWriter writer)
    {
        // As GPT-2 writes bytes: those that are no printable characters stand at U+0100 and after.
        var other = 0;
        string[] bytes = [.. Enumerable.Range(0, 256).Select(value => (value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)value : (char)(256 + other++)).ToString())];
        string[] tokens = ["<|endoftext|>", "<|user|>", "<|end|>", .. bytes, "th", "the"];
        int[] types = [3, 3, 3, .. Enumerable.Repeat(1, 258)];
        writer.Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "gpt-2").Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.token_type", types).Set("tokenizer.ggml.merges", ["t h", "th e"]);
        return writer.Set("tokenizer.ggml.bos_token_id", 0u).Set("tokenizer.ggml.eos_token_id", 0u).Set("tokenizer.chat_template", "{% for message in messages %}<|user|>{{ message['content'] }}<|end|>{% endfor %}");
    }

    /// <summary>A recurrent model.</summary>
    public static GgufWriter Mamba(int seed = 1)
    {
        var (weights, writer) = (new Weights(seed, []), new GgufWriter());
        Describe(writer, "mamba").Set("mamba.attention.head_count", 0u).Set("mamba.feed_forward_length", 0u);
        writer.Set("mamba.ssm.conv_kernel", (uint)Convolution).Set("mamba.ssm.inner_size", (uint)Inner).Set("mamba.ssm.state_size", (uint)State).Set("mamba.ssm.time_step_rank", (uint)TimeRank);
        Sentencepiece(writer);
        weights.Add(writer, "token_embd.weight", 1, Embedding, Vocabulary);
        for (var layer = 0; layer < Layers; layer++) AddMamba(writer, weights, $"blk.{layer}.");
        return AddHead(writer, weights);
    }

    /// <summary>A low-rank adapter of a transformer: a pair of factors for each tensor.</summary>
    /// <param name="architecture">Of the model that it belongs to.</param>
    /// <param name="rank">Of the factors; also the alpha, so that the scale is what the caller says.</param>
    /// <param name="factors">The tensor's name, its sizes, A (rank rows of the first size) and B (rows of the second size, each of the rank).</param>
    public static GgufWriter Adapter(string architecture, int rank, params (string Tensor, int From, int To, float[] A, float[] B)[] factors)
    {
        var writer = new GgufWriter().Set("general.type", "adapter").Set("general.architecture", architecture).Set("adapter.type", "lora").Set("adapter.lora.alpha", (float)rank);
        foreach (var (tensor, from, to, a, b) in factors) writer.Add(tensor + ".lora_a", a, from, rank).Add(tensor + ".lora_b", b, rank, to);
        return writer;
    }

    /// <summary>Random numbers.</summary>
    public static float[] Noise(int seed, int count, float scale)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => scale * ((float)random.NextDouble() - 0.5f))];
    }

    private static GgufWriter Describe(GgufWriter writer, string architecture) => writer.Set("general.architecture", architecture).Set("general.file_type", 0u)
        .Set(architecture + ".context_length", 512u).Set(architecture + ".embedding_length", (uint)Embedding).Set(architecture + ".block_count", (uint)Layers)
        .Set(architecture + ".attention.layer_norm_rms_epsilon", 1e-5f);

    /// <summary>A vocabulary of the 256 bytes and the two pieces that every text begins with.</summary>
    private static void Sentencepiece(GgufWriter writer)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>"), "▁", "▁the"];
        int[] types = [2, 3, 3, .. Enumerable.Repeat(6, 256), 1, 1];
        writer.Set("tokenizer.ggml.model", "llama").Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.scores", [.. tokens.Select((_, i) => (float)-i)]).Set("tokenizer.ggml.token_type", types);
        writer.Set("tokenizer.ggml.bos_token_id", 1u).Set("tokenizer.ggml.eos_token_id", 2u).Set("tokenizer.ggml.unknown_token_id", 0u);
    }

    private static void AddTransformer(GgufWriter writer, Weights weights, string block)
    {
        AddOnes(writer, block + "attn_norm.weight", Embedding);
        weights.Add(writer, block + "attn_q.weight", 1, Embedding, Embedding);
        weights.Add(writer, block + "attn_k.weight", 1, Embedding, Embedding / 2);
        weights.Add(writer, block + "attn_v.weight", 1, Embedding, Embedding / 2);
        weights.Add(writer, block + "attn_output.weight", 1, Embedding, Embedding);
        AddOnes(writer, block + "ffn_norm.weight", Embedding);
        weights.Add(writer, block + "ffn_gate.weight", 1, Embedding, Inner);
        weights.Add(writer, block + "ffn_up.weight", 1, Embedding, Inner);
        weights.Add(writer, block + "ffn_down.weight", 1, Inner, Embedding);
    }

    private static void AddMamba(GgufWriter writer, Weights weights, string block)
    {
        AddOnes(writer, block + "attn_norm.weight", Embedding);
        weights.Add(writer, block + "ssm_in.weight", 1, Embedding, 2 * Inner);
        weights.Add(writer, block + "ssm_conv1d.weight", 1, Convolution, Inner);
        weights.Add(writer, block + "ssm_conv1d.bias", 0.1f, Inner);
        weights.Add(writer, block + "ssm_x.weight", 1, Inner, TimeRank + (2 * State));
        weights.Add(writer, block + "ssm_dt.weight", 1, TimeRank, Inner);
        weights.Add(writer, block + "ssm_dt.bias", 0.1f, Inner);
        writer.Add(block + "ssm_a", [.. Enumerable.Range(0, State * Inner).Select(i => -1f - (i % State))], State, Inner);
        AddOnes(writer, block + "ssm_d", Inner);
        weights.Add(writer, block + "ssm_out.weight", 1, Inner, Embedding);
    }

    private static GgufWriter AddHead(GgufWriter writer, Weights weights)
    {
        AddOnes(writer, "output_norm.weight", Embedding);
        weights.Add(writer, "output.weight", 1, Embedding, Vocabulary);
        return writer;
    }

    private static void AddOnes(GgufWriter writer, string name, int size) => writer.Add(name, [.. Enumerable.Repeat(1f, size)], size);

    private sealed class Weights(int seed, (string Tensor, float[] Change)[] changes)
    {
        private int _number;

        public void Add(GgufWriter writer, string name, float scale, params long[] shape)
        {
            var elements = Noise((seed * 1000) + _number++, (int)shape.Aggregate((one, other) => one * other), scale);
            foreach (var (_, change) in changes.Where(change => change.Tensor == name))
                for (var i = 0; i < elements.Length; i++) elements[i] += change[i];
            writer.Add(name, elements, shape);
        }
    }
}
