using System.Text.Json;
using CsCheck;

namespace HybridGen.Drafting.Tests.Chat;

public sealed class MessageReaderTests
{
    private const string Hermes = "<think></think><tool_call></tool_call>";
    private const string Mistral = "[TOOL_CALLS][THINK]";
    private const string Llama = "<|start_header_id|>";
    private const string Phi = "<|/tool|>";
    private const string Glm = "</think><arg_key>";
    private const string DeepSeek = "</think><｜tool▁calls▁begin｜>";
    private const string Kimi = "<|tool_calls_section_begin|>";
    private const string Gemma = "<|channel><|tool_call>";
    private const string Lfm = "<|tool_call_start|>";
    private const string Command = "<|START_THINKING|><|START_ACTION|>";
    private const string Harmony = "<|channel|><|message|>";

    private static readonly Tool Weather = new("get_weather", "", JsonElement.Parse("""{"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}"""));

    public static TheoryData<string, string, string?, string, string[]> Messages => new()
    {
        { Hermes, "Just text.\n", null, "Just text.\n", [] },
        { Hermes, "<think>\nhm \n\n</think>\n\nFour.", "hm", "Four.", [] },
        { Hermes, "<think>\n\n</think>\n\nFour.", null, "Four.", [] },
        { Hermes, "<think>on and on ", "on and on ", "", [] },
        { Hermes, "I say <think> and </think>.", null, "I say <think> and </think>.", [] },
        { Hermes, "I look. \n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\"}}\n</tool_call>", null, "I look.", ["""call00001 get_weather {"city": "Zürich"}"""] },
        { Hermes, "<tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>\n<tool_call>{\"name\": \"b\", \"arguments\": {\"x\": [1]}, \"id\": \"own\"}</tool_call>\n", null, "", ["call00001 a {}", """own b {"x": [1]}"""] },
        { Hermes, "<tool_call>{\"name\": \"a\", \"arguments\": \"{\\\"x\\\": 1}\"}", null, "", ["""call00001 a {"x": 1}"""] },
        { Hermes, "<think>t</think><tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>end", "t", "end", ["call00001 a {}"] },
        { Hermes, "so \n<tool_call>{\"name\": \"a\"</tool_call> and", null, "so \n<tool_call>{\"name\": \"a\"</tool_call> and", [] },
        { Hermes, "<tool_call>{\"nome\": \"a\", \"arguments\": {}}</tool_call>", null, "<tool_call>{\"nome\": \"a\", \"arguments\": {}}</tool_call>", [] },
        { Hermes, "<tool_call>{\"name\": \"a\", \"arguments\": [1]}</tool_call>", null, "<tool_call>{\"name\": \"a\", \"arguments\": [1]}</tool_call>", [] },
        { Hermes, "<tool_call>{\"name\": \"a\", \"arguments\": {\"x\": \"\\ud800\"}}</tool_call>", null, "<tool_call>{\"name\": \"a\", \"arguments\": {\"x\": \"\\ud800\"}}</tool_call>", [] },
        { Hermes, "<tool_call></tool_call>", null, "<tool_call></tool_call>", [] },
        { Hermes, "<tool_call>\n<function=get_weather>\n<parameter=city>\n12\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>", null, "", ["""call00001 get_weather {"city":"12","days":2}"""] },
        { Hermes, "<tool_call>\n<function=other>\n<parameter=x>\na\nb\n</parameter>\n</function>\n</tool_call>", null, "", ["""call00001 other {"x":"a\nb"}"""] },
        { Hermes, "<tool_call> x <function=a></function></tool_call>", null, "<tool_call> x <function=a></function></tool_call>", [] },
        { Hermes, "a <tool and <tool_cal", null, "a <tool and <tool_cal", [] },
        { Mistral, "[TOOL_CALLS] [{\"name\": \"a\", \"arguments\": {}, \"id\": \"123456789\"}, {\"name\": \"b\", \"arguments\": {}}]", null, "", ["123456789 a {}", "call00002 b {}"] },
        { Mistral, "[TOOL_CALLS]a[ARGS]{\"x\": 1}[TOOL_CALLS]b[ARGS]{}", null, "", ["""call00001 a {"x": 1}""", "call00002 b {}"] },
        { Mistral, "[THINK]hm[/THINK]Yes.", "hm", "Yes.", [] },
        { Mistral, "Sure. [TOOL_CALLS]no call at all", null, "Sure. [TOOL_CALLS]no call at all", [] },
        { Llama, "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"A\"}}", null, "", ["""call00001 get_weather {"city": "A"}"""] },
        { Llama, "\n<|python_tag|>{\"name\": \"a\", \"parameters\": {}}; {\"name\": \"b\", \"parameters\": {}}", null, "", ["call00001 a {}", "call00002 b {}"] },
        { Llama, "{\"answer\": 4}", null, "{\"answer\": 4}", [] },
        { Llama, "Look: {\"name\": \"a\", \"parameters\": {}}", null, "Look: {\"name\": \"a\", \"parameters\": {}}", [] },
        { Phi, "<|tool_call|>[{\"name\": \"a\", \"arguments\": {}}]<|/tool_call|>", null, "", ["call00001 a {}"] },
        { "<|tool_call|>", "<|tool_call|>[{\"name\": \"a\", \"arguments\": {}}]", null, "", ["call00001 a {}"] },
        { "<TOOLCALL>", "So.\n\n<TOOLCALL>[{\"name\": \"a\", \"arguments\": {}}, {\"name\": \"b\", \"arguments\": {}}]</TOOLCALL>", null, "So.", ["call00001 a {}", "call00002 b {}"] },
        { "<tool_calls>", "<tool_calls>[{\"name\": \"a\", \"arguments\": {}, \"id\": \"7\"}]</tool_calls>", null, "", ["7 a {}"] },
        { "functools[", "functools[{\"name\": \"a\", \"arguments\": {}}]", null, "", ["call00001 a {}"] },
        { "<seed:tool_call><seed:think>", "<seed:think>hm</seed:think><seed:tool_call>\n<function=get_weather>\n<parameter=city>A b</parameter>\n<parameter=days>2</parameter>\n</function>\n</seed:tool_call>", "hm", "", ["""call00001 get_weather {"city":"A b","days":2}"""] },
        { "<tool_call><tool_calls>", "<tool_calls>[{\"name\": \"a\", \"arguments\": {}}]</tool_calls>", null, "", ["call00001 a {}"] },
        { "<|tools_prefix|>", "So.<|tools_prefix|>[{\"get_weather\": {\"city\": \"A\"}}]<|tools_suffix|>", null, "So.", ["""call00001 get_weather {"city": "A"}"""] },
        { "<|tools_prefix|>", "<|tools_prefix|>[{\"no_tool\": {}}]<|tools_suffix|>", null, "<|tools_prefix|>[{\"no_tool\": {}}]<|tools_suffix|>", [] },
        { "<|function_call|>", "<|function_call|>{\"name\": \"a\", \"arguments\": {}}", null, "", ["call00001 a {}"] },
        { "<function=", "So. <function=get_weather>{\"city\": \"A\"}</function>", null, "So.", ["""call00001 get_weather {"city": "A"}"""] },
        { "<function name=", "<function name=\"get_weather\"><param name=\"city\"><![CDATA[a < b]]></param><param name=\"days\">2</param></function><function name=\"b\"></function>", null, "", ["""call00001 get_weather {"city":"a \u003C b","days":2}""", "call00002 b {}"] },
        { "<minimax:tool_call>", "<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">7</parameter>\n</invoke>\n<invoke name=\"b\">\n</invoke>\n</minimax:tool_call>", null, "", ["""call00001 get_weather {"city":"7"}""", "call00002 b {}"] },
        { "｜DSML｜", "So.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">A</｜DSML｜parameter>\n<｜DSML｜parameter name=\"days\" string=\"false\">2</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>", null, "So.", ["""call00001 get_weather {"city":"A","days":2}"""] },
        { "｜DSML｜function_calls", "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"a\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>", null, "", ["call00001 a {}"] },
        { "<minimax:tool_call>", "<minimax:tool_call>name=\"a\"</minimax:tool_call>", null, "<minimax:tool_call>name=\"a\"</minimax:tool_call>", [] },
        { Command, "<|START_THINKING|>plan<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"a\", \"parameters\": {}}\n]<|END_ACTION|>", "plan", "", ["call00001 a {}"] },
        { Glm, "<think>hm</think>\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>7</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>", "hm", "", ["""call00001 get_weather {"city":"7","days":2}"""] },
        { Glm, "<tool_call>get_weather\n</tool_call>", null, "", ["call00001 get_weather {}"] },
        { Glm, "<tool_call>no_tool</tool_call>", null, "<tool_call>no_tool</tool_call>", [] },
        { DeepSeek, "<think>hm</think>Look: <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>a\n```json\n{\"x\": {}}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>b\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "hm", "Look:", ["""call00001 a {"x": {}}""", "call00002 b {}"] },
        { DeepSeek, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>a<｜tool▁sep｜>{\"x\": \"}\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", null, "", ["""call00001 a {"x": "}"}"""] },
        { DeepSeek, "<｜tool▁calls▁begin｜>a<｜tool▁calls▁end｜>", null, "<｜tool▁calls▁begin｜>a<｜tool▁calls▁end｜>", [] },
        { Kimi, "<|tool_calls_section_begin|><|tool_call_begin|>functions.a:0<|tool_call_argument_begin|>{\"x\": 1}<|tool_call_end|><|tool_calls_section_end|>", null, "", ["""call00001 a {"x": 1}"""] },
        { Gemma, "<|channel>thought\nhm\n<channel|>Yes.", "hm", "Yes.", [] },
        { Gemma, "<|channel>thought\n<channel|><|tool_call>call:get_weather{city:<|\"|>Say \"A\", {b}<|\"|>,days:2}<tool_call|>", null, "", ["""call00001 get_weather {"city":"Say \u0022A\u0022, {b}","days":2}"""] },
        { Gemma, "<|tool_call>call:a{x:{<|\"|>k<|\"|>:[1,-2.5e3,true,null]},y:[]}<tool_call|><|tool_call>call:b{}<tool_call|>", null, "", ["""call00001 a {"x":{"k":[1,-2.5e3,true,null]},"y":[]}""", "call00002 b {}"] },
        { Gemma, "<|tool_call>call:a{x:01}<tool_call|>", null, "<|tool_call>call:a{x:01}<tool_call|>", [] },
        { Gemma, "<|tool_call>call:a{x:<|\"|>open}<tool_call|>", null, "<|tool_call>call:a{x:<|\"|>open}<tool_call|>", [] },
        { Lfm, "<|tool_call_start|>[get_weather(city=\"Z\\u00fcrich\", days=2), b(x={'k': [True, None, 'it\\'s']})]<|tool_call_end|>It is.", null, "It is.", ["""call00001 get_weather {"city":"Z\u00FCrich","days":2}""", """call00002 b {"x":{"k":[true,null,"it\u0027s"]}}"""] },
        { Lfm, "<|tool_call_start|>[get_weather(\"A\")]<|tool_call_end|>", null, "<|tool_call_start|>[get_weather(\"A\")]<|tool_call_end|>", [] },
        { Lfm, "<|tool_call_start|>[a(x=\"\\ud800\")]<|tool_call_end|>", null, "<|tool_call_start|>[a(x=\"\\ud800\")]<|tool_call_end|>", [] },
        { Harmony, "<|channel|>analysis<|message|>hm\n<|end|><|start|>assistant<|channel|>final<|message|>Hello,\nyou <|x|>!<|return|>", "hm\n", "Hello,\nyou <|x|>!", [] },
        { Harmony, "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"A\"}<|call|>", "hm", "I look.", ["""call00001 get_weather {"city": "A"}"""] },
        { Harmony, " to=functions.a<|channel|>commentary json<|message|>{}<|call|>", null, "", ["call00001 a {}"] },
        { Harmony, "<|channel|>commentary to=browser.search<|message|>{}", null, "", ["call00001 browser.search {}"] },
        { Harmony, "<|channel|>commentary to=functions.a<|message|>{\"x\": ", null, "<|channel|>commentary to=functions.a<|message|>{\"x\": ", [] },
        { Harmony, "<|channel|>final<|message|>One<|channel|>final<|message|> two", null, "One two", [] },
        { Harmony, "<|channel|>ana", null, "", [] },
        { Harmony, "to be", null, "to be", [] },
        { Harmony, "Just text.<|end|>", null, "Just text.", [] },
        { "ChatML", "<think>x</think><tool_call>{}</tool_call>", null, "<think>x</think><tool_call>{}</tool_call>", [] },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Read_AMessage_IsTakenApart(string template, string text, string? thinking, string content, string[] calls)
    {
        var message = Read(template, false, [text]);
        Assert.Equal((thinking, content), (message.Thinking, message.Content));
        Assert.Equal(calls, message.ToolCalls.Select(call => $"{call.Id} {call.Name} {call.Arguments.GetRawText()}"));
    }

    [Fact]
    public void Read_ThePromptHasOpenedThinking_BeginsInside()
    {
        var format = MessageFormat.Of(Hermes, hasTools: false);
        Assert.Equal((true, true, false), (format.BeginsInside("<|im_start|>assistant\n<think>\n"), format.BeginsInside("<think>"), format.BeginsInside("<think>\n\n</think>\n\n")));
        var message = Read(Hermes, true, ["\nso 4</think>\n4"]);
        Assert.Equal(("so 4", "4"), (message.Thinking, message.Content));
        Assert.Equal([(MessagePieceKind.Mark, 0, 1), (MessagePieceKind.Thinking, 1, 4), (MessagePieceKind.Mark, 5, 9), (MessagePieceKind.Content, 14, 1)], message.Pieces.Select(piece => (piece.Kind, piece.Span.Start, piece.Span.Length)));
    }

    [Fact]
    public void Read_WithoutTools_LooksForNoCalls()
    {
        Assert.True(MessageFormat.Of(Llama, hasTools: false).IsPlain);
        Assert.Null(MessageFormat.Of(Hermes, hasTools: false).Calls);
    }

    /// <summary>gpt-oss thinks whether there are tools or not, and its prompt may end in any place of a header.</summary>
    [Fact]
    public void Read_Channels_AreReadWithoutTools()
    {
        var format = MessageFormat.Of(Harmony, hasTools: false);
        Assert.Equal((true, false), (format.BeginsInside("<|start|>assistant<|channel|>analysis<|message|>"), format.BeginsInside("<|start|>assistant")));
        var message = Read(Harmony, true, ["so<|end|><|start|>assistant<|channel|>final<|message|>4"]);
        Assert.Equal(("so", "4"), (message.Thinking, message.Content));
    }

    [Fact]
    public void Read_TextThatIsNoTag_IsHandedOutAtOnce()
    {
        var reader = MessageFormat.Of(Hermes, hasTools: true).NewReader(false, []);
        string[] texts = ["Hello", " you", " <t", "hat is", " all"];
        Assert.Equal(["Hello", " you", "", " <that is", " all"], texts.Select(text => string.Concat(reader.Read(text).Select(piece => piece.Span.Of(string.Concat(texts)).ToString()))));
    }

    /// <summary>However a message is cut, it is the same, and its pieces tile it.</summary>
    [Fact]
    public void Read_CutAnywhere_IsTheSame()
    {
        string[] parts =
        [
            "<think>", "</think>", "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[THINK]", "[/THINK]", "<|python_tag|>", "<|tool_call|>", "<|/tool_call|>", "{\"name\": \"a\", \"arguments\": {}}", "{\"name\": \"b\", \"parameters\": {\"x\": 1}}", "[{\"name\": \"a\", \"arguments\": {}}]",
            "c[ARGS]{}", "<|channel|>", "<|start|>assistant", "analysis", "final", "<|message|>", "<|end|>", "<|call|>", " to=functions.a", "<|tool_call>", "<tool_call|>", "call:a{x:<|\"|>", "<|\"|>}", "<|channel>thought\n", "<channel|>", "<arg_key>k</arg_key>", "<arg_value>", "</arg_value>", "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>a<｜tool▁sep｜>{}<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>", "<invoke name=\"a\">", "</invoke>", "<minimax:tool_call>", "</minimax:tool_call>", "<function=a>", "<parameter=x>", "</parameter>", "</function>", " ", "\n", "word", "<", "<t", "[T", "{", "😀", ";",
        ];
        var texts = Gens.Choose(parts).List[0, 8].Select(string.Concat);
        Gen.Select(Gens.Choose(Hermes, Mistral, Llama, Phi, Glm, DeepSeek, Gemma, Harmony, "<minimax:tool_call>"), Gen.Bool, texts, Gen.Int[1, 7].List[1, 30]).Sample(
            (template, isInside, text, cuts) =>
            {
                isInside &= MessageFormat.Of(template, hasTools: true).Thinking is not null;
                var whole = Read(template, isInside, [text]);
                var cut = Read(template, isInside, Cut(text, cuts));
                Assert.Equal((whole.Thinking, whole.Content), (cut.Thinking, cut.Content));
                Assert.Equal(whole.ToolCalls, cut.ToolCalls);
                Assert.Equal(whole.Pieces.Select(piece => (piece.Kind, piece.Span)), cut.Pieces.Select(piece => (piece.Kind, piece.Span)));
                Assert.Equal(text, string.Concat(cut.Pieces.Select(piece => piece.Span.Of(text).ToString())));
                Assert.All(cut.Pieces, piece => Assert.Equal(piece.Kind == MessagePieceKind.ToolCall, piece.ToolCalls.Count > 0));
            },
            iter: 20_000);
    }

    [Fact]
    public void Turns_AreEqualByWhatTheySay()
    {
        ChatTurn Turn(string city) => new("assistant", "") { ToolCalls = [new("1", "f", JsonElement.Parse($$"""{"city": "{{city}}"}"""))] };
        Assert.Equal(Turn("A"), Turn("A"));
        Assert.NotEqual(Turn("A"), Turn("B"));
        Assert.Equal(new DraftPrompt.Chat([Turn("A")]) { Tools = [Weather] }, new DraftPrompt.Chat([Turn("A")]) { Tools = [Weather with { }] });
        Assert.Throws<ArgumentException>(() => new ChatTurn("user<|im_end|>", ""));
        Assert.Throws<ArgumentException>(() => new ToolCall("1", "f", JsonElement.Parse("[]")));
    }

    private static DraftedMessage Read(string template, bool isInside, IEnumerable<string> texts)
    {
        var reader = MessageFormat.Of(template, hasTools: true).NewReader(isInside, [Weather]);
        var pieces = new List<MessagePiece>();
        var all = "";
        foreach (var text in texts)
        {
            all += text;
            pieces.AddRange(reader.Read(text));
        }

        return DraftedMessage.Of(all, pieces.Concat(reader.End()));
    }

    private static List<string> Cut(string text, List<int> lengths)
    {
        var parts = new List<string>();
        for (var (at, i) = (0, 0); at < text.Length; i++)
        {
            var length = Math.Min(lengths[i % lengths.Count], text.Length - at);
            parts.Add(text.Substring(at, length));
            at += length;
        }

        return parts;
    }
}
