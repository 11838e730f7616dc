using System.ClientModel;
using System.ClientModel.Primitives;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Plugin.Revising;
using HybridGen.Revising;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using OllamaSharp;
using OpenAI;
using FunctionCallContent = Microsoft.Extensions.AI.FunctionCallContent;

namespace HybridGen.Plugin.Tests.Revising;

/// <summary>The clients and connectors that people have, over a server that speaks as theirs do.</summary>
public class OtherServicesTests(MiniEngine mini)
{
    private static readonly string[] Pieces = ["I recie", "ved it", ". He bele", "ived `teh", " code`."];

    private const string Revised = "I received it. He believed `teh code`.";

    private static readonly StreamReviserOptions Options = new() { Revise = new() { Policies = [new EditPolicy.Spelling { Judge = null }] }, BlockLength = 20, MaxDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Dictionary<string, Func<HttpClient, IChatClient>> Clients = new()
    {
        ["openai"] = http => OpenAI(http).GetChatClient("m").AsIChatClient(),
        ["ollama"] = http => new OllamaApiClient(http, "m"),
    };

    private static readonly Dictionary<string, Action<IKernelBuilder, HttpClient>> Connectors = new()
    {
        ["openai"] = (builder, http) => builder.AddOpenAIChatCompletion("m", "key", httpClient: http),
        ["openai-client"] = (builder, http) => builder.Services.AddSingleton(OpenAI(http).GetChatClient("m").AsIChatClient().AsBuilder().UseKernelFunctionInvocation().Build()),
        ["azure"] = (builder, http) => builder.AddAzureOpenAIChatCompletion("m", "https://azure.example", "key", httpClient: http),
        ["ollama"] = (builder, http) => builder.Services.AddSingleton(Ollama(http).AsChatCompletionService()),
        ["ollama-client"] = (builder, http) => builder.Services.AddSingleton(Ollama(http)),
    };

    public static TheoryData<string> ClientNames => [.. Clients.Keys];

    public static TheoryData<string> ConnectorNames => [.. Connectors.Keys];

    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task Client_ProseIsRevisedAndAllElseKept(string name)
    {
        using var http = Http(new ScriptedServer(Pieces));
        using var client = Client(name, http);
        var response = await client.GetResponseAsync("p", cancellationToken: Token);
        Assert.Equal((Revised, ChatFinishReason.Stop, 5L, 7L, "m"), (response.Text, response.FinishReason, response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount, response.ModelId));
        var updates = await client.GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        var streamed = updates.ToChatResponse();
        Assert.Equal((Revised, ChatFinishReason.Stop, 5L, 7L, "m"), (streamed.Text, streamed.FinishReason, streamed.Usage?.InputTokenCount, streamed.Usage?.OutputTokenCount, streamed.ModelId));
        Assert.Equal(["received", "believed"], updates.SelectMany(update => RevisedAnswer.Edits(update.AdditionalProperties)).Select(edit => edit.After));
    }

    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task Client_ToolIsCalledWithWhatTheModelSaid(string name)
    {
        using var http = Http(new ScriptedServer("I recieved it.") { Arguments = new() { ["teh"] = "recieved" } });
        using var client = Client(name, http);
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string teh) => teh, "note")] };
        var whole = await client.GetResponseAsync("p", options, Token);
        var streamed = (await client.GetStreamingResponseAsync("p", options, Token).ToListAsync(Token)).ToChatResponse();
        foreach (var response in new[] { whole, streamed })
        {
            Assert.Equal("I received it.", response.Text);
            var call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
            Assert.Equal(("note", "recieved"), (call.Name, call.Arguments!["teh"]!.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(ConnectorNames))]
    public async Task Kernel_PromptIsAnsweredWithRevisedText(string name)
    {
        using var http = Http(new ScriptedServer(Pieces));
        var kernel = Kernel(name, http);
        var result = await kernel.InvokePromptAsync("p", cancellationToken: Token);
        Assert.Equal(Revised, result.ToString());
        var pieces = await kernel.InvokePromptStreamingAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(Revised, string.Concat(pieces));
        Assert.Equal(["received", "believed"], pieces.SelectMany(piece => piece.Metadata?.TryGetValue(RevisedAnswer.EditsKey, out var edits) == true ? (IReadOnlyList<Edit>)edits! : []).Select(edit => edit.After));
    }

    /// <summary>A kernel's model calls a function, and then says what it found: the call goes through as it is, and what is said is revised.</summary>
    [Theory]
    [MemberData(nameof(ConnectorNames))]
    public async Task Kernel_FunctionIsCalledAndTheAnswerRevised(string name)
    {
        var server = new ScriptedServer("I recieved it.") { Arguments = new() { ["teh"] = "recieved" } };
        using var http = Http(server);
        var kernel = Kernel(name, http);
        var said = new List<string>();
        kernel.Plugins.AddFromFunctions("p", [KernelFunctionFactory.CreateFromMethod((string teh) => { said.Add(teh); return teh; }, "note")]);
        var settings = new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        // A chat client's answer has what it said before the call too.
        var whole = (await kernel.InvokePromptAsync("p", new(settings), cancellationToken: Token)).ToString();
        var streamed = string.Concat(await kernel.InvokePromptStreamingAsync("p", new(settings), cancellationToken: Token).ToListAsync(Token));
        Assert.Equal(["recieved", "recieved"], said);
        Assert.All([whole, streamed], text => Assert.Matches(@"^(I received it\.\s*)+$", text));
    }

    /// <summary>A reader that turns away ends the other service's request, through the reviser too.</summary>
    [Theory]
    [MemberData(nameof(ClientNames))]
    public async Task Client_TurnedAway_EndsTheRequest(string name)
    {
        var server = new ScriptedServer("I recieved it. ") { IsEndless = true };
        using var http = Http(server);
        using var client = Client(name, http);
        await foreach (var update in client.GetStreamingResponseAsync("p", cancellationToken: Token))
            if (update.Text.Length > 0) break;
        Assert.False(await server.Answering.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    private static HttpClient Http(ScriptedServer server) => new(server) { BaseAddress = new Uri("http://server.example") };

    private static OpenAIClient OpenAI(HttpClient http) => new(new ApiKeyCredential("key"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http) });

    /// <summary>As Semantic Kernel's connector for Ollama makes it.</summary>
    private static IChatClient Ollama(HttpClient http) => ((IChatClient)new OllamaApiClient(http, "m")).AsBuilder().UseKernelFunctionInvocation().Build();

    private IChatClient Client(string name, HttpClient http) => Clients[name](http).AsBuilder().UseHybridGenRevision(mini.Engine, Options).Build();

    private Kernel Kernel(string name, HttpClient http)
    {
        var builder = Microsoft.SemanticKernel.Kernel.CreateBuilder();
        Connectors[name](builder, http);
        builder.Services.AddSingleton(mini.Engine);
        return builder.AddHybridGenRevision(Options).Build();
    }
}
