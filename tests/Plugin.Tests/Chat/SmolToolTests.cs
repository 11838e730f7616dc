using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Tests.Chat;

/// <summary>Tools with a real model, under a template of Qwen's kind; its own has no place for tools.</summary>
public sealed class SmolToolTests : IAsyncLifetime
{
    private const string Template = """
        {%- set system = (messages[0].content if messages[0].role == 'system' else 'You are a helpful assistant.') -%}
        <|im_start|>system
        {{ system }}
        {%- if tools %}

        # Tools

        You may call one or more functions to assist with the user query.

        You are provided with function signatures within <tools></tools> XML tags:
        <tools>
        {%- for tool in tools %}
        {{ tool | tojson }}
        {%- endfor %}
        </tools>

        For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
        <tool_call>
        {"name": <function-name>, "arguments": <args-json-object>}
        </tool_call>
        {%- endif %}<|im_end|>
        {% for m in messages %}
        {%- if m.tool_calls %}<|im_start|>assistant
        {{ m.content }}{% for c in m.tool_calls %}<tool_call>
        {"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
        </tool_call>{% endfor %}<|im_end|>
        {% elif m.role != 'system' %}<|im_start|>{{ m.role }}
        {{ m.content }}<|im_end|>
        {% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """;

    // Turns that show a model this small how it is done.
    private static readonly ChatMessage[] Shown = [.. Turns("Oslo"), .. Turns("Rome"), .. Turns("Bern")];

    private HybridGenChatClient? _client;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _client = new(new HybridGenEngine(new() { DrafterPath = Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf"), ChatTemplate = ChatTemplate.Parse(Template) }));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _client?.GetService<HybridGenEngine>()?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("Oslo")]
    [InlineData("Lima")]
    public async Task RequiredTool_IsCalledForTheCity(string city) => Assert.Equal(city, CityOf(await AskAsync([Question(city)], ChatToolMode.RequireAny)));

    [Fact]
    public async Task FreeModel_CallsAsItWasShown() => Assert.Equal("Lima", CityOf(await AskAsync([.. Shown, Question("Lima")], ChatToolMode.Auto)));

    [Fact]
    public async Task Result_IsSaid() => Assert.Contains("6 degrees", (await AskAsync([.. Turns("Athens")], ChatToolMode.None)).Text, StringComparison.Ordinal);

    /// <summary>As <c>RunAsync&lt;T&gt;</c> of an agent that has tools asks for it: this model would rather call once more.</summary>
    [Fact]
    public async Task Format_BesideTools_IsSaidOrAToolIsCalled()
    {
        var schema = ChatResponseFormat.ForJsonSchema(System.Text.Json.JsonElement.Parse("""{"type": "object", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"], "additionalProperties": false}"""));
        var called = await AskAsync([.. Turns("Athens")], ChatToolMode.Auto, schema);
        Assert.Equal("Athens", CityOf(called));
        var said = await AskAsync([.. Turns("Athens")], ChatToolMode.None, schema);
        Assert.Equal("6", System.Text.Json.JsonElement.Parse(said.Text).GetProperty("degrees").GetRawText());
    }

    private static string CityOf(ChatResponse response)
    {
        Assert.Equal((ChatFinishReason.ToolCalls, ""), (response.FinishReason, response.Text));
        var call = Assert.Single(Assert.Single(response.Messages).Contents.OfType<FunctionCallContent>());
        Assert.Equal("temperature", call.Name);
        return Assert.Single(call.Arguments!).Value!.ToString()!;
    }

    private static ChatMessage Question(string city) => new(ChatRole.User, $"How warm is it in {city}?");

    private static IEnumerable<ChatMessage> Turns(string city) =>
    [
        Question(city),
        new(ChatRole.Assistant, [new FunctionCallContent($"{city}1", "temperature", new Dictionary<string, object?> { ["city"] = city })]),
        new(ChatRole.Tool, [new FunctionResultContent($"{city}1", $"It is {city.Length} degrees in {city}.")]),
    ];

    private Task<ChatResponse> AskAsync(IEnumerable<ChatMessage> turns, ChatToolMode mode, ChatResponseFormat? format = null)
    {
        var temperature = AIFunctionFactory.Create((string city) => 0, "temperature", "The temperature of a city now.");
        return _client!.GetResponseAsync(turns, new() { Tools = [temperature], ToolMode = mode, ResponseFormat = format, Temperature = 0, MaxOutputTokens = 60 }, Token);
    }
}
