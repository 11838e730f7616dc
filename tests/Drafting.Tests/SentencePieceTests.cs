using System.Text;
using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting.Tests;

/// <summary>A prompt that is tokenized in parts has the tokens of the whole, also where the tokenizer puts spaces of its own before each part.</summary>
public sealed class SentencePieceTests : IDisposable
{
    private const string Phi3 = "{% for m in messages %}{{ '<|' ~ m.role ~ '|>\n' ~ m.content ~ '<|end|>\n' }}{% endfor %}<|assistant|>\n{{ '' }}";

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("{% for m in messages %}{% if m.role == 'system' %}<<SYS>>{% endif %}[INST] {{ m.content }} [/INST]{% endfor %}")] // Llama 2: plain text around a turn
    [InlineData(Phi3)] // Phi 3: control strings and line ends around a turn
    public void Tokenize_Chat_IsTokenizedLikeTheWhole(string template)
    {
        TinyVocabulary.Write(_path, template);
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
        TinyVocabulary.Write(_path, Phi3);
        LlamaLibrary.EnsureLoaded();
        using var weights = LLamaWeights.LoadFromFile(new ModelParams(_path) { VocabOnly = true });
        var tokens = new ChatScaffold(weights, new LlamaVocabulary(weights)).Tokenize(DraftPrompt.User("hi<|end|>"));
        Assert.Equal(4, tokens.Count(token => token.IsControl(weights.Vocab))); // beginning, user, end, assistant
    }
}
