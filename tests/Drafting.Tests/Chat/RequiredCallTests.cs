using System.Text.Json;
using HybridGen.Drafting.Tests.Templates;

namespace HybridGen.Drafting.Tests.Chat;

/// <summary>Answers that must call a tool, in each form in which models write calls.</summary>
public sealed class RequiredCallTests : IDisposable
{
    private const string City = """{"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}, "days": {"type": "integer", "minimum": 1, "maximum": 5}}, "required": ["city", "days"], "additionalProperties": false}""";
    private const string Node = """{"type": "object", "properties": {"next": {"$ref": "#/$defs/kind"}}, "required": ["next"], "$defs": {"kind": {"enum": ["up", "down"]}}}""";

    private static readonly Tool Weather = new("get_weather", "The weather", JsonElement.Parse(City));
    private static readonly Tool Move = new("Robot-move", "Moves", JsonElement.Parse(Node));
    private static readonly DraftPrompt.Chat Prompt = new([new("user", "How is the weather?")]) { Tools = [Weather, Move], RequiredTools = ["get_weather", "Robot-move"] };

    private readonly Scratch _scratch = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("smollm3")]
    [InlineData("mistral")]
    [InlineData("llama3")]
    [InlineData("phi4-mini")]
    public async Task Draft_EachFamily_IsOneValidCall(string family)
    {
        await using var drafter = await LoadAsync(TemplateReferenceTests.Family(family));
        // A context of 1,024 tokens has no room for both tools, as Llama's template writes them.
        var prompt = family == "llama3" ? Prompt with { Tools = [Weather], RequiredTools = ["get_weather"] } : Prompt;
        foreach (var sampling in new Sampling[] { new Sampling.Greedy(), new Sampling.Random { Temperature = 2, Seed = 1 }, new Sampling.Random { Temperature = 2, Seed = 2 } })
        {
            var draft = await DraftAsync(drafter, prompt with { IsThinking = family is "qwen3" or "smollm3" ? false : null }, sampling);
            if (draft.Completion.Reason == StopReason.MaxTokens && draft.Message.Thinking is not null) continue;
            Assert.Equal((StopReason.EndOfText, ""), (draft.Completion.Reason, draft.Message.Content));
            var call = Assert.Single(draft.Message.ToolCalls);
            Assert.True(Schemas.IsValid(call.Name == "get_weather" ? City : Node, call.Arguments.GetRawText()), draft.Text);
        }
    }

    [Theory]
    [InlineData("get_weather")]
    [InlineData("Robot-move")]
    public async Task Draft_OneOfSeveral_IsThatCall(string name)
    {
        await using var drafter = await LoadAsync(TemplateReferenceTests.Family("qwen2"));
        for (var seed = 1u; seed <= 3; seed++)
            Assert.Equal(name, Assert.Single((await DraftAsync(drafter, Prompt with { RequiredTools = [name] }, new Sampling.Random { Temperature = 3, Seed = seed })).Message.ToolCalls).Name);
    }

    /// <summary>The newer form of Mistral, where a mark stands between name and arguments.</summary>
    [Theory]
    [InlineData("[TOOL_CALLS]x[ARGS]", """^\[TOOL_CALLS\]get_weather\[ARGS\]\{""")]
    [InlineData("[TOOL_CALLS][", """^\[TOOL_CALLS\]\[\{"name": "get_weather", "arguments": \{""")]
    [InlineData("<|python_tag|>", """^\{"name": "get_weather", "parameters": \{""")]
    [InlineData("<tool_call><function=x>", """^<tool_call> <function=get_weather> <parameter=city> .{0,12} </parameter> <parameter=days> [1-5] </parameter> </function> </tool_call>$""")]
    [InlineData("<seed:tool_call><function=x>", """^<seed:tool_call> <function=get_weather> <parameter=city>.{0,12}</parameter> <parameter=days>[1-5]</parameter> </function> </seed:tool_call>$""")]
    [InlineData("<tool_call><arg_key>", """^<tool_call>get_weather <arg_key>city</arg_key> <arg_value>.{0,12}</arg_value> <arg_key>days</arg_key> <arg_value>[1-5]</arg_value> </tool_call>$""")]
    [InlineData("<｜tool▁calls▁begin｜>```json", "^<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather ```json \\{.*\\} ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>$")]
    [InlineData("<｜tool▁calls▁begin｜>", "^<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>\\{.*\\}<｜tool▁call▁end｜><｜tool▁calls▁end｜>$")]
    [InlineData("<|tool_calls_section_begin|>", """^<\|tool_calls_section_begin\|><\|tool_call_begin\|>functions\.get_weather:0<\|tool_call_argument_begin\|>\{.*\}<\|tool_call_end\|><\|tool_calls_section_end\|>$""")]
    [InlineData("<|START_ACTION|>", """^<\|START_ACTION\|>\[     \{"tool_call_id": "0", "tool_name": "get_weather", "parameters": \{.*\}\} \]<\|END_ACTION\|>$""")]
    [InlineData("<TOOLCALL>", """^<TOOLCALL>\[\{"name": "get_weather", "arguments": \{.*\}\}\]</TOOLCALL>$""")]
    [InlineData("<|tool_call_start|>", """^<\|tool_call_start\|>\[\{"name": "get_weather", "arguments": \{.*\}\}\]<\|tool_call_end\|>$""")]
    [InlineData("<|tools_prefix|>", """^<\|tools_prefix\|>\[\{"get_weather": \{.*\}\}\]<\|tools_suffix\|>$""")]
    [InlineData("<function=", """^<function=get_weather>\{.*\}</function>$""")]
    [InlineData("<function name=", """^<function name="get_weather"><param name="city">.{0,12}</param><param name="days">[1-5]</param></function>$""")]
    [InlineData("<minimax:tool_call>", """^<minimax:tool_call> <invoke name="get_weather"> <parameter name="city">.{0,12}</parameter> <parameter name="days">[1-5]</parameter> </invoke> </minimax:tool_call>$""")]
    [InlineData("<|python_start|>", """^\{"name": "get_weather", "parameters": \{.*\}\}$""")]
    [InlineData("functools[", """^functools\[\{"name": "get_weather", "arguments": \{.*\}\}\]$""")]
    [InlineData("<|/tool|>", """^<\|tool_call\|>\[\{"name": "get_weather", "arguments": \{.*\}\]<\|/tool_call\|>$""")]
    public async Task Draft_OtherForms_AreTheTemplates(string sign, string expected)
    {
        await using var drafter = await LoadAsync(Template(sign));
        var draft = await DraftAsync(drafter, Prompt with { RequiredTools = ["get_weather"] }, new Sampling.Greedy());
        Assert.Matches(expected, draft.Text.ReplaceLineEndings(" "));
        Assert.Equal("get_weather", Assert.Single(draft.Message.ToolCalls).Name);
    }

    /// <summary>What a model thinks is free, and comes before the call.</summary>
    [Fact]
    public async Task Draft_ThePromptOpensThinking_ThinksAndCalls()
    {
        await using var drafter = await LoadAsync(Template("<tool_call></think>", "<think>"));
        // Banned letters let this model end its thoughts before its context does.
        var letters = "abcdefghijklmnopqrstuvwxyz".Select(letter => new LogitBias.OfText(letter.ToString(), -8)).ToArray();
        var draft = await DraftAsync(drafter, Prompt, new Sampling.Random { Temperature = 10, TopK = 0, TopP = 1, MinP = 0, Seed = 3, LogitBias = letters }, 200);
        Assert.NotNull(draft.Message.Thinking);
        if (draft.Completion.Reason == StopReason.EndOfText) Assert.Single(draft.Message.ToolCalls);
        Assert.Equal("", draft.Message.Content);
    }

    /// <summary>Thoughts of any kind, and then nothing but a call.</summary>
    [Theory]
    [InlineData(true, "I <b>look</think>\n\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Bern\", \"days\": 2}}\n</tool_call>", true)]
    [InlineData(true, "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Bern\", \"days\": 2}}\n</tool_call>", false)]
    [InlineData(false, "<think>\nhm\n</think>\n<tool_call>\n{\"name\": \"Robot-move\", \"arguments\": {\"next\": \"up\"}}\n</tool_call>", true)]
    [InlineData(false, "<tool_call>\n{\"name\": \"Robot-move\", \"arguments\": {\"next\": \"up\"}}\n</tool_call>", true)]
    [InlineData(false, "<tool_call>\n{\"name\": \"Robot-move\", \"arguments\": {\"next\": \"left\"}}\n</tool_call>", false)]
    [InlineData(false, "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"next\": \"up\"}}\n</tool_call>", false)]
    [InlineData(false, "Sure. <tool_call>", false)]
    public void Grammar_OfAnAnswer_IsThoughtAndCall(bool isInside, string text, bool isOne)
    {
        var format = MessageFormat.Of("<think></think><tool_call>", hasTools: true);
        var answer = new AnswerFormat(format, isInside, Prompt.Tools, new Dictionary<LLama.Native.LLamaToken, string>()) { Required = [Weather, Move] };
        Assert.Equal(isOne, GrammarState.Start(RequiredCall.GrammarOf(answer)).After(System.Text.Encoding.UTF8.GetBytes(text))?.IsComplete == true);
    }

    [Theory]
    [InlineData("<|channel|>commentary to=functions.Robot-move <|constrain|>json<|message|>{\"next\": \"up\"}", true)]
    [InlineData("<|channel|>analysis<|message|>I <b>look<|end|><|start|>assistant<|channel|>commentary to=functions.Robot-move <|constrain|>json<|message|>{\"next\": \"up\"}", true)]
    [InlineData("<|channel|>final<|message|>No.", false)]
    [InlineData("<|channel|>commentary to=functions.other <|constrain|>json<|message|>{}", false)]
    public void Grammar_OfChannels_IsAnalysisAndCall(string text, bool isOne) => Assert.Equal(isOne, IsWhole("<|channel|><|message|>", [Weather, Move], text));

    /// <summary>Parameters in tags of their own: texts as they are, all else as JSON, in their order; what is not required may be left out.</summary>
    [Theory]
    [InlineData("<parameter=text>\na < b\n</parameter>\n<parameter=kind>\nup\n</parameter>\n", true)]
    [InlineData("<parameter=text>\n\n</parameter>\n<parameter=kind>\nup\n</parameter>\n<parameter=days>\n[1, 2]\n</parameter>\n", true)]
    [InlineData("<parameter=text>\na\n</parameter>\n", false)]
    [InlineData("<parameter=text>\na\n</parameter>\n<parameter=kind>\n\"up\"\n</parameter>\n", false)]
    [InlineData("<parameter=text>\na\n</parameter>\n<parameter=kind>\nleft\n</parameter>\n", false)]
    [InlineData("<parameter=text>\na\n</parameter>\n<parameter=kind>\nup\n</parameter>\n<parameter=days>\ntwo\n</parameter>\n", false)]
    public void Grammar_OfParameters_IsTheirSchemas(string parameters, bool isOne)
    {
        var tool = Weather with
        {
            Parameters = JsonElement.Parse("""
                {"type": "object", "properties": {"text": {"type": "string"}, "kind": {"$ref": "#/$defs/kind"}, "days": {"type": "array", "items": {"$ref": "#/$defs/day"}}}, "required": ["text", "kind"],
                 "$defs": {"kind": {"enum": ["up", "down"]}, "day": {"type": "integer"}}}
                """),
        };
        var text = $"<tool_call>\n<function=get_weather>\n{parameters}</function>\n</tool_call>";
        Assert.Equal(isOne, IsWhole("<tool_call><function=", [tool], text));
        if (isOne) Assert.Equal("up", ToolCallText.Read(text["<tool_call>".Length..^"</tool_call>".Length], [tool], 0).Single().Arguments.GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}""", "/properties/a/pattern")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string"}}, "minProperties": 1}""", "/minProperties")]
    [InlineData("""{"type": "object", "properties": {}, "required": ["a"]}""", "/required")]
    public void Parameters_ThatCannotBeHeldTo_AreRefusedByTheirPlace(string schema, string place)
    {
        var refusal = Assert.Throws<SchemaNotSupportedException>(() => IsWhole("<tool_call><function=", [Weather with { Parameters = JsonElement.Parse(schema) }], ""));
        Assert.Contains(place, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'get_weather'", refusal.Message, StringComparison.Ordinal);
    }

    private static bool IsWhole(string template, IReadOnlyList<Tool> tools, string text)
    {
        var answer = new AnswerFormat(MessageFormat.Of(template, hasTools: true), false, tools, new Dictionary<LLama.Native.LLamaToken, string>()) { Required = tools };
        return GrammarState.Start(RequiredCall.GrammarOf(answer)).After(System.Text.Encoding.UTF8.GetBytes(text))?.IsComplete == true;
    }

    /// <summary>Tags that are tokens of their own are written as such.</summary>
    [Theory]
    [InlineData("<tool_call>", "<tool_call>", "</tool_call>")]
    [InlineData("<|channel|><|message|>", "<|channel|>", "<|constrain|>", "<|message|>")]
    [InlineData("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>")]
    public async Task Draft_TagsThatAreControlTokens_AreThoseTokens(string sign, params string[] marks)
    {
        var writer = TinyModels.Llama().WithBytePairs();
        // As many as the model's tensors are for.
        string[] tokens = [.. Bytes().Append("th").Append("the").Prepend("<|endoftext|>").Take(261 - marks.Length)];
        tokens = [tokens[0], .. marks, .. tokens[1..]];
        var types = tokens.Select((_, i) => i <= marks.Length ? 3 : 1).ToArray();
        var path = _scratch.Write("marks.gguf", writer.Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.token_type", types).Set("tokenizer.chat_template", Template(sign)).ToArray());
        await using var drafter = await LlamaDrafter.LoadAsync(new() { ModelPath = path, Threads = 1, ContextSize = 1024 }, cancellationToken: Token);
        // It does not think: what it may write begins with a c.
        var banned = new Sampling.Greedy { LogitBias = [new LogitBias.OfText("<", LogitBias.Banned), new LogitBias.OfText("c", 50)] };
        var draft = await DraftAsync(drafter, Prompt with { Tools = [Move], RequiredTools = ["Robot-move"] }, banned);
        Assert.Equal(("Robot-move", ""), (Assert.Single(draft.Message.ToolCalls).Name, draft.Message.Content));
        Assert.Equal(Enumerable.Range(1, marks.Length), draft.Tokens.Where(token => token.Id >= 1 && token.Id <= marks.Length).Select(token => token.Id!.Value));
    }

    [Fact]
    public async Task Continue_InACall_EndsIt()
    {
        await using var drafter = await LoadAsync(Template("<tool_call>"));
        var session = drafter.StartSession();
        var begun = await Draft.CollectAsync(session.DraftAsync(Prompt with { RequiredTools = ["Robot-move"] }, new() { MaxTokens = 9, Sampling = new Sampling.Greedy() }, Token), Token);
        var rest = await Draft.CollectAsync(session.ContinueAsync(new() { MaxTokens = 200, Sampling = new Sampling.Greedy() }, Token), Token);
        Assert.Equal((StopReason.MaxTokens, StopReason.EndOfText), (begun.Completion.Reason, rest.Completion.Reason));
        Assert.Matches("""^<tool_call>\n\{"name": "Robot-move", "arguments": \{\s*"next"\s*:\s*"(up|down)"\s*\}\}\n</tool_call>$""", session.Text);
        await RestoredGoesOnAsync(drafter);
        session.Replace(0, "No.");
        var refused = await Assert.ThrowsAsync<DraftingException>(() => Draft.CollectAsync(session.ContinueAsync(new(), Token), Token));
        Assert.Contains("stands there already", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Beside tools a format is what is said: a call may come in its stead, and nothing else.</summary>
    [Theory]
    [InlineData("<tool_call>", false, "{\"a\":1}", true)]
    [InlineData("<tool_call>", false, "<tool_call>\n{\"name\": \"Robot-move\", \"arguments\": {\"next\": \"up\"}}\n</tool_call>", true)]
    [InlineData("<tool_call>", false, "Sure.", false)]
    [InlineData("<tool_call></think>", false, "<think>hm</think>\n{\"a\":1}", true)]
    [InlineData("<tool_call></think>", true, "hm</think>\n\n{\"a\":1}", true)]
    [InlineData("<tool_call></think>", true, "{\"a\":1}", false)]
    [InlineData("<|channel|><|message|>", false, "<|channel|>final<|message|>{\"a\":1}", true)]
    [InlineData("<|channel|><|message|>", false, "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{\"a\":1}", true)]
    [InlineData("<|channel|><|message|>", false, "<|channel|>commentary to=functions.Robot-move <|constrain|>json<|message|>{\"next\": \"up\"}", true)]
    [InlineData("<|channel|><|message|>", false, "{\"a\":1}", false)]
    public void Grammar_OfAFormatBesideTools_IsTheFormatOrACall(string template, bool isInside, string text, bool isOne)
    {
        var answer = new AnswerFormat(MessageFormat.Of(template, hasTools: true), isInside, [Weather, Move], new Dictionary<LLama.Native.LLamaToken, string>());
        var grammar = RequiredCall.GrammarOf(answer, OutputConstraint.JsonSchema.Parse("""{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}""").Grammar);
        Assert.Equal(isOne, GrammarState.Start(grammar).After(System.Text.Encoding.UTF8.GetBytes(text))?.IsComplete == true);
    }

    [Fact]
    public async Task Draft_AFormatBesideTools_IsTheFormatOrACall()
    {
        await using var drafter = await LoadAsync(Template("<tool_call>"));
        for (var seed = 1u; seed <= 4; seed++)
        {
            var options = new DraftOptions { MaxTokens = 300, Sampling = new Sampling.Random { Temperature = 2, Seed = seed }, Constraint = new OutputConstraint.JsonSchema(JsonElement.Parse(Node)) };
            var draft = await Draft.CollectAsync(drafter.DraftAsync(Prompt with { Tools = [Move], RequiredTools = [] }, options, Token), Token);
            var json = draft.Message.ToolCalls.Count > 0 ? Assert.Single(draft.Message.ToolCalls).Arguments.GetRawText() : draft.Message.Content;
            Assert.True(Schemas.IsValid(Node, json), draft.Text);
        }
    }

    /// <summary>A model that is led into thinking ends its thoughts before it says what it is held to.</summary>
    [Fact]
    public async Task Draft_AFormatBehindThinking_IsWhatIsSaid()
    {
        await using var drafter = await LoadAsync("{% for m in messages %}{{ m.content }}{% endfor %}{# </think> #}<think>");
        var letters = "abcdefghijklmnopqrstuvwxyz".Select(letter => new LogitBias.OfText(letter.ToString(), -8)).ToArray();
        var sampling = new Sampling.Random { Temperature = 10, TopK = 0, TopP = 1, MinP = 0, Seed = 3, LogitBias = letters };
        var draft = await Draft.CollectAsync(drafter.DraftAsync(new DraftPrompt.Chat([new("user", "Which way?")]), new() { MaxTokens = 200, Sampling = sampling, Constraint = new OutputConstraint.JsonSchema(JsonElement.Parse(Node)) }, Token), Token);
        Assert.NotNull(draft.Message.Thinking);
        if (draft.Completion.Reason == StopReason.EndOfText) Assert.True(Schemas.IsValid(Node, draft.Message.Content), draft.Text);
        else Assert.Equal("", draft.Message.Content);
    }

    [Fact]
    public async Task Draft_AFormatBesideToolsWithoutAForm_IsRefused()
    {
        await using var drafter = await LoadAsync("{{ tools|tojson }}{% for m in messages %}{{ m.content }}{% endfor %}");
        var refusal = await Assert.ThrowsAsync<DraftingException>(() => Draft.CollectAsync(drafter.DraftAsync(Prompt with { RequiredTools = [] }, new() { Constraint = new OutputConstraint.AnyJson() }, Token), Token));
        Assert.Contains("no form of calls", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ tools|tojson }}", "no form of calls")]
    [InlineData("{{ tools|tojson }}<|tool_call>", "no form of calls")]
    public async Task Template_WithoutAForm_IsRefused(string template, string expected)
    {
        await using var drafter = await LoadAsync(template + "{% for m in messages %}{{ m.content }}{% endfor %}");
        Assert.Contains(expected, (await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(drafter, Prompt, new Sampling.Greedy()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCannotBeHeldTo_IsRefusedByName()
    {
        await using var drafter = await LoadAsync(Template("<tool_call>"));
        await Refused("'other'", Prompt with { RequiredTools = ["other"] });
        await Refused("Constraint", Prompt, new OutputConstraint.AnyJson());
        var link = Weather with { Parameters = JsonElement.Parse("""{"type": "object", "properties": {"link": {"type": "string", "format": "uri"}}}""") };
        Assert.IsType<SchemaNotSupportedException>(await Refused("'get_weather'", Prompt with { Tools = [link, Move] }));
        await using var plain = await LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, Threads = 1 }, cancellationToken: Token);
        Assert.Contains("no chat template", (await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(plain, Prompt, new Sampling.Greedy()))).Message, StringComparison.Ordinal);

        async Task<DraftingException> Refused(string expected, DraftPrompt.Chat prompt, OutputConstraint? constraint = null)
        {
            var refusal = await Assert.ThrowsAnyAsync<DraftingException>(() => Draft.CollectAsync(drafter.DraftAsync(prompt, new() { Constraint = constraint }, Token), Token));
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
            return refusal;
        }
    }

    /// <summary>Also a session that was saved in the midst of a call knows that it must end it.</summary>
    private async Task RestoredGoesOnAsync(LlamaDrafter drafter)
    {
        var (session, path) = (drafter.StartSession(), Path.Combine(_scratch.Folder, "call"));
        await Draft.CollectAsync(session.DraftAsync(Prompt, new() { MaxTokens = 5, Sampling = new Sampling.Greedy() }, Token), Token);
        await session.SaveAsync(path, Token);
        var restored = drafter.StartSession();
        await restored.RestoreAsync(path, Token);
        var rest = await Draft.CollectAsync(restored.ContinueAsync(new() { MaxTokens = 200, Sampling = new Sampling.Greedy() }, Token), Token);
        Assert.Single(rest.Message.ToolCalls);
    }

    private static string Template(string sign, string opens = "") => $"{{{{ tools|tojson if tools }}}}{{% for m in messages %}}{{{{ m.content }}}}{{% endfor %}}{{# {sign} #}}{opens}";

    private static IEnumerable<string> Bytes()
    {
        var other = 0;
        return Enumerable.Range(0, 256).Select(value => (value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)value : (char)(256 + other++)).ToString());
    }

    private static Task<LlamaDrafter> LoadAsync(string template) => LlamaDrafter.LoadAsync(new() { ModelPath = Repository.MiniDrafter, Threads = 1, ChatTemplate = ChatTemplate.Parse(template) }, cancellationToken: Token);

    private static Task<Draft> DraftAsync(LlamaDrafter drafter, DraftPrompt prompt, Sampling sampling, int tokens = 300) =>
        Draft.CollectAsync(drafter.DraftAsync(prompt, new() { MaxTokens = tokens, Sampling = sampling, Alternatives = 0 }, Token), Token);
}
