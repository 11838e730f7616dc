using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Plugin.Revising;
using HybridGen.Revising;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace HybridGen.Plugin.Tests.Revising;

public class RevisingChatClientTests(MiniEngine mini)
{
    private const string Text = "He recieved a letter. He beleived it.\n```\nteh = recieved(1)\n```\nThen he wrote teh answer.";
    private const string Revised = "He received a letter. He believed it.\n```\nteh = recieved(1)\n```\nThen he wrote the answer.";

    private static readonly StreamReviserOptions Options = new() { Revise = new() { Policies = [new EditPolicy.Spelling { Judge = null }] }, BlockLength = 20, MaxDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Response_IsRevisedAndSaysWhatWasChanged()
    {
        var response = await Client(FakeChatClient.Of(Text)).GetResponseAsync("p", cancellationToken: Token);
        var message = Assert.Single(response.Messages);
        Assert.Equal((Revised, ChatFinishReason.Stop, "r"), (response.Text, response.FinishReason, response.ResponseId));
        Assert.Equal(Text, message.AdditionalProperties![RevisedAnswer.DraftKey]);
        Assert.Equal(Revised, Revision.Apply(Text, RevisedAnswer.Edits(message.AdditionalProperties)));
    }

    [Fact]
    public async Task Stream_IsRevisedBySentencesAndKeepsItsIds()
    {
        var updates = await Client(FakeChatClient.Of(Text.Chunk(7).Select(piece => new string(piece)).ToArray())).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(Revised, string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count > 3);
        Assert.All(updates, update => Assert.Equal(("m", "r"), (update.MessageId, update.ResponseId)));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal(Revised, Revision.Apply(Text, updates.SelectMany(update => RevisedAnswer.Edits(update.AdditionalProperties))));
        Assert.Single(updates.ToChatResponse().Messages);
    }

    /// <summary>Log-probabilities of the text as it came are not those of the text that it became.</summary>
    [Theory]
    [InlineData("I recieved it.", false)]
    [InlineData("I received it.", true)]
    public async Task LogProbabilities_OfATextThatIsChanged_AreDropped(string text, bool stay)
    {
        AdditionalPropertiesDictionary properties = new() { ["logprobs"] = new[] { -1f }, ["own"] = 1 };
        var update = new ChatResponseUpdate(ChatRole.Assistant, text);
        var last = new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop, AdditionalProperties = properties };
        var updates = await Client(new FakeChatClient(update, last)).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal((stay, true), (updates[^1].AdditionalProperties!.ContainsKey("logprobs"), updates[^1].AdditionalProperties!.ContainsKey("own")));
        var whole = new FakeChatClient(new ChatResponseUpdate(ChatRole.Assistant, text) { AdditionalProperties = properties });
        var message = (await new RevisingChatClient(new LogProbabilities(whole), mini.Engine, Options).GetResponseAsync("p", cancellationToken: Token)).Messages.Single();
        Assert.Equal(stay, message.AdditionalProperties!.ContainsKey("logprobs"));
        Assert.True(properties.ContainsKey("logprobs"));
    }

    [Fact]
    public async Task Stream_TextAndReasonInOneUpdate_TheTextIsRevised()
    {
        var client = new FakeChatClient(new ChatResponseUpdate(ChatRole.Assistant, "I recieved it") { FinishReason = ChatFinishReason.Length });
        var updates = await Client(client).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(("I received it", ChatFinishReason.Length), (string.Concat(updates), updates[^1].FinishReason));
    }

    /// <summary>Whatever is no prose passes as the same object, in its place.</summary>
    [Fact]
    public async Task Stream_ToolCallsReasoningAndUsage_PassUntouched()
    {
        var call = new FunctionCallContent("1", "recieve", new Dictionary<string, object?> { ["a"] = "teh" });
        var reasoning = new TextReasoningContent("I beleived teh user.");
        var usage = new UsageContent(new UsageDetails { OutputTokenCount = 3 });
        var client = new FakeChatClient(
            new ChatResponseUpdate(ChatRole.Assistant, [reasoning]),
            new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("I recieved"), call, usage]),
            new ChatResponseUpdate(ChatRole.Tool, [new FunctionResultContent("1", "teh")]),
            new ChatResponseUpdate(ChatRole.Tool, "teh tool"));
        var updates = await Client(client).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        var contents = updates.SelectMany(update => update.Contents).ToList();
        Assert.Equal("I received", Assert.IsType<TextContent>(contents[1]).Text);
        Assert.Equal([reasoning, call, usage], [contents[0], contents[2], contents[3]]);
        Assert.Equal("teh tool", updates[^1].Text);
        var whole = await Client(client).GetResponseAsync("p", cancellationToken: Token);
        Assert.Same(call, whole.Messages[0].Contents.OfType<FunctionCallContent>().Single());
        Assert.Equal(["I received", "teh tool"], whole.Messages.Select(message => message.Text));
    }

    [Theory]
    [InlineData("""{ "teh": "recieved" }""", false)]
    [InlineData("""  ["teh", 1]""", false)]
    [InlineData("[-1.5, \"recieved teh\"]", false)]
    [InlineData("[true , \"recieved teh\"]", false)]
    [InlineData("[12]", false)]
    [InlineData("[1] Teh answer is recieved.", true)]
    [InlineData("[note] Teh answer is recieved.", true)]
    [InlineData("[Teh answer](http://a.b) is recieved.", true)]
    public async Task JsonAnswers_PassUntouched(string text, bool changes)
    {
        var client = FakeChatClient.Of(text.Select(sign => sign.ToString()).ToArray());
        Assert.Equal(changes, text != await Joined(Client(client), null));
        Assert.Equal(changes, text != (await Client(client).GetResponseAsync("p", cancellationToken: Token)).Text);
        Assert.Equal(text, await Joined(Client(client), new() { ResponseFormat = ChatResponseFormat.Json }));
        Assert.Equal(text, (await Client(client).GetResponseAsync("p", new() { ResponseFormat = ChatResponseFormat.Json }, Token)).Text);
    }

    /// <summary>What the inner client gave may be its own, as that of a cache.</summary>
    [Fact]
    public async Task TheInnerClientsObjects_AreNotChanged()
    {
        var message = new ChatMessage(ChatRole.Assistant, "I recieved it.");
        var update = new ChatResponseUpdate(ChatRole.Assistant, "I recieved it.");
        await Client(new FakeChatClient(update)).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token);
        await Client(new FakeChatClient(update)).GetResponseAsync(message, cancellationToken: Token);
        Assert.Equal(("I recieved it.", "I recieved it."), (update.Text, message.Text));
        Assert.Null(update.AdditionalProperties);
    }

    [Fact]
    public async Task Builder_TakesTheEngineOfTheContainer()
    {
        await using var services = new ServiceCollection().AddSingleton(mini.Engine).BuildServiceProvider();
        using var client = FakeChatClient.Of("I recieved it.").AsBuilder().UseHybridGenRevision().Build(services);
        Assert.Equal("I received it.", (await client.GetResponseAsync("p", cancellationToken: Token)).Text);
        Assert.Equal("fake", client.GetService<ChatClientMetadata>()!.ProviderName);
    }

    /// <summary>Gives its answers log-probabilities, as a HybridGen client does.</summary>
    private sealed class LogProbabilities(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            response.Messages[0].AdditionalProperties = new() { ["logprobs"] = new[] { -1f } };
            return response;
        }
    }

    private static async Task<string> Joined(RevisingChatClient client, ChatOptions? options) =>
        string.Concat(await client.GetStreamingResponseAsync("p", options, Token).Select(update => update.Text).ToListAsync(Token));

    private RevisingChatClient Client(FakeChatClient inner) => new(inner, mini.Engine, Options);
}
