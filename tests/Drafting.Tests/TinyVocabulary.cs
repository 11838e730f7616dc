using System.Globalization;
using System.Text;

namespace HybridGen.Drafting.Tests;

/// <summary>A model file with nothing but a vocabulary and a chat template.</summary>
internal static class TinyVocabulary
{
    private const string Alphabet = "▁abcdefghijklmnopqrstuvwxyzHIST[]/<>|!.";

    /// <summary>A model without layers to compute, of which only the vocabulary is loaded.</summary>
    public static void Write(string path, string template, string? forTools = null, params string[] control)
    {
        control = ["<s>", "</s>", "<|user|>", "<|end|>", "<|assistant|>", .. control];
        string[] tokens = ["<unk>", .. control, .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. Alphabet.Select(letter => letter.ToString(CultureInfo.InvariantCulture)), "▁h", "▁hi", "hi", "▁t", "th", "he", "▁[", "[I"];
        int[] types = [2, .. control.Select(_ => 3), .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, tokens.Length - control.Length - 257)];
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write(0ul);
        writer.Write(forTools is null ? 13ul : 14ul);
        Text("general.architecture", "llama");
        foreach (var (key, value) in new[] { ("context_length", 64u), ("embedding_length", 32u), ("block_count", 1u), ("feed_forward_length", 32u), ("attention.head_count", 1u) }) Number($"llama.{key}", value);
        Key("llama.attention.layer_norm_rms_epsilon", 6);
        writer.Write(1e-5f);
        Text("tokenizer.ggml.model", "llama");
        Array("tokenizer.ggml.tokens", 8, tokens, String);
        Array("tokenizer.ggml.scores", 6, tokens.Select((_, i) => (float)i), writer.Write);
        Array("tokenizer.ggml.token_type", 5, types, writer.Write);
        Number("tokenizer.ggml.bos_token_id", 1);
        Text("tokenizer.chat_template", template);
        if (forTools is not null) Text("tokenizer.chat_template.tool_use", forTools);

        void Key(string key, uint type)
        {
            String(key);
            writer.Write(type);
        }

        void String(string text)
        {
            writer.Write((ulong)Encoding.UTF8.GetByteCount(text));
            writer.Write(Encoding.UTF8.GetBytes(text));
        }

        void Text(string key, string value)
        {
            Key(key, 8);
            String(value);
        }

        void Number(string key, uint value)
        {
            Key(key, 4);
            writer.Write(value);
        }

        void Array<T>(string key, uint type, IEnumerable<T> values, Action<T> write)
        {
            Key(key, 9);
            writer.Write(type);
            writer.Write((ulong)values.Count());
            foreach (var value in values) write(value);
        }
    }
}
