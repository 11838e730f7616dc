using System.Runtime.CompilerServices;
using System.Text.Json;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Plugin.Revising;
using HybridGen.Revising;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Tests.Revising;

/// <summary>Agents of the Microsoft Agent Framework, on a chat client or not, whose answers are revised.</summary>
public sealed class RevisingAgentTests(MiniEngine mini)
{
    private const string Text = "He recieved a letter. He beleived it.\n```\nteh = recieved(1)\n```\nThen he wrote teh answer.";
    private const string Revised = "He received a letter. He believed it.\n```\nteh = recieved(1)\n```\nThen he wrote the answer.";

    private static readonly StreamReviserOptions Options = new() { Revise = new() { Policies = [new EditPolicy.Spelling { Judge = null }] }, BlockLength = 20, MaxDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Response_IsRevisedAndKeepsAllElse()
    {
        var inner = new ScriptedAgent(Update(new TextContent(Text)), new AgentResponseUpdate { AgentId = "a", FinishReason = ChatFinishReason.Length, Contents = [new UsageContent(new() { OutputTokenCount = 3 })] });
        var response = await Agent(inner).RunAsync("p", cancellationToken: Token);
        Assert.Equal((Revised, "a", ChatFinishReason.Length, 3L), (response.Text, response.AgentId, response.FinishReason, response.Usage!.OutputTokenCount));
        var message = Assert.Single(response.Messages);
        Assert.Equal((Text, "scribe"), (message.AdditionalProperties![RevisedAnswer.DraftKey], message.AuthorName));
        Assert.Equal(Revised, Revision.Apply(Text, RevisedAnswer.Edits(message.AdditionalProperties)));
    }

    [Fact]
    public async Task Stream_IsRevisedBySentencesAndKeepsAllElse()
    {
        var inner = new ScriptedAgent([.. Text.Chunk(7).Select(piece => Update(new TextContent(new string(piece))))]);
        var updates = await Agent(inner).RunStreamingAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(Revised, string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count > 3);
        Assert.All(updates, update => Assert.Equal(("a", "scribe", "m"), (update.AgentId, update.AuthorName, update.MessageId)));
        Assert.Contains(updates, update => RevisedAnswer.Edits(update.AdditionalProperties).Any(edit => edit.After == "received"));
    }

    [Fact]
    public async Task ToolCallsReasoningAndData_AreTheSameObjects()
    {
        var call = new FunctionCallContent("1", "recieve", new Dictionary<string, object?> { ["a"] = "teh" });
        AgentResponseUpdate[] given = [Update(new TextReasoningContent("teh")), Update(call), new(ChatRole.Tool, [new FunctionResultContent("1", "teh")]), Update(new DataContent(new byte[] { 1 }, "image/png"))];
        Assert.Equal(given, await Agent(new ScriptedAgent(given)).RunStreamingAsync("p", cancellationToken: Token).ToListAsync(Token));
        var response = await Agent(new ScriptedAgent(given)).RunAsync("p", cancellationToken: Token);
        Assert.Same(call, response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single());
    }

    [Theory]
    [InlineData("{\"teh\": \"recieved\"}", false)]
    [InlineData("I recieved it.", true)]
    public async Task StructuredOutput_IsUntouched(string text, bool asked)
    {
        var options = asked ? new AgentRunOptions { ResponseFormat = ChatResponseFormat.Json } : null;
        Assert.Equal(text, (await Agent(new ScriptedAgent(Update(new TextContent(text)))).RunAsync("p", options: options, cancellationToken: Token)).Text);
        Assert.Equal(text, string.Concat(await Agent(new ScriptedAgent(Update(new TextContent(text)))).RunStreamingAsync("p", options: options, cancellationToken: Token).Select(update => update.Text).ToListAsync(Token)));
    }

    [Fact]
    public async Task TheInnerAgentsObjects_AreNotChanged()
    {
        var update = Update(new TextContent("I recieved it."));
        await Agent(new ScriptedAgent(update)).RunStreamingAsync("p", cancellationToken: Token).ToListAsync(Token);
        Assert.Equal("I recieved it.", update.Text);
        Assert.Null(update.AdditionalProperties);
    }

    [Fact]
    public async Task Builder_SessionsAndNames_AreTheInnerAgents()
    {
        var inner = FakeChatClient.Of("I recieved it.").AsAIAgent(name: "scribe");
        var agent = inner.AsBuilder().Use(next => next.UseHybridGenRevision(mini.Engine, Options)).Build();
        var session = await agent.CreateSessionAsync(Token);
        Assert.Equal("I received it.", (await agent.RunAsync("p", session, cancellationToken: Token)).Text);
        Assert.Equal(("scribe", inner), (agent.Name, agent.GetService<ChatClientAgent>()));
        Assert.Equal("engine", Assert.Throws<ArgumentNullException>(() => inner.UseHybridGenRevision(null!)).ParamName);
    }

    [Fact]
    public async Task Stream_ReaderTurnsAway_EndsTheInnerAgent()
    {
        var inner = new ScriptedAgent(Update(new TextContent("He recieved a letter. And so on ")), Update(new TextContent("and on"))) { EndsNever = true };
        await foreach (var _ in Agent(inner).RunStreamingAsync("p", cancellationToken: Token)) break;
        Assert.True(inner.HasEnded);
    }

    [Fact]
    public async Task Reviser_AnswersWithWhatItWasToldLast()
    {
        using var client = new ReviserChatClient(mini.Engine, Options);
        var response = await client.GetResponseAsync([new(ChatRole.User, "teh"), new(ChatRole.Assistant, Text)], cancellationToken: Token);
        Assert.Equal((Revised, ChatFinishReason.Stop), (response.Text, response.FinishReason));
        Assert.Equal("received", RevisedAnswer.Edits(response.Messages[0].AdditionalProperties)[0].After);
        Assert.Equal(Revised, (await client.GetStreamingResponseAsync(Text, cancellationToken: Token).ToChatResponseAsync(Token)).Text);
        Assert.Equal(Revised, (await client.AsAIAgent().RunAsync(Text, cancellationToken: Token)).Text);
        Assert.Same(mini.Engine, client.GetService<HybridGenEngine>());
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([], cancellationToken: Token));
        var image = new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        Assert.Contains("DataContent", (await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(image, cancellationToken: Token))).Message, StringComparison.Ordinal);
    }

    private static AgentResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content]) { AgentId = "a", AuthorName = "scribe", MessageId = "m", ResponseId = "r" };

    private AIAgent Agent(AIAgent inner) => inner.UseHybridGenRevision(mini.Engine, Options);

    /// <summary>An agent on no chat client.</summary>
    private sealed class ScriptedAgent(params AgentResponseUpdate[] updates) : AIAgent
    {
        public bool EndsNever { get; init; }

        public bool HasEnded { get; private set; }

        protected override ValueTask<AgentSession> CreateSessionCoreAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        protected override ValueTask<JsonElement> SerializeSessionCoreAsync(AgentSession session, JsonSerializerOptions? jsonSerializerOptions = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        protected override ValueTask<AgentSession> DeserializeSessionCoreAsync(JsonElement serializedState, JsonSerializerOptions? jsonSerializerOptions = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        protected override Task<AgentResponse> RunCoreAsync(IEnumerable<ChatMessage> messages, AgentSession? session = null, AgentRunOptions? options = null, CancellationToken cancellationToken = default) =>
            RunCoreStreamingAsync(messages, session, options, cancellationToken).ToAgentResponseAsync(cancellationToken);

        protected override async IAsyncEnumerable<AgentResponseUpdate> RunCoreStreamingAsync(
            IEnumerable<ChatMessage> messages, AgentSession? session = null, AgentRunOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                foreach (var update in updates)
                {
                    await Task.Yield();
                    yield return update;
                }

                if (EndsNever) await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                HasEnded = true;
            }
        }
    }
}
