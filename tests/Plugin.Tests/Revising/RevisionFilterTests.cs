using HybridGen.Editing;
using HybridGen.Plugin.Revising;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests.Revising;

public class RevisionFilterTests(MiniEngine mini)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("text")]
    [InlineData("chat")]
    [InlineData("client")]
    public async Task Prompt_AnyService_IsAnsweredWithRevisedText(string kind)
    {
        var kernel = Kernel(kind, "I recieved it. ", "He beleived it.");
        Assert.Equal("I received it. He believed it.", await kernel.InvokePromptAsync<string>("p", cancellationToken: Token));
        var pieces = await kernel.InvokePromptStreamingAsync<string>("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal("I received it. He believed it.", string.Concat(pieces));
    }

    [Fact]
    public async Task Prompt_Chat_SaysWhatWasChanged()
    {
        var message = await Kernel("chat", "I recieved it.").InvokePromptAsync<ChatMessageContent>("p", cancellationToken: Token);
        Assert.Equal("I recieved it.", message!.Metadata![RevisedAnswer.DraftKey]);
        Assert.Equal("received", Assert.Single((IReadOnlyList<Edit>)message.Metadata[RevisedAnswer.EditsKey]!).After);
    }

    [Fact]
    public async Task Method_IsNotRevised()
    {
        var kernel = Kernel("chat");
        Assert.Equal("teh", await kernel.InvokeAsync<string>(KernelFunctionFactory.CreateFromMethod(() => "teh"), cancellationToken: Token));
    }

    [Fact]
    public async Task Prompt_ThatTheCallerExcludes_IsNotRevised()
    {
        var kernel = Kernel("chat", "teh");
        kernel.FunctionInvocationFilters.Clear();
        kernel.FunctionInvocationFilters.Add(new HybridGenRevisionFilter(mini.Engine, applies: function => function.Name != "raw"));
        Assert.Equal("teh", await kernel.InvokeAsync<string>(KernelFunctionFactory.CreateFromPrompt("p", functionName: "raw"), cancellationToken: Token));
    }

    private Kernel Kernel(string kind, params string[] pieces)
    {
        var builder = Microsoft.SemanticKernel.Kernel.CreateBuilder();
        builder.Services.AddSingleton(mini.Engine);
        if (kind == "text") builder.Services.AddSingleton<ITextGenerationService>(Samples.Service(Samples.Generation(string.Concat(pieces))));
        else if (kind == "chat") builder.Services.AddSingleton(FakeChatClient.Of(pieces).AsChatCompletionService());
        else builder.Services.AddSingleton<IChatClient>(FakeChatClient.Of(pieces));
        return builder.AddHybridGenRevision().Build();
    }
}
