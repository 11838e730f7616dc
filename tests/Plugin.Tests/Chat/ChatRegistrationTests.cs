using HybridGen.Plugin.Chat;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests.Chat;

/// <summary>The chat faces in a kernel, over the shipped mini pair.</summary>
public class ChatRegistrationTests(MiniEngine mini)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static HybridGenPromptExecutionSettings Seeded => new() { Seed = 7, MaxTokens = 24 };

    [Fact]
    public async Task AllFaces_AnswerTheSame()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGen().Build();
        await using var services = (ServiceProvider)kernel.Services;
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        var content = (await chat.GetChatMessageContentsAsync(new ChatHistory("Once upon a time", AuthorRole.User), Seeded, kernel, Token)).Single();
        var client = await kernel.GetRequiredService<IChatClient>().GetResponseAsync("Once upon a time", new() { Seed = 7, MaxOutputTokens = 24 }, Token);
        var text = await kernel.GetRequiredService<ITextGenerationService>().GetTextContentsAsync("Once upon a time", Seeded, cancellationToken: Token);
        Assert.Equal(content.Content, client.Text);
        Assert.Equal(content.Content, text.Single().Text);
        Assert.Equal(("drafter", "stop or length"), (chat.GetModelId(), content.Metadata!["FinishReason"] is "stop" or "length" ? "stop or length" : ""));
        Assert.IsType<UsageDetails>(content.Metadata["Usage"]);
        Assert.StartsWith("hybridgen-", (string)content.Metadata["Id"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvokePrompt_ChatCompletion_SettingsReachTheEngine()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenChatCompletion().Build();
        await using var services = (ServiceProvider)kernel.Services;
        var whole = await kernel.InvokePromptAsync<string>("Once upon a time", new(Seeded), cancellationToken: Token);
        var pieces = await kernel.InvokePromptStreamingAsync<string>("Once upon a time", new(Seeded), cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(whole, string.Concat(pieces));
        var roles = await kernel.InvokePromptAsync<string>("<message role=\"system\">Be brief.</message><message role=\"user\">Hi &amp; bye</message>", new(Seeded), cancellationToken: Token);
        Assert.NotEqual("", roles);
    }

    [Fact]
    public async Task TwoEngines_AreToldApartByTheirKeys()
    {
        await using var services = new ServiceCollection()
            .AddHybridGenChatClient(mini.Engine, "a")
            .AddHybridGenChatClient(new HybridGenOptions { DrafterPath = "/models/other.gguf" }, "b")
            .BuildServiceProvider();
        Assert.Same(mini.Engine, services.GetRequiredKeyedService<IChatClient>("a").GetService<HybridGenEngine>());
        Assert.Equal("other", services.GetRequiredKeyedService<IChatClient>("b").GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Null(services.GetService<IChatClient>());
    }

    [Fact]
    public async Task ABroughtDrafter_IsNamedByEveryFace()
    {
        await using var engine = new HybridGenEngine(new Drafting.TextDrafter("Once upon a time", "mine"));
        Assert.Equal("mine", new HybridGenChatClient(engine).GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("mine", new HybridGenTextGenerationService(engine).GetModelId());
    }

    [Fact]
    public async Task Configure_StandsInFrontOfTheClient()
    {
        var seen = 0;
        await using var services = new ServiceCollection()
            .AddHybridGenChatClient(mini.Engine, configure: builder => builder.Use((messages, options, next, token) => { seen++; return next(messages, options, token); }))
            .BuildServiceProvider();
        await services.GetRequiredService<IChatClient>().GetResponseAsync("Hi", new() { MaxOutputTokens = 2 }, Token);
        Assert.Equal(1, seen);
    }
}
