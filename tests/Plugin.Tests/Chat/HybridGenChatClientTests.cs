using System.Runtime.CompilerServices;
using System.Text.Json;
using HybridGen.Attributing;
using HybridGen.Drafting;
using HybridGen.Pipelines;
using HybridGen.Plugin.Chat;
using HybridGen.Plugin.Revising;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.ChatCompletion;

namespace HybridGen.Plugin.Tests.Chat;

public class HybridGenChatClientTests
{
    private readonly List<(DraftPrompt.Chat Prompt, GenerateOptions Options)> _seen = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Response_CarriesFinalTextAndHowItCameAbout()
    {
        var response = await Client(Samples.Revised).GetResponseAsync("p", cancellationToken: Token);
        Assert.Equal(("The cat sat.", Samples.Model, ChatFinishReason.Stop), (response.Text, response.ModelId, response.FinishReason));
        Assert.Equal((7L, 1L, 8L), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount));
        Assert.Equal(1L, response.Usage.AdditionalCounts!["hybridgen.edits"]);
        var message = Assert.Single(response.Messages);
        Assert.Equal("The cta sat.", message.AdditionalProperties![RevisedAnswer.DraftKey]);
        Assert.Equal("cat", Assert.Single(RevisedAnswer.Edits(message.AdditionalProperties)).After);
        Assert.StartsWith("hybridgen-", response.ResponseId, StringComparison.Ordinal);
        Assert.Same(Samples.Revised, response.RawRepresentation);
    }

    [Fact]
    public async Task Stream_HasFinalTextOnlyAndBecomesTheResponse()
    {
        var updates = await Client(Samples.Revised).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(["The ", "cat ", "sat.", ""], updates.Select(update => update.Text));
        var response = updates.ToChatResponse();
        Assert.Equal(("The cat sat.", ChatFinishReason.Stop, 8L), (response.Text, response.FinishReason, response.Usage!.TotalTokenCount));
        Assert.Single(response.Messages);
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
    }

    [Fact]
    public async Task Stream_ShowDraft_HasTheDraftBehindUpdatesWithoutContents()
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["show_draft"] = true } };
        var updates = await Client(Samples.Revised).GetStreamingResponseAsync("p", options, Token).ToListAsync(Token);
        Assert.Empty(updates[0].Contents);
        Assert.Equal("The cta sat.", Assert.IsType<DraftToken>(updates[0].RawRepresentation).Text);
        var response = updates.ToChatResponse();
        Assert.Equal("The cat sat.", response.Text);
        // As histories, caches and agents' sessions keep it.
        var kept = JsonSerializer.Deserialize<ChatResponse>(JsonSerializer.Serialize(response, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
        Assert.Equal("The cat sat.", kept.Text);
    }

    [Fact]
    public async Task Options_ReachTheEngine()
    {
        var options = new ChatOptions
        {
            Instructions = "Be brief.",
            MaxOutputTokens = 5,
            Temperature = 0.7f,
            TopP = 0.9f,
            TopK = 3,
            Seed = 4,
            FrequencyPenalty = 0.5f,
            StopSequences = ["END"],
            AdditionalProperties = new() { ["min_p"] = 0.25, ["pipeline"] = "interleaved", ["thinking"] = false, ["top_logprobs"] = 2 },
        };
        var before = JsonSerializer.Serialize(options);
        List<ChatMessage> messages = [new(ChatRole.System, "You write."), new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello."), new(ChatRole.User, "Go on")];
        await Client(Samples.Revised).GetResponseAsync(messages, options, Token);
        var (prompt, generate) = Assert.Single(_seen);
        Assert.Equal([new ChatTurn("system", "Be brief.\n\nYou write."), new("user", "Hi"), new("assistant", "Hello."), new("user", "Go on")], prompt.Turns);
        Assert.Equal(new Sampling.Random { Temperature = 0.7, TopP = 0.9, TopK = 3, Seed = 4, MinP = 0.25, Penalties = new() { Frequency = 0.5 } }, generate.Draft.Sampling);
        Assert.Equal((5, 2, "END", false), (generate.Draft.MaxTokens, generate.Draft.Alternatives, generate.Draft.StopStrings.Single(), prompt.IsThinking));
        Assert.IsType<Pipeline.Interleaved>(generate.Pipeline);
        Assert.Equal((before, 4), (JsonSerializer.Serialize(options), messages.Count));
    }

    [Fact]
    public async Task OwnSettings_AreTakenAsTheyAreAndOptionsGoBeforeThem()
    {
        var settings = new HybridGenPromptExecutionSettings { Temperature = 0, MaxTokens = 3, ChatSystemPrompt = "S" };
        await Client(Samples.Revised).GetResponseAsync("p", new() { RawRepresentationFactory = _ => settings, MaxOutputTokens = 9 }, Token);
        Assert.Equal((new Sampling.Greedy(), 9, 3), (_seen[0].Options.Draft.Sampling, _seen[0].Options.Draft.MaxTokens, settings.MaxTokens));
        Assert.Equal("S", _seen[0].Prompt.Turns[0].Content);
    }

    [Fact]
    public async Task ToolsAndTheirAnswers_ReachTheDrafter()
    {
        var tool = AIFunctionFactory.Create((string city) => 3, "temperature", "How warm it is.");
        List<ChatMessage> messages =
        [
            new(ChatRole.User, "How warm is Oslo?"),
            new(ChatRole.Assistant, [new TextReasoningContent("Ask."), new FunctionCallContent("1", "temperature", new Dictionary<string, object?> { ["city"] = "Oslo" })]),
            new(ChatRole.Tool, [new FunctionResultContent("1", 3)]),
        ];
        await Client(Samples.Revised).GetResponseAsync(messages, new() { Tools = [tool] }, Token);
        var prompt = _seen[0].Prompt;
        Assert.Equal(("temperature", "How warm it is."), (prompt.Tools.Single().Name, prompt.Tools.Single().Description));
        Assert.Equal("Oslo", prompt.Turns[1].ToolCalls.Single().Arguments.GetProperty("city").GetString());
        Assert.Equal(new ChatTurn("tool", "3") { ToolCallId = "1", ToolName = "temperature" }, prompt.Turns[2]);
        Assert.Equal("Ask.", prompt.Turns[1].Thinking);
        await Client(Samples.Revised).GetResponseAsync(messages, new() { Tools = [tool], ToolMode = ChatToolMode.None }, Token);
        Assert.Empty(_seen[1].Prompt.Tools);
    }

    [Fact]
    public async Task FunctionInvocation_CallsTheToolAndGoesOn()
    {
        var asked = new List<string>();
        var tool = AIFunctionFactory.Create((string city) => { asked.Add(city); return 3; }, "temperature");
        var answers = new Queue<Generation>([Samples.Calling, Samples.Generation("It is 3 degrees.")]);
        using var client = new HybridGenChatClient((prompt, options, token) => Answer(prompt, options, answers.Dequeue(), token), Samples.Model).AsBuilder().UseFunctionInvocation().Build();
        var response = await client.GetResponseAsync("How warm is Oslo?", new() { Tools = [tool] }, Token);
        Assert.Equal(["Oslo"], asked);
        Assert.Equal("It is 3 degrees.", response.Text.Trim());
        Assert.Equal(new ChatTurn("tool", "3") { ToolCallId = "c1", ToolName = "temperature" }, _seen[1].Prompt.Turns[^1]);
    }

    [Fact]
    public async Task Thinking_AndCalls_AreContentsOfTheirOwn()
    {
        var response = await Client(Samples.Calling).GetResponseAsync("p", cancellationToken: Token);
        Assert.Equal(("I must ask.", ChatFinishReason.ToolCalls), (response.Messages[0].Contents.OfType<TextReasoningContent>().Single().Text, response.FinishReason));
        Assert.Equal("Oslo", response.Messages[0].Contents.OfType<FunctionCallContent>().Single().Arguments!["city"]!.ToString());
        var streamed = (await Client(Samples.Calling).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token)).ToChatResponse();
        Assert.Equal(response.Messages[0].Contents.Select(content => content.GetType()), streamed.Messages[0].Contents.Select(content => content.GetType()));
        Assert.Equal(ChatFinishReason.ToolCalls, streamed.FinishReason);
    }

    /// <summary>What is thought is never revised, and what nobody revises is final: both come while the draft is written, and only once.</summary>
    [Fact]
    public async Task Stream_WhatIsFinal_ComesWhileTheDraftIsWritten()
    {
        var end = new TaskCompletionSource();
        var client = new HybridGenChatClient((_, _, _) => DraftAsync(end.Task), "m");
        await using var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "p")], cancellationToken: Token).GetAsyncEnumerator(Token);
        var contents = new List<AIContent>();
        while (contents.Count < 2 && await updates.MoveNextAsync()) contents.AddRange(updates.Current.Contents);
        Assert.Equal(("so", "The "), (Assert.IsType<TextReasoningContent>(contents[0]).Text, Assert.IsType<TextContent>(contents[1]).Text));
        end.SetResult();
        while (await updates.MoveNextAsync()) contents.AddRange(updates.Current.Contents);
        Assert.Equal(["sea"], contents.Skip(2).OfType<TextContent>().Select(content => content.Text));
        Assert.Single(contents.OfType<TextReasoningContent>());

        static async IAsyncEnumerable<GenerationUpdate> DraftAsync(Task end)
        {
            const string Text = "soThe sea";
            MessagePiece thinking = new(MessagePieceKind.Thinking, new(0, 2)), content = new(MessagePieceKind.Content, new(2, 7));
            DraftToken[] tokens = [new(null, "so", new(0, 2), null, null, []) { Pieces = [thinking] }, new(null, "The sea", new(2, 7), null, null, [])];
            foreach (var token in tokens) yield return new GenerationUpdate.Drafted(token);
            yield return new GenerationUpdate.Settled("The ");
            await end;
            var completed = new DraftCompleted(StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero) { Message = DraftedMessage.Of(Text, [thinking, content]) };
            yield return new GenerationUpdate.Completed(new Generation(Draft.From(tokens, completed), null));
        }
    }

    /// <summary>A revision can write what the draft did not: the stop string.</summary>
    [Fact]
    public async Task StopString_ThatTheRevisionWrote_EndsTheText()
    {
        var response = await Client(Samples.Revised).GetResponseAsync("p", new() { StopSequences = ["cat"] }, Token);
        Assert.Equal(("The ", "cat"), (response.Text, response.Messages[0].AdditionalProperties!["StopString"]));
    }

    [Theory]
    [InlineData("cat", "The ")]
    [InlineData("at sat", "The c")]
    public async Task Logprobs_StopStringThatTheRevisionWrote_EndWithTheText(string stop, string text)
    {
        var options = new ChatOptions { StopSequences = [stop], AdditionalProperties = new() { ["logprobs"] = true } };
        var message = (await Client(Samples.Revised).GetResponseAsync("p", options, Token)).Messages.Single();
        var tokens = (IReadOnlyList<RevisedToken>)message.AdditionalProperties!["logprobs"]!;
        Assert.Equal((text, text), (message.Text, string.Concat(tokens.Select(token => token.Text))));
        Assert.All(tokens, token => Assert.Equal(token.Text, token.Span.Of(text).ToString()));
    }

    [Fact]
    public async Task Messages_NothingThatSaysSomethingIsLeftOut()
    {
        var call = new FunctionCallContent("1", "f");
        Assert.Equal(["user:Q", "tool:20 degrees"], await TurnsAsync(new(ChatRole.User, "Q"), new(ChatRole.Tool, "20 degrees")));
        Assert.Equal(
            ["assistant:", "tool:42", "user:And why?"],
            await TurnsAsync(new(ChatRole.Assistant, [call]), new(ChatRole.User, [new FunctionResultContent("1", "42"), new TextContent("And why?")])));
        // Semantic Kernel's way to write a function's answer.
        Assert.Equal(["assistant:", "tool:42"], await TurnsAsync(new(ChatRole.Assistant, [call]), new(ChatRole.Tool, [new TextContent("42"), new FunctionResultContent("1", "42")])));

        async Task<IEnumerable<string>> TurnsAsync(params ChatMessage[] messages)
        {
            await Client(Samples.Revised).GetResponseAsync(messages, cancellationToken: Token);
            return _seen[^1].Prompt.Turns.Select(turn => $"{turn.Role}:{turn.Content}");
        }
    }

    [Fact]
    public async Task Raw_OneMessage_IsGoneOnWithAndAConversationIsRefused()
    {
        DraftPrompt? seen = null;
        var client = new HybridGenChatClient((prompt, _, _) => Completed(seen = prompt), Samples.Model);
        var options = new ChatOptions { AdditionalProperties = new() { ["raw"] = true } };
        await client.GetResponseAsync("Once upon", options, Token);
        Assert.Equal(new DraftPrompt.Raw("Once upon"), seen);
        options.Instructions = "Be brief.";
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("Once upon", options, Token));
        Assert.StartsWith("Raw is set", refused.Message, StringComparison.Ordinal);

        static async IAsyncEnumerable<GenerationUpdate> Completed(DraftPrompt prompt)
        {
            await Task.CompletedTask;
            yield return new GenerationUpdate.Completed(Samples.Revised);
        }
    }

    /// <summary>The chat completion of a kernel has them as what stands behind a part.</summary>
    [Fact]
    public async Task Stream_ShowDraft_SemanticKernelHasTheDraftToo()
    {
        var service = new HybridGenChatCompletionService(Client(Samples.Revised), 1);
        var parts = await service.GetStreamingChatMessageContentsAsync(new ChatHistory("p", AuthorRole.User), new HybridGenPromptExecutionSettings { ShowDraft = true }, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal("The cta sat.", Assert.IsType<DraftToken>(parts[0].InnerContent).Text);
        Assert.Equal("The cat sat.", string.Concat(parts.Select(part => part.Content)));
    }

    /// <summary>What is final is sent at once, but for what may yet be the beginning of a stop string.</summary>
    [Fact]
    public async Task Stream_SettledText_ComesBeforeTheEndWithoutAnyOfAStopString()
    {
        var generation = Samples.Generation("One two. Three STOP four");
        var client = new HybridGenChatClient((_, _, token) => Settling(generation, ["One two. Th", "ree ST", "OP four"], token), Samples.Model);
        var updates = await client.GetStreamingResponseAsync("p", new() { StopSequences = ["STOP"] }, Token).ToListAsync(Token);
        Assert.Equal(["One ", "two. ", "Three ", ""], updates.Select(update => update.Text));
        Assert.Equal("STOP", updates[^1].AdditionalProperties!["StopString"]);
        var whole = await client.GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal("One two. Three STOP four", string.Concat(whole));
    }

    [Fact]
    public async Task Logprobs_AreThoseOfTheFinalText()
    {
        var response = await Client(Samples.Revised).GetResponseAsync("p", new() { AdditionalProperties = new() { ["logprobs"] = true } }, Token);
        Assert.Equal("The cat sat.", string.Concat(((IReadOnlyList<RevisedToken>)response.Messages[0].AdditionalProperties!["logprobs"]!).Select(token => token.Text)));
    }

    [Fact]
    public async Task ResponseFormat_HoldsTheDraftToTheSchema()
    {
        await Client(Samples.Revised).GetResponseAsync("p", new() { ResponseFormat = ChatResponseFormat.ForJsonSchema<int[]>() }, Token);
        await Client(Samples.Revised).GetResponseAsync("p", new() { ResponseFormat = ChatResponseFormat.Json }, Token);
        await Client(Samples.Revised).GetResponseAsync("p", new() { ResponseFormat = ChatResponseFormat.Text }, Token);
        Assert.IsType<OutputConstraint.JsonSchema>(_seen[0].Options.Draft.Constraint);
        Assert.Equal(OutputConstraint.JsonSchema.Parse("""{"type": "object"}""").Text, Assert.IsType<OutputConstraint.JsonSchema>(_seen[1].Options.Draft.Constraint).Text);
        Assert.Null(_seen[2].Options.Draft.Constraint);
    }

    [Theory]
    [InlineData(ReasoningEffort.None, false)]
    [InlineData(ReasoningEffort.Low, true)]
    [InlineData(null, null)]
    public async Task Reasoning_EffortDecidesWhetherTheModelThinks(ReasoningEffort? effort, bool? thinks)
    {
        await Client(Samples.Revised).GetResponseAsync("p", new() { Reasoning = new() { Effort = effort } }, Token);
        Assert.Equal(thinks, _seen[0].Prompt.IsThinking);
    }

    [Fact]
    public async Task WhatCannotBeDone_IsRefusedByName()
    {
        var client = Client(Samples.Revised);
        var tool = AIFunctionFactory.Create(() => 1, "t");
        await AssertRefused<ArgumentException>("empty", [], null);
        await AssertRefused<ArgumentException>("empty", [new(ChatRole.System, "")], null);
        await AssertRefused<NotSupportedException>("image/png", [new(ChatRole.System, [new DataContent(new byte[] { 1 }, "image/png")]), new(ChatRole.User, "p")], null);
        await AssertRefused<NotSupportedException>("image/png", [new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])], null);
        await AssertRefused<ArgumentException>("'tempreature'", null, new() { AdditionalProperties = new() { ["tempreature"] = 1 } });
        await AssertRefused<ArgumentOutOfRangeException>("Temperature", null, new() { Temperature = -1 });
        await AssertRefused<ArgumentOutOfRangeException>("Temperature", null, new() { Temperature = 1e30f });
        await AssertRefused<ArgumentOutOfRangeException>("PresencePenalty is out of range: Presence must be -10 to 10. (Parameter 'PresencePenalty')", null, new() { PresencePenalty = 99 });
        await AssertRefused<ArgumentOutOfRangeException>("MaxTokens", null, new() { MaxOutputTokens = 0 });
        await AssertRefused<ArgumentException>("'other'", null, new() { Tools = [tool], ToolMode = ChatToolMode.RequireSpecific("other") });

        async Task AssertRefused<T>(string expected, List<ChatMessage>? messages, ChatOptions? options) where T : Exception
        {
            messages ??= [new(ChatRole.User, "p")];
            Assert.Contains(expected, (await Assert.ThrowsAnyAsync<T>(() => client.GetResponseAsync(messages, options, Token))).Message, StringComparison.Ordinal);
            Assert.Contains(expected, Assert.ThrowsAny<T>(() => { client.GetStreamingResponseAsync(messages, options, Token); }).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Services_AreTheMetadataAndItself()
    {
        var client = Client(Samples.Revised);
        Assert.Equal(("hybridgen", Samples.Model), (client.GetService<ChatClientMetadata>()!.ProviderName, client.GetService<ChatClientMetadata>()!.DefaultModelId));
        Assert.Same(client, client.GetService<HybridGenChatClient>());
        Assert.Null(client.GetService<HybridGenChatClient>("key"));
        client.Dispose();
        client.Dispose();
    }

    private static async IAsyncEnumerable<GenerationUpdate> Settling(Generation generation, string[] parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach (var part in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new GenerationUpdate.Settled(part);
        }

        yield return new GenerationUpdate.Completed(generation);
    }

    private HybridGenChatClient Client(Generation generation) => new((prompt, options, token) => Answer(prompt, options, generation, token), Samples.Model);

    private async IAsyncEnumerable<GenerationUpdate> Answer(DraftPrompt prompt, GenerateOptions options, Generation generation, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _seen.Add(((DraftPrompt.Chat)prompt, options));
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var token in generation.Draft.Tokens) yield return new GenerationUpdate.Drafted(token);
        yield return new GenerationUpdate.Completed(generation);
    }
}
