using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using OllamaSharp;
using OllamaSharp.Models.Exceptions;

namespace HybridGen.Plugin.Tests;

/// <summary>What docs/comparison.md says of Semantic Kernel's connector for Ollama, over the client and the adapter that it is made of.</summary>
public sealed class OllamaTests : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _owned.ForEach(owned => owned.Dispose());

    [Fact]
    public async Task Client_SaysUsageReasonAndModel()
    {
        var response = await Client(new ScriptedServer("Hello")).GetResponseAsync("p", cancellationToken: Token);
        Assert.Equal(("Hello", 5L, 7L, ChatFinishReason.Stop, "m"), (response.Text, response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.FinishReason, response.ModelId));
    }

    [Fact]
    public async Task ChatCompletion_SaysUsageAndModelButNotWhyItEnded()
    {
        var answer = Assert.Single(await Service(new ScriptedServer("Hello")).GetChatMessageContentsAsync("p", cancellationToken: Token));
        Assert.Equal(("Hello", "m"), (answer.Content, answer.ModelId));
        Assert.Equal(7, Assert.IsType<UsageDetails>(answer.Metadata!["Usage"]).OutputTokenCount);
        Assert.DoesNotContain("FinishReason", answer.Metadata.Keys);
    }

    [Fact]
    public async Task SeveralAnswers_AreOne()
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["results_per_prompt"] = 3, ["n"] = 3 } };
        Assert.Single(await Service(new ScriptedServer("Hello")).GetChatMessageContentsAsync("p", settings, cancellationToken: Token));
    }

    [Theory]
    [InlineData("no_such_setting")]
    [InlineData("logprobs")]
    [InlineData("top_logprobs")]
    public async Task UnknownSetting_IsDropped(string name)
    {
        var server = new ScriptedServer("Hello");
        await Service(server).GetChatMessageContentsAsync("p", new() { ExtensionData = new Dictionary<string, object> { [name] = true } }, cancellationToken: Token);
        Assert.DoesNotContain(name, Assert.Single(server.Requests).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequiredTool_IsOfferedButNotRequired()
    {
        var server = new ScriptedServer("Hello");
        var tool = AIFunctionFactory.Create(() => 3, "temperature");
        foreach (var mode in new ChatToolMode[] { ChatToolMode.Auto, ChatToolMode.RequireAny, ChatToolMode.RequireSpecific("temperature") })
            await Client(server).GetResponseAsync("p", new() { Tools = [tool], ToolMode = mode }, Token);
        Assert.Contains("temperature", server.Requests[0].ToJsonString(), StringComparison.Ordinal);
        Assert.Single(server.Requests.Select(request => request.ToJsonString()).Distinct());
    }

    [Fact]
    public async Task Failure_IsTheHttpClientsOrOllamas()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => Service(new ScriptedServer { Status = HttpStatusCode.ServiceUnavailable }).GetChatMessageContentsAsync("p", cancellationToken: Token));
        await Assert.ThrowsAsync<OllamaException>(() => Service(new ScriptedServer { Status = HttpStatusCode.BadRequest }).GetChatMessageContentsAsync("p", cancellationToken: Token));
    }

    [Fact]
    public async Task Call_HasNoSpanOfItsOwn()
    {
        var started = new List<Activity>();
        using var listener = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref _) => ActivitySamplingResult.AllData, ActivityStarted = activity => { lock (started) started.Add(activity); } };
        ActivitySource.AddActivityListener(listener);
        using var call = new Activity("call").Start();
        await Service(new ScriptedServer("Hello")).GetChatMessageContentsAsync("p", cancellationToken: Token);
        lock (started) Assert.DoesNotContain(started, activity => activity.TraceId == call.TraceId && activity != call);
    }

    [Fact]
    public void Client_EmbedsToo() => Assert.IsAssignableFrom<IEmbeddingGenerator<string, Embedding<float>>>(Client(new ScriptedServer()));

    [Fact]
    public async Task TurnedAway_EndsTheRequest()
    {
        var server = new ScriptedServer("Hello ") { IsEndless = true };
        await foreach (var update in Client(server).GetStreamingResponseAsync("p", cancellationToken: Token))
            if (update.Text.Length > 0) break;
        Assert.False(await server.Answering.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task Cancelled_EndsTheRequest()
    {
        var server = new ScriptedServer("Hello ") { IsEndless = true };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        try
        {
            await foreach (var _ in Client(server).GetStreamingResponseAsync("p", cancellationToken: stop.Token)) await stop.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // Either way of ending is its own.
        }

        Assert.False(await server.Answering.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    private OllamaApiClient Client(ScriptedServer server)
    {
        var http = new HttpClient(server) { BaseAddress = new Uri("http://server.example") };
        var client = new OllamaApiClient(http, "m");
        _owned.AddRange([client, http]);
        return client;
    }

    private IChatCompletionService Service(ScriptedServer server) => ((IChatClient)Client(server)).AsBuilder().UseKernelFunctionInvocation().Build().AsChatCompletionService();
}
