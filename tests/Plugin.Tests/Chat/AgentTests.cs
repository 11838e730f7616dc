using System.Runtime.CompilerServices;
using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Tests.Chat;

/// <summary>An agent of the Microsoft Agent Framework on the chat client.</summary>
public class AgentTests(MiniEngine mini)
{
    private readonly List<DraftPrompt.Chat> _seen = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InstructionsToolsAndTurns_ReachTheDrafter()
    {
        var asked = new List<string>();
        var tool = AIFunctionFactory.Create((string city) => { asked.Add(city); return 3; }, "temperature");
        var answers = new Queue<Generation>([Samples.Generation("Hello."), Samples.Calling, Samples.Generation("It is 3 degrees.")]);
        var agent = new ChatClientAgent(new HybridGenChatClient((prompt, options, token) => AnswerAsync(prompt, answers.Dequeue(), token), Samples.Model), "Be brief.", tools: [tool]);
        var session = await agent.CreateSessionAsync(Token);
        Assert.Equal("Hello.", (await agent.RunAsync("Hi", session, cancellationToken: Token)).Text);
        var answer = await agent.RunAsync("How warm is Oslo?", session, cancellationToken: Token);
        Assert.Equal(["Oslo"], asked);
        Assert.Equal("It is 3 degrees.", answer.Messages[^1].Text);
        Assert.All(_seen, prompt => Assert.Equal((new ChatTurn("system", "Be brief."), "temperature"), (prompt.Turns[0], prompt.Tools.Single().Name)));
        Assert.Equal(["system", "user", "assistant", "user", "assistant", "tool"], _seen[^1].Turns.Select(turn => turn.Role));
        Assert.Equal(2 * 8, answer.Usage!.TotalTokenCount);
    }

    [Fact]
    public async Task MiniPair_StreamsWhatItAnswers()
    {
        var agent = new HybridGenChatClient(mini.Engine).AsAIAgent("Write about the sea.");
        var options = new ChatClientAgentRunOptions(new ChatOptions { Seed = 3, MaxOutputTokens = 20 });
        var whole = await agent.RunAsync("Once upon a time", options: options, cancellationToken: Token);
        var updates = await agent.RunStreamingAsync("Once upon a time", options: options, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.NotEqual("", whole.Text);
    }

    private async IAsyncEnumerable<GenerationUpdate> AnswerAsync(DraftPrompt prompt, Generation generation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _seen.Add((DraftPrompt.Chat)prompt);
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        yield return new GenerationUpdate.Completed(generation);
    }
}
