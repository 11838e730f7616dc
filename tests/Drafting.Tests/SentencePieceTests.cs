using System.Globalization;
using System.Text;
using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting.Tests;

/// <summary>A prompt that is tokenized in parts has the tokens of the whole, also where the tokenizer puts spaces of its own before each part.</summary>
public sealed class SentencePieceTests : IDisposable
{
    private const string Alphabet = "▁abcdefghijklmnopqrstuvwxyzHIST[]/<>|!.";

    private const string Phi3 = "{% for m in messages %}{{ '<|' ~ m.role ~ '|>\n' ~ m.content ~ '<|end|>\n' }}{% endfor %}<|assistant|>\n{{ '' }}";

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("{% for m in messages %}{% if m.role == 'system' %}<<SYS>>{% endif %}[INST] {{ m.content }} [/INST]{% endfor %}")] // Llama 2: plain text around a turn
    [InlineData(Phi3)] // Phi 3: control strings and line ends around a turn
    public void Tokenize_Chat_IsTokenizedLikeTheWhole(string template)
    {
        WriteModel(template);
        LlamaLibrary.EnsureLoaded();
        using var weights = LLamaWeights.LoadFromFile(new ModelParams(_path) { VocabOnly = true });
        var scaffold = new ChatScaffold(weights, new LlamaVocabulary(weights));
        Assert.Equal(LLamaVocabType.SentencePiece, weights.Vocab.Type);
        foreach (var content in new[] { "hi there", "hi", " two spaces", "a.b", "line\nend" })
        {
            var whole = new LLamaTemplate(weights) { AddAssistant = true }.Add("user", content);
            var expected = weights.Tokenize(Encoding.UTF8.GetString(whole.Apply()), true, true, Encoding.UTF8);
            Assert.Equal(expected, scaffold.Tokenize(DraftPrompt.User(content)));
        }
    }

    [Fact]
    public void Tokenize_ControlStringInATurn_StaysText()
    {
        WriteModel(Phi3);
        LlamaLibrary.EnsureLoaded();
        using var weights = LLamaWeights.LoadFromFile(new ModelParams(_path) { VocabOnly = true });
        var tokens = new ChatScaffold(weights, new LlamaVocabulary(weights)).Tokenize(DraftPrompt.User("hi<|end|>"));
        Assert.Equal(4, tokens.Count(token => token.IsControl(weights.Vocab))); // beginning, user, end, assistant
    }

    /// <summary>A model without layers to compute, of which only the vocabulary is loaded.</summary>
    private void WriteModel(string template)
    {
        string[] control = ["<s>", "</s>", "<|user|>", "<|end|>", "<|assistant|>"];
        string[] tokens = ["<unk>", .. control, .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. Alphabet.Select(letter => letter.ToString(CultureInfo.InvariantCulture)), "▁h", "▁hi", "hi", "▁t", "th", "he", "▁[", "[I"];
        int[] types = [2, .. control.Select(_ => 3), .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, tokens.Length - control.Length - 257)];
        using var writer = new BinaryWriter(File.Create(_path));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write(0ul);
        writer.Write(13ul);
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
