using System.Text.Json;
using Microsoft.Extensions.AI;

namespace HybridGen.Drafting.Tests;

public sealed class ChatClientDrafterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Draft_PassesOnWhatWasAskedAndHasNoLogProbabilities()
    {
        var service = new FakeService("Good ", "mor", "ning \ud83d", "\ude00.");
        var options = new DraftOptions { MaxTokens = 9, Sampling = new Sampling.Random { Temperature = 0.5, Seed = 4 }, StopStrings = ["xyz"] };
        var draft = await Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(new DraftPrompt.Chat([new("system", "Be short."), new("user", "Hi")]), options, Token), Token);
        Assert.Equal("Good morning 😀.", draft.Text);
        Assert.Equal(draft.Text, string.Concat(draft.Tokens.Select(token => token.Span.Of(draft.Text).ToString())));
        Assert.All(draft.Tokens, token => Assert.Null(token.LogProbability));
        Assert.Null(draft.LogProbability);
        Assert.Equal((StopReason.MaxTokens, 7), (draft.Completion.Reason, draft.Completion.PromptTokens));
        Assert.Equal(["system: Be short.", "user: Hi"], service.Messages.Select(message => $"{message.Role}: {message.Text}"));
        Assert.Equal((9, 0.5f, 4L, "xyz"), (service.Options!.MaxOutputTokens, service.Options.Temperature, service.Options.Seed, service.Options.StopSequences!.Single()));
    }

    [Fact]
    public async Task Draft_Tokens_AreTheServicesOwnCount()
    {
        var draft = await Draft.CollectAsync(new ChatClientDrafter(new FakeService("Good ", "morning.")).DraftAsync(DraftPrompt.User("Hi"), new(), Token), Token);
        Assert.Equal((2, 5, 3), (draft.Tokens.Count, draft.WrittenTokens, draft.Completion.CachedTokens));
    }

    [Fact]
    public async Task Draft_Sampling_IsPassedOnOrRefusedByName()
    {
        var (service, random) = (new FakeService("a"), new Sampling.Random());
        await Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(DraftPrompt.User("Hi"), new() { Sampling = random with { Penalties = new() { Frequency = 0.5, Presence = 1 } } }, Token), Token);
        Assert.Equal((0.5f, 1f), (service.Options!.FrequencyPenalty, service.Options.PresencePenalty));
        foreach (var (name, sampling) in new (string, Sampling)[] { ("Repetition", random with { Penalties = new() { Repetition = 1.2 } }), ("MinP", random with { MinP = 0.2 }), ("Mirostat2", new Sampling.Mirostat2()), ("Dry", new Sampling.Greedy { Dry = new() }) })
        {
            var refused = await Assert.ThrowsAsync<DraftingException>(() => Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(DraftPrompt.User("Hi"), new() { Sampling = sampling }, Token), Token));
            Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Draft_StopStringAcrossPieces_EndsBeforeItAndTheServiceIsLeft()
    {
        var service = new FakeService("One. ST", "OP two", "never");
        var draft = await Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(DraftPrompt.User("Hi"), new() { StopStrings = ["STOP"] }, Token), Token);
        Assert.Equal(("One. ", StopReason.StopString, 2), (draft.Text, draft.Completion.Reason, service.Given));
    }

    [Fact]
    public async Task Draft_TheServiceFails_NamesIt()
    {
        var failure = await Assert.ThrowsAsync<DraftingException>(() => Draft.CollectAsync(new ChatClientDrafter(new FakeService("Good ", null), "gpt").DraftAsync(DraftPrompt.User("Hi"), new(), Token), Token));
        Assert.Equal("The chat service 'gpt' failed: no route", failure.Message);
    }

    [Fact]
    public async Task Draft_ToolsAndThinking_AreMappedBothWays()
    {
        var call = new ToolCall("c1", "get_weather", JsonElement.Parse("""{"city": "Zürich"}"""));
        var service = new FakeService(new TextReasoningContent("hm "), new TextReasoningContent("so"), new TextContent("I "), new TextContent("look."), new FunctionCallContent("c2", "now", new Dictionary<string, object?> { ["x"] = 1 }));
        var chat = new DraftPrompt.Chat([new("user", "Weather?"), new("assistant", "") { ToolCalls = [call], Thinking = "ask" }, new("tool", "rain") { ToolCallId = "c1" }]) { Tools = [new("now", "The time", JsonElement.Parse("""{"type": "object"}"""))] };
        var draft = await Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(chat, new() { StopStrings = ["xyz"] }, Token), Token);
        Assert.Equal("hm soI look.{\"name\":\"now\",\"arguments\":{\"x\":1}}", draft.Text);
        Assert.Equal(("hm so", "I look."), (draft.Message.Thinking, draft.Message.Content));
        Assert.Equal(new ToolCall("c2", "now", JsonElement.Parse("""{"x": 1}""")), Assert.Single(draft.Message.ToolCalls));
        Assert.Equal(draft.Text, string.Concat(draft.Message.Pieces.Select(piece => piece.Span.Of(draft.Text).ToString())));
        Assert.All(draft.Tokens, token => Assert.Equal(token.Text, token.Span.Of(draft.Text).ToString()));
        Assert.Equal("now", Assert.Single(service.Options!.Tools!).Name);
        Assert.Equal("Zürich", ((FunctionCallContent)service.Messages[1].Contents[1]).Arguments!["city"]!.ToString());
        Assert.Equal(("ask", "c1", "rain"), (((TextReasoningContent)service.Messages[1].Contents[0]).Text, ((FunctionResultContent)service.Messages[2].Contents[0]).CallId, ((FunctionResultContent)service.Messages[2].Contents[0]).Result));
        var nameless = await Assert.ThrowsAsync<DraftingException>(() => Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(new DraftPrompt.Chat([new("tool", "rain")]), new(), Token), Token));
        Assert.Contains("no ToolCallId", nameless.Message, StringComparison.Ordinal);
    }

    /// <summary>A service is told which tool must be called, or that one of those must be that it is given.</summary>
    [Theory]
    [InlineData("", "now,then", null)]
    [InlineData("now", "now,then", "now")]
    [InlineData("now,then", "now,then", "any")]
    [InlineData("then,now", "then,now", "any")]
    public async Task Draft_RequiredTools_AreToldTheService(string required, string told, string? mode)
    {
        var service = new FakeService(new TextContent("I look."));
        Tool[] tools = [new("now", "", JsonElement.Parse("""{"type": "object"}""")), new("then", "", JsonElement.Parse("""{"type": "object"}"""))];
        var chat = new DraftPrompt.Chat([new("user", "When?")]) { Tools = tools, RequiredTools = required.Split(',', StringSplitOptions.RemoveEmptyEntries) };
        await Draft.CollectAsync(new ChatClientDrafter(service).DraftAsync(chat, new(), Token), Token);
        Assert.Equal(told, string.Join(",", service.Options!.Tools!.Select(tool => tool.Name)));
        Assert.Equal(mode, service.Options.ToolMode is RequiredChatToolMode must ? must.RequiredFunctionName ?? "any" : null);
        Assert.NotEqual(chat with { RequiredTools = ["other"] }, chat);
    }

    [Fact]
    public async Task TextDrafter_HandsTheTextOn()
    {
        var draft = await Draft.CollectAsync(new TextDrafter("My text.").DraftAsync(DraftPrompt.User(""), new(), Token), Token);
        Assert.Equal(("My text.", false), (draft.Text, draft.HasLogProbabilities));
        Assert.Empty((await Draft.CollectAsync(new TextDrafter("").DraftAsync(DraftPrompt.User(""), new(), Token), Token)).Tokens);
    }

    private sealed class FakeService(params object?[] pieces) : IChatClient
    {
        public List<ChatMessage> Messages { get; } = [];

        public ChatOptions? Options { get; private set; }

        public int Given { get; private set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Messages.AddRange(messages);
            Options = options;
            foreach (var piece in pieces)
            {
                await Task.Yield();
                Given++;
                yield return new ChatResponseUpdate(ChatRole.Assistant, [piece as AIContent ?? new TextContent(piece as string ?? throw new HttpRequestException("no route"))]);
            }

            yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Length, Contents = [new UsageContent(new UsageDetails { InputTokenCount = 7, CachedInputTokenCount = 3, OutputTokenCount = 5 })] };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
