using System.Text;
using System.Text.Json;
using CsCheck;
using HybridGen.Drafting.Tests.Templates;
using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting.Tests.Chat;

public sealed class ChatScaffoldTests : IDisposable
{
    private static readonly string[] Control = ["<|im_start|>", "<|im_end|>", "[TOOL_CALLS]", "<think>", "</think>"];
    private static readonly Tool Weather = new("get_weather", "The weather", JsonElement.Parse("""{"type": "object", "properties": {}}"""));
    private static readonly ToolCall Call = new("call12345", "get_weather", JsonElement.Parse("""{"city": "<|im_end|>"}"""));

    private readonly string _path = Path.GetTempFileName();
    private LLamaWeights? _weights;

    public void Dispose()
    {
        _weights?.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Tokenize_ATemplateThatWritesTheBeginOfText_HasItOnce()
    {
        var scaffold = Scaffold("{{ bos_token }}{% for m in messages %}<|user|>{{ m.content }}{{ eos_token }}{% endfor %}");
        var tokens = scaffold.Tokenize(DraftPrompt.User("hi"));
        Assert.Equal((1, 1, "<s><|user|> hi</s>"), (tokens.Count(token => token == _weights!.Vocab.BOS), tokens.Count(token => token == _weights!.Vocab.EOS), Text(tokens)));
    }

    /// <summary>Whatever people write, the control tokens of a prompt are the template's.</summary>
    [Theory]
    [InlineData("chatml")]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    [InlineData("mistral")]
    public void Tokenize_ControlStringsInWhatPeopleWrite_StayText(string family)
    {
        var scaffold = Scaffold(TemplateReferenceTests.Family(family));
        var plain = Controls(scaffold.Tokenize(Conversation("a", "b", "c")));
        var content = Gens.Choose([.. Control, "<s>", "</s>", "<|", "|>", "im_start", "a", " ", "\n", "<|user|>"]).List[1, 6].Select(string.Concat);
        Gen.Select(content, content, content).Sample((one, two, three) => Assert.Equal(plain, Controls(scaffold.Tokenize(Conversation(one, two, three)))), iter: 300, threads: 1);
    }

    [Fact]
    public void Tokenize_ControlStringsInToolsAndCalls_StayText()
    {
        var scaffold = Scaffold(TemplateReferenceTests.Family("qwen3"));
        DraftPrompt.Chat Chat(string text) => new([new("user", "go"), new("assistant", "") { ToolCalls = [Call with { Arguments = JsonElement.Parse($$"""{"x": "{{text}}"}""") }], Thinking = text }, new("tool", text) { ToolCallId = text, ToolName = "get_weather" }])
        {
            Tools = [Weather with { Description = text, Parameters = JsonElement.Parse($$"""{"type": "object", "{{text}}": 1}""") }],
        };
        Assert.Equal(Controls(scaffold.Tokenize(Chat("a"))), Controls(scaffold.Tokenize(Chat("<|im_end|><|im_start|></think>"))));
    }

    [Fact]
    public void Tokenize_BetweenControlTokens_IsTokenizedAsOneText()
    {
        var scaffold = Scaffold("{% for m in messages %}<|im_start|>[H{{ m.content }}I]<|im_end|>{% endfor %}");
        Assert.Equal([.. Whole("<|im_start|>[Hhi thereI]<|im_end|>")], scaffold.Tokenize(DraftPrompt.User("hi there")));
    }

    [Fact]
    public void Tokenize_ASystemTurnThatIsRefused_GoesToTheUsers()
    {
        var scaffold = Scaffold(TemplateReferenceTests.Family("gemma2"));
        Assert.Equal(scaffold.Tokenize(DraftPrompt.User("be terse\n\nhi")), scaffold.Tokenize(new DraftPrompt.Chat([new("system", "be terse"), new("user", "hi")])));
        var refusal = Assert.Throws<ChatTemplateException>(() => scaffold.Tokenize(new DraftPrompt.Chat([new("user", "a"), new("user", "b")])));
        Assert.Contains("The roles must be user and assistant in turn", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_ATemplateThatCannotBeRead_IsLlamaCppsOrRefusedWithBothReasons()
    {
        var scaffold = Scaffold("{% import 'x' as y %}<|im_start|>{{ m }}<|im_end|>");
        Assert.Equal("<s><|im_start|> user\nhi<|im_end|> \n<|im_start|> assistant\n", Text(scaffold.Tokenize(DraftPrompt.User("hi"))));
        var tools = Assert.Throws<DraftingException>(() => scaffold.Tokenize(new DraftPrompt.Chat([new("user", "hi")]) { Tools = [Weather] }));
        Assert.Contains("the tag 'import' is unknown", tools.Message, StringComparison.Ordinal);
        Assert.Contains("llama.cpp's own templates know no tools", tools.Message, StringComparison.Ordinal);
        var unknown = Assert.Throws<DraftingException>(() => Scaffold("{% import 'x' as y %}").Tokenize(DraftPrompt.User("hi")));
        Assert.Contains("llama.cpp does not know this template", unknown.Message, StringComparison.Ordinal);
        var given = Assert.Throws<ChatTemplateException>(() => Scaffold("{{ x }}", ChatTemplate.Parse("{{ x.y }}")).Tokenize(DraftPrompt.User("hi")));
        Assert.Contains("'x' is undefined", given.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_WhatATemplateWouldLeaveOut_IsRefused()
    {
        DraftPrompt.Chat Chat(params ChatTurn[] turns) => new([new("user", "go"), .. turns]);
        var chatml = Scaffold(TemplateReferenceTests.Family("chatml"));
        Assert.Contains("leaves out tools", Assert.Throws<DraftingException>(() => chatml.Tokenize(Chat() with { Tools = [Weather] })).Message, StringComparison.Ordinal);
        Assert.Contains("leaves out the call of 'get_weather'", Assert.Throws<DraftingException>(() => chatml.Tokenize(Chat(new ChatTurn("assistant", "") { ToolCalls = [Call] }))).Message, StringComparison.Ordinal);
        var phi = Scaffold(TemplateReferenceTests.Family("phi3"));
        Assert.Contains("leaves out a tool's answer", Assert.Throws<DraftingException>(() => phi.Tokenize(Chat(new ChatTurn("tool", "sunny")))).Message, StringComparison.Ordinal);
        using var mini = LLamaWeights.LoadFromFile(new ModelParams(Repository.MiniDrafter) { VocabOnly = true });
        Assert.Contains("no chat template", Assert.Throws<DraftingException>(() => new ChatScaffold(mini, new LlamaVocabulary(mini)).Tokenize(Chat() with { Tools = [Weather] })).Message, StringComparison.Ordinal);
    }

    /// <summary>Templates disagree on what a silent turn's content is, and on whether arguments are values.</summary>
    [Theory]
    [InlineData("{% for m in messages %}{% if m.tool_calls %}{% if m.content is none %}{{ m.tool_calls[0].function.name }}{% endif %}{% else %}{{ m.content }}{% endif %}{% endfor %}", "goget_weather")]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.name + c.function.arguments }}{% else %}{{ m.content }}{% endfor %}{% endfor %}", "goget_weather{\"city\": \"<|im_end|>\"}")]
    public void Tokenize_ACall_IsGivenInTheFormThatTheTemplateTakes(string template, string expected)
    {
        var scaffold = Scaffold(template);
        Assert.Equal("<s> " + expected, Text(scaffold.Tokenize(new DraftPrompt.Chat([new("user", "go"), new("assistant", "") { ToolCalls = [Call] }]))));
    }

    /// <summary>A template that writes only what an assistant says: its calls are written there as the model writes them, and their marks are control tokens.</summary>
    [Fact]
    public void Tokenize_ACallThatTheTemplateLeavesOut_IsWrittenIntoWhatIsSaid()
    {
        var scaffold = Scaffold("{# [TOOL_CALLS] #}{% for m in messages %}{{ m.content }}{% endfor %}");
        var said = new DraftPrompt.Chat([new("user", "go"), new("assistant", "So.") { ToolCalls = [Call, Call with { Name = "b" }] }]);
        var tokens = scaffold.Tokenize(said);
        Assert.Equal("<s> goSo.\n[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"<|im_end|>\"}}]\n[TOOL_CALLS] [{\"name\": \"b\", \"arguments\": {\"city\": \"<|im_end|>\"}}]", Text(tokens));
        Assert.Equal(["<s>", "[TOOL_CALLS]", "[TOOL_CALLS]"], Controls(tokens).Select(token => Text([token])));
    }

    /// <summary>The name of a tool that is called stands in the list of tools, too.</summary>
    [Fact]
    public void Tokenize_ACallThatTheTemplateLeavesOutBesideItsTools_IsWrittenIntoWhatIsSaid()
    {
        var turns = new DraftPrompt.Chat([new("user", "go"), new("assistant", "") { ToolCalls = [Call] }]) { Tools = [Weather] };
        const string Listed = "{% for t in tools %}{{ t.function.name }}{% endfor %}{% for m in messages %}{{ m.content }}{% endfor %}";
        Assert.Equal("<s> get_weathergo<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"<|im_end|>\"}}\n</tool_call>", Text(Scaffold(Listed + "{# <tool_call> #}").Tokenize(turns)));
        var refused = Assert.Throws<DraftingException>(() => Scaffold(Listed).Tokenize(turns));
        Assert.Contains("leaves out the call of 'get_weather'", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>As gpt-oss' template does it.</summary>
    [Fact]
    public void Tokenize_ATemplateThatRefusesThoughtsBesideWords_GetsTheWords()
    {
        var scaffold = Scaffold("{% for m in messages %}{% if m.tool_calls and m.thinking and m.content %}{{ raise_exception('not both') }}{% endif %}{{ m.thinking }}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{% endfor %}{% endfor %}");
        DraftPrompt.Chat Chat(string said) => new([new("user", "go"), new("assistant", said) { ToolCalls = [Call], Thinking = "hm" }]);
        Assert.Equal(("<s> gohmget_weather", "<s> goSo.get_weather"), (Text(scaffold.Tokenize(Chat(""))), Text(scaffold.Tokenize(Chat("So.")))));
    }

    [Fact]
    public void Tokenize_ParametersThatTheTemplateLeavesOut_AreWrittenOneByOne()
    {
        var scaffold = Scaffold("{# <tool_call><function= #}{% for m in messages %}{{ m.content }}{% endfor %}");
        var call = Call with { Arguments = JsonElement.Parse("""{"city": "A \"b\"", "days": [1]}""") };
        var tokens = scaffold.Tokenize(new DraftPrompt.Chat([new("user", "go"), new("assistant", "") { ToolCalls = [call] }]));
        Assert.Equal("<s> go<tool_call>\n<function=get_weather>\n<parameter=city>\nA \"b\"\n</parameter>\n<parameter=days>\n[1]\n</parameter>\n</function>\n</tool_call>", Text(tokens));
    }

    [Fact]
    public void Tokenize_WithTools_TakesTheTemplateForThem()
    {
        var scaffold = Scaffold("{{ messages[0].content }}", forTools: "{% for t in tools %}{{ t.function.name }}{% endfor %}");
        Assert.Equal(("<s> hi", "<s> get_weather"), (Text(scaffold.Tokenize(DraftPrompt.User("hi"))), Text(scaffold.Tokenize(new DraftPrompt.Chat([new("user", "hi")]) { Tools = [Weather] }))));
    }

    [Fact]
    public void Tokenize_Variables_ReachTheTemplate()
    {
        var scaffold = Scaffold("{{ enable_thinking is defined }}{{ enable_thinking }}{{ effort }}");
        Assert.Equal("<s> False", Text(scaffold.Tokenize(DraftPrompt.User("hi"))));
        var chat = new DraftPrompt.Chat([new("user", "hi")]) { IsThinking = false, Variables = new Dictionary<string, JsonElement> { ["effort"] = JsonElement.Parse("\"high\"") } };
        Assert.Equal("<s> TrueFalsehigh", Text(scaffold.Tokenize(chat)));
    }

    [Fact]
    public void Fit_TheOldestTurns_GoWithTheAnswersToTheirCalls()
    {
        var scaffold = Scaffold(TemplateReferenceTests.Family("qwen2"));
        var filler = string.Concat(Enumerable.Repeat("word ", 100));
        var chat = new DraftPrompt.Chat([new("system", "s"), new("user", filler), new("assistant", filler) { ToolCalls = [Call] }, new("tool", filler), new("tool", filler), new("assistant", "done"), new("user", "last")]);
        var fitted = scaffold.Fit(chat, new() { MaxTokens = 1, Overflow = PromptOverflow.DropOldestTurns }, 1000);
        Assert.Equal(4, fitted.DroppedTurns);
        Assert.Equal(scaffold.Tokenize(new DraftPrompt.Chat([chat.Turns[0], chat.Turns[5], chat.Turns[6]])), fitted.Tokens);
    }

    /// <summary>A template that wants a user's turn first loses the assistant's together with it.</summary>
    [Fact]
    public void Fit_ATemplateThatRefusesWhatIsLeft_LosesMore()
    {
        var scaffold = Scaffold(TemplateReferenceTests.Family("gemma2"));
        var filler = string.Concat(Enumerable.Repeat("word ", 100));
        var fitted = scaffold.Fit(new DraftPrompt.Chat([new("user", filler), new("assistant", "b"), new("user", "c")]), new() { MaxTokens = 1, Overflow = PromptOverflow.DropOldestTurns }, 400);
        Assert.Equal(2, fitted.DroppedTurns);
        Assert.Equal(scaffold.Tokenize(DraftPrompt.User("c")), fitted.Tokens);
    }

    [Fact]
    public void Fit_MarksThatAreControlTokens_AreKnown()
    {
        var fitted = Scaffold(TemplateReferenceTests.Family("qwen3")).Fit(DraftPrompt.User("hi"), new(), 4000);
        Assert.Equal(["</think>", "<think>"], fitted.Answer.Marks.Values.Order(StringComparer.Ordinal));
        Assert.False(fitted.Answer.IsInsideThinking);
        Assert.True(Scaffold(TemplateReferenceTests.Family("deepseek-r1")).Fit(DraftPrompt.User("hi"), new(), 4000).Answer.IsInsideThinking);
        Assert.Same(AnswerFormat.Plain, Scaffold(TemplateReferenceTests.Family("chatml")).Fit(DraftPrompt.User("hi"), new(), 4000).Answer);
    }

    private static DraftPrompt.Chat Conversation(string one, string two, string three) => new([new("user", one), new("assistant", two), new("user", three)]);

    private ChatScaffold Scaffold(string template, ChatTemplate? given = null, string? forTools = null)
    {
        _weights?.Dispose();
        TinyVocabulary.Write(_path, template, forTools, Control);
        LlamaLibrary.EnsureLoaded();
        _weights = LLamaWeights.LoadFromFile(new ModelParams(_path) { VocabOnly = true });
        return new ChatScaffold(_weights, new LlamaVocabulary(_weights), given);
    }

    private LLamaToken[] Whole(string text) => _weights!.Tokenize(text, true, true, Encoding.UTF8);

    private List<LLamaToken> Controls(List<LLamaToken> tokens) => tokens.FindAll(token => token.IsControl(_weights!.Vocab));

    private string Text(List<LLamaToken> tokens)
    {
        var bytes = new List<byte>();
        Span<byte> buffer = stackalloc byte[64];
        foreach (var token in tokens) bytes.AddRange(buffer[..(int)_weights!.NativeHandle.TokenToSpan(token, buffer, 0, true)].ToArray());
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
