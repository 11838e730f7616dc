using System.Runtime.CompilerServices;
using System.Text.Json;
using HybridGen.Drafting;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests;

public sealed class SemanticKernelDrafterTests
{
    private static readonly DraftOptions Asked = new() { MaxTokens = 9, Sampling = new Sampling.Random { Temperature = 0.5, TopP = 0.75, TopK = 3, Seed = 4 }, StopStrings = ["xyz"] };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Draft_EitherService_IsToldWhatWasAskedInItsNames(bool isChat)
    {
        var service = new FakeService("Good ", "mor", "ning \ud83d", "\ude00.");
        var draft = await DraftAsync(service, isChat, DraftPrompt.User("Hi"), Asked);
        Assert.Equal(("Good morning 😀.", "Hi"), (draft.Text, service.Prompt));
        Assert.All(draft.Tokens, token => Assert.Null(token.LogProbability));
        var settings = JsonSerializer.Serialize(service.Settings!.ExtensionData!.OrderBy(setting => setting.Key).ToDictionary());
        Assert.Equal("""{"max_tokens":9,"seed":4,"stop_sequences":["xyz"],"temperature":0.5,"top_k":3,"top_p":0.75}""", settings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Draft_StopStringAcrossPieces_EndsBeforeIt(bool isChat)
    {
        var service = new FakeService("One. ST", "OP two", "never");
        var draft = await DraftAsync(service, isChat, DraftPrompt.User("Hi"), new() { StopStrings = ["STOP"] });
        Assert.Equal(("One. ", StopReason.StopString, 2), (draft.Text, draft.Completion.Reason, service.Given));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Draft_WhatCannotBePassedOn_IsRefusedByName(bool isChat)
    {
        var random = new Sampling.Random();
        (string Name, DraftOptions Options)[] refused =
        [
            ("Penalties", new() { Sampling = random with { Penalties = new() { Repetition = 1.2 } } }),
            ("Dry", new() { Sampling = new Sampling.Greedy { Dry = new() } }),
            ("LogitBias", new() { Sampling = random with { LogitBias = [new LogitBias.OfToken(1, 2)] } }),
            ("Mirostat2", new() { Sampling = new Sampling.Mirostat2() }),
            ("MinP", new() { Sampling = random with { MinP = 0.2 } }),
            ("Typical", new() { Sampling = random with { Typical = 0.5 } }),
            ("Xtc", new() { Sampling = random with { Xtc = new() } }),
            ("grammar", new() { Constraint = new OutputConstraint.Gbnf("root ::= \"a\"") }),
        ];
        foreach (var (name, options) in refused)
        {
            var service = new FakeService("a");
            Assert.Contains(name, (await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(service, isChat, DraftPrompt.User("Hi"), options))).Message, StringComparison.Ordinal);
            Assert.Equal(0, service.Given);
        }
    }

    [Fact]
    public async Task Draft_AConversation_GoesToAChatServiceOnly()
    {
        var chat = new DraftPrompt.Chat([new("system", "Be short."), new("user", "Hi")]);
        var service = new FakeService("a");
        await DraftAsync(service, isChat: true, chat, new());
        Assert.Equal("system: Be short.\nuser: Hi", service.Prompt);
        var tool = new DraftPrompt.Chat([new("user", "Hi")]) { Tools = [new("now", "", JsonElement.Parse("{}"))] };
        Assert.Contains("without tools", (await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(service, isChat: false, tool, new()))).Message, StringComparison.Ordinal);
        Assert.Contains("no conversation", (await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(service, isChat: false, chat, new()))).Message, StringComparison.Ordinal);
        Assert.Equal("On", (await Draft.CollectAsync(new SemanticKernelDrafter((ITextGenerationService)new FakeService("On")).DraftAsync(new DraftPrompt.Raw("Go"), new(), Token), Token)).Text);
    }

    [Theory]
    [InlineData("length", StopReason.MaxTokens)]
    [InlineData("Stop", StopReason.EndOfText)]
    [InlineData(null, StopReason.EndOfText)]
    public async Task Draft_ATextService_SaysWhyItEnded(string? reason, StopReason expected) =>
        Assert.Equal(expected, (await DraftAsync(new FakeService("a") { FinishReason = reason }, isChat: false, DraftPrompt.User("Hi"), new())).Completion.Reason);

    [Fact]
    public async Task Draft_TheServiceFails_NamesIt()
    {
        Assert.Equal("fake-model", new SemanticKernelDrafter((ITextGenerationService)new FakeService("a")).ModelId);
        var failure = await Assert.ThrowsAsync<DraftingException>(() => DraftAsync(new FakeService("Good ", null), isChat: false, DraftPrompt.User("Hi"), new()));
        Assert.Contains("'fake-model' failed: no route", failure.Message, StringComparison.Ordinal);
    }

    private static Task<Draft> DraftAsync(FakeService service, bool isChat, DraftPrompt prompt, DraftOptions options) =>
        Draft.CollectAsync((isChat ? new SemanticKernelDrafter((IChatCompletionService)service) : new SemanticKernelDrafter((ITextGenerationService)service)).DraftAsync(prompt, options, Token), Token);

    /// <summary>Gives pieces of text; <see langword="null"/> fails.</summary>
    private sealed class FakeService(params string?[] pieces) : ITextGenerationService, IChatCompletionService
    {
        public IReadOnlyDictionary<string, object?> Attributes { get; } = new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = "fake-model" };

        public string? Prompt { get; private set; }

        public PromptExecutionSettings? Settings { get; private set; }

        public int Given { get; private set; }

        public string? FinishReason { get; init; }

        public async IAsyncEnumerable<StreamingTextContent> GetStreamingTextContentsAsync(
            string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            (Prompt, Settings) = (prompt, executionSettings);
            foreach (var piece in pieces)
            {
                await Task.Yield();
                yield return new StreamingTextContent(Next(piece));
            }

            yield return new StreamingTextContent("", metadata: new Dictionary<string, object?> { ["FinishReason"] = FinishReason });
        }

        public async IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
            ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Prompt = chatHistory.Count == 1 ? chatHistory[0].Content : string.Join('\n', chatHistory.Select(message => $"{message.Role}: {message.Content}"));
            Settings = executionSettings;
            foreach (var piece in pieces)
            {
                await Task.Yield();
                yield return new StreamingChatMessageContent(AuthorRole.Assistant, Next(piece));
            }
        }

        public Task<IReadOnlyList<TextContent>> GetTextContentsAsync(string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        private string Next(string? piece)
        {
            Given++;
            return piece ?? throw new HttpRequestException("no route");
        }
    }
}
