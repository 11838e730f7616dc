using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace HybridGen.Plugin.Tests.Chat;

/// <summary>Calls of tools that a caller requires, forbids or leaves to the model; the mini drafter with a template that has a form for calls.</summary>
public sealed class RequiredToolTests : IAsyncDisposable
{
    // What a template of Hermes' kind comes down to.
    private const string Template = "{{ tools|tojson if tools }}{% for m in messages %}{{ m.content }}{% if m.tool_calls %}<tool_call>{{ m.tool_calls[0].function|tojson }}</tool_call>{% endif %} {% endfor %}";

    private readonly HybridGenEngine _engine = new(new() { ChatTemplate = ChatTemplate.Parse(Template) });
    private readonly List<DraftPrompt.Chat> _seen = [];
    private readonly List<string> _cities = [];
    private readonly AIFunction _temperature;
    private readonly AIFunction _wind = AIFunctionFactory.Create((int hour) => hour, "wind");

    public RequiredToolTests() => _temperature = AIFunctionFactory.Create((City city) => { _cities.Add(city.ToString()); return 3; }, "temperature");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public enum City
    {
        Oslo,
        Bern,
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [InlineData(null, false)]
    [InlineData("wind", false)]
    [InlineData("temperature", true)]
    public async Task Client_RequiredTool_IsCalledWithWhatItTakes(string? name, bool streams)
    {
        var options = new ChatOptions { Tools = [_temperature, _wind], ToolMode = name is null ? ChatToolMode.RequireAny : ChatToolMode.RequireSpecific(name), Seed = 5, Temperature = 2, AdditionalProperties = new() { ["pipeline"] = "interleaved" } };
        var client = new HybridGenChatClient(_engine);
        var response = streams ? await client.GetStreamingResponseAsync("How warm?", options, Token).ToChatResponseAsync(Token) : await client.GetResponseAsync("How warm?", options, Token);
        Assert.Equal((ChatFinishReason.ToolCalls, ""), (response.FinishReason, response.Text));
        var call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<Microsoft.Extensions.AI.FunctionCallContent>());
        Assert.Equal(name ?? call.Name, call.Name);
        var argument = Assert.IsType<JsonElement>(Assert.Single(call.Arguments!).Value);
        Assert.True(call.Name == "wind" ? argument.TryGetInt64(out _) : Enum.TryParse<City>(argument.GetString(), out _));
    }

    [Fact]
    public async Task Client_RequiredTool_IsRunAndThenTheModelIsFree()
    {
        var client = new HybridGenChatClient(_engine).AsBuilder().UseFunctionInvocation().Build();
        var response = await client.GetResponseAsync("How warm?", new() { Tools = [_temperature], ToolMode = ChatToolMode.RequireAny, MaxOutputTokens = 200, Seed = 2 }, Token);
        Assert.Single(_cities);
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], response.Messages.Select(message => message.Role));
    }

    /// <summary>A description is among what a kernel says of its functions under a keyword that is none of JSON Schema's.</summary>
    [Fact]
    public async Task Kernel_RequiredWithADescription_IsCalled()
    {
        var kernel = Kernel();
        kernel.Plugins.AddHybridGenFunctions(_engine);
        var function = kernel.Plugins["text"]["fix_spelling"];
        var settings = new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required([function], autoInvoke: false), MaxTokens = 200, Seed = 2 };
        var answer = await new HybridGenChatCompletionService(_engine).GetChatMessageContentAsync(new ChatHistory("Mend teh text.", AuthorRole.User), settings, kernel, Token);
        var call = Assert.Single(Microsoft.SemanticKernel.FunctionCallContent.GetFunctionCalls(answer));
        Assert.IsType<string>((await call.InvokeAsync(kernel, Token)).Result);
    }

    /// <summary>As first-party connectors: the function that is required is called once, and the model answers with what it returned.</summary>
    [Fact]
    public async Task Kernel_Required_CallsTheFunctionOnce()
    {
        var history = new ChatHistory("How warm?", AuthorRole.User);
        var settings = new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required(), MaxTokens = 200, Seed = 2 };
        var answer = (await new HybridGenChatCompletionService(_engine).GetChatMessageContentsAsync(history, settings, Kernel(), Token)).Single();
        Assert.Single(_cities);
        Assert.DoesNotContain(answer.Items, item => item is Microsoft.SemanticKernel.FunctionCallContent);
        Assert.Equal([AuthorRole.User, AuthorRole.Assistant, AuthorRole.Tool], history.Select(message => message.Role));
    }

    [Fact]
    public async Task Kernel_RequiredWithoutInvocation_HandsTheCallOn()
    {
        var settings = new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required(autoInvoke: false), Seed = 2 };
        var answer = (await new HybridGenChatCompletionService(_engine).GetChatMessageContentsAsync("How warm?", settings, Kernel(), Token)).Single();
        var call = Assert.Single(Microsoft.SemanticKernel.FunctionCallContent.GetFunctionCalls(answer));
        Assert.Empty(_cities);
        Assert.NotNull((await call.InvokeAsync(Kernel(), Token)).Result);
        Assert.Single(_cities);
    }

    [Fact]
    public async Task Kernel_NoneAndAuto_RequireNothing()
    {
        var service = Scripted(Samples.Revised);
        await service.GetChatMessageContentsAsync("p", new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.None() }, Kernel(), Token);
        await service.GetChatMessageContentsAsync("p", new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }, Kernel(), Token);
        await service.GetChatMessageContentsAsync("p", new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required([]) }, Kernel(), Token);
        Assert.Equal([(0, 0), (1, 0), (0, 0)], _seen.Select(prompt => (prompt.Tools.Count, prompt.RequiredTools.Count)));
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task Kernel_ParallelCalls_AreHandedOnWhereAllowed(bool? allowed, int calls)
    {
        var options = new FunctionChoiceBehaviorOptions { AllowParallelCalls = allowed };
        var settings = new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false, options: options) };
        var answer = (await Scripted(Samples.CallingFor("Oslo", "Bern")).GetChatMessageContentsAsync("p", settings, Kernel(), Token)).Single();
        Assert.Equal(calls, Microsoft.SemanticKernel.FunctionCallContent.GetFunctionCalls(answer).Count());
    }

    /// <summary>The shipped mini drafter brings no template.</summary>
    [Fact]
    public async Task Kernel_DrafterWithoutTools_IsAKernelExceptionThatSaysSo()
    {
        await using var plain = new HybridGenEngine();
        var settings = new HybridGenPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required() };
        var refusal = await Assert.ThrowsAsync<KernelException>(() => new HybridGenChatCompletionService(plain).GetChatMessageContentsAsync("p", settings, Kernel(), Token));
        Assert.IsType<DraftingException>(refusal.InnerException);
        Assert.Contains("chat template", refusal.Message, StringComparison.Ordinal);
    }

    private Kernel Kernel()
    {
        var kernel = new Kernel();
        kernel.Plugins.AddFromFunctions("weather", [_temperature.AsKernelFunction()]);
        return kernel;
    }

    private HybridGenChatCompletionService Scripted(Generation generation) => new(
        new HybridGenChatClient(
            (prompt, _, _) =>
            {
                _seen.Add((DraftPrompt.Chat)prompt);
                return new[] { (GenerationUpdate)new GenerationUpdate.Completed(generation) }.ToAsyncEnumerable();
            },
            Samples.Model).AsBuilder().UseKernelFunctionInvocation().Build(),
        1);
}
