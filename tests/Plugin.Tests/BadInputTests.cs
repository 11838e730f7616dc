using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace HybridGen.Plugin.Tests;

/// <summary>What cannot be asked for is refused by name, whichever face is asked; before anything is loaded or drafted.</summary>
public sealed class BadInputTests : IDisposable
{
    private static readonly string[] Faces = ["text", "text stream", "chat", "chat stream", "client", "client stream", "agent", "kernel", "kernel stream"];

    private readonly HybridGenEngine _engine = new(new() { DrafterPath = "/nowhere/none.gguf" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, string, object, string> Settings
    {
        get
        {
            (string Key, object Value, string Named)[] wrong =
            [
                ("tempreature", 1, "'tempreature'"),
                ("max_tokens", -1, "MaxTokens"),
                ("max_tokens", "many", "'max_tokens'"),
                ("temperature", 1e9, "Temperature"),
                ("top_p", -0.5, "TopP"),
                ("top_k", -5, "TopK"),
                ("min_p", 7.5, "MinP"),
                ("seed", -1, "Seed"),
                ("drafts", 1_000_000, "Drafts"),
                ("passes", 0, "Passes"),
                ("results_per_prompt", -2, "ResultsPerPrompt"),
                ("top_logprobs", 1000, "Alternatives"),
                ("pipeline", "slow", "'slow'"),
                ("response_format", "xml", "'xml'"),
                ("policies", new List<string> { "poetry" }, "'poetry'"),
                ("stop_sequences", new List<string> { "" }, "StopSequences"),
            ];
            return [.. from face in Faces from one in wrong select (face, one.Key, one.Value, one.Named)];
        }
    }

    [Theory]
    [MemberData(nameof(Settings), DisableDiscoveryEnumeration = true)]
    public async Task Setting_WrongOrUnknown_IsRefusedByName(string face, string key, object value, string named)
    {
        var refusal = await Assert.ThrowsAnyAsync<ArgumentException>(() => AskAsync(face, new ChatHistory("p", AuthorRole.User), new() { ExtensionData = new Dictionary<string, object> { [key] = value } }));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.False(_engine.GetLoadState().IsLoaded);
    }

    public static TheoryData<string> AllFaces => [.. Faces];

    [Theory]
    [MemberData(nameof(AllFaces))]
    public async Task Model_Missing_IsNamedWithItsPath(string face)
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(face, new ChatHistory("p", AuthorRole.User), null));
        Assert.IsType<GgufFormatException>(refusal is KernelException ? refusal.InnerException : refusal, exactMatch: false);
        Assert.Contains("/nowhere/none.gguf", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(face is "client" or "client stream" or "agent", refusal is not KernelException);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("chat stream")]
    [InlineData("client")]
    [InlineData("client stream")]
    public async Task History_Empty_IsRefused(string face) =>
        Assert.Contains("empty", (await Assert.ThrowsAnyAsync<ArgumentException>(() => AskAsync(face, [], null))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("chat")]
    [InlineData("chat stream")]
    [InlineData("client")]
    [InlineData("client stream")]
    [InlineData("agent")]
    public async Task History_WithAnImage_IsRefusedByItsKind(string face)
    {
        var history = new ChatHistory();
        history.AddUserMessage([new Microsoft.SemanticKernel.TextContent("What is this?"), new ImageContent(new byte[] { 1, 2 }, "image/png")]);
        Assert.Contains("image/png", (await Assert.ThrowsAsync<NotSupportedException>(() => AskAsync(face, history, null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Null_IsRefusedByName()
    {
        var (text, chat, client) = (new HybridGenTextGenerationService(_engine), new HybridGenChatCompletionService(_engine), new HybridGenChatClient(_engine));
        Assert.Equal("prompt", (await Assert.ThrowsAsync<ArgumentNullException>(() => text.GetTextContentsAsync(null!, cancellationToken: Token))).ParamName);
        Assert.Equal("chatHistory", (await Assert.ThrowsAsync<ArgumentNullException>(() => chat.GetChatMessageContentsAsync((ChatHistory)null!, cancellationToken: Token))).ParamName);
        Assert.Equal("messages", (await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!, cancellationToken: Token))).ParamName);
        Assert.Equal("engine", Assert.Throws<ArgumentNullException>(() => new HybridGenChatCompletionService(null!)).ParamName);
    }

    private Task AskAsync(string face, ChatHistory history, PromptExecutionSettings? settings)
    {
        var (chat, client) = (new HybridGenChatCompletionService(_engine), new HybridGenChatClient(_engine));
        var (prompt, text) = (history.LastOrDefault()?.Content ?? "", new HybridGenTextGenerationService(_engine));
        List<ChatMessage> messages = [.. history.Select(message => new ChatMessage(ChatRole.User, [.. message.Items.Select(Content)]))];
        var options = settings is null ? null : new ChatOptions { AdditionalProperties = new(settings.ExtensionData!.ToDictionary(one => one.Key, one => (object?)one.Value)) };
        var kernel = Kernel.CreateBuilder().AddHybridGen(_engine).Build();
        return face switch
        {
            "text" => text.GetTextContentsAsync(prompt, settings, cancellationToken: Token),
            "text stream" => text.GetStreamingTextContentsAsync(prompt, settings, cancellationToken: Token).ToListAsync(Token).AsTask(),
            "chat" => chat.GetChatMessageContentsAsync(history, settings, cancellationToken: Token),
            "chat stream" => Task.Run(() => chat.GetStreamingChatMessageContentsAsync(history, settings, cancellationToken: Token).ToListAsync(Token).AsTask(), Token),
            "client" => client.GetResponseAsync(messages, options, Token),
            "client stream" => Task.Run(() => client.GetStreamingResponseAsync(messages, options, Token).ToListAsync(Token).AsTask(), Token),
            "agent" => client.AsAIAgent().RunAsync(messages, options: options is null ? null : new ChatClientAgentRunOptions(options), cancellationToken: Token),
            "kernel" => kernel.InvokePromptAsync("p", settings is null ? null : new(settings), cancellationToken: Token),
            _ => kernel.InvokePromptStreamingAsync("p", settings is null ? null : new(settings), cancellationToken: Token).ToListAsync(Token).AsTask(),
        };
    }

    private static AIContent Content(KernelContent item) => item is ImageContent image ? new DataContent(image.Data!.Value, image.MimeType!) : new Microsoft.Extensions.AI.TextContent(item.ToString());
}
