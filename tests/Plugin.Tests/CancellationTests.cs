using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using HybridGen.Plugin.Functions;
using HybridGen.Plugin.Revising;
using HybridGen.Revising;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests;

/// <summary>Wherever a request is when its caller goes away, nothing is done for it any more, and the next one is answered right.</summary>
public sealed class CancellationTests(CancellationTests.OneEngine one) : IClassFixture<CancellationTests.OneEngine>
{
    private const string Prompt = "Once upon a time there was a little dog,";

    // Long enough that reading it takes several steps.
    private static readonly string LongPrompt = string.Concat(Enumerable.Repeat("The old town lies by the sea. ", 80));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A draft that has something to revise.</summary>
    private static HybridGenPromptExecutionSettings Slips => new() { MaxTokens = 60, Seed = 32, Temperature = 1.2, TopK = 0, TopP = 0.98, MinP = 0.002 };

    public static TheoryData<string, string> StagesAndFaces => new MatrixTheoryData<string, string>(
        ["hybridgen.draft", "hybridgen.revise", "hybridgen.score", "hybridgen.judge"],
        ["text", "text stream", "chat", "chat stream", "client", "client stream", "agent", "agent stream", "kernel", "kernel stream"]);

    [Theory]
    [MemberData(nameof(StagesAndFaces))]
    public async Task Cancelled_InAStage_LeavesNothingBehind(string stage, string face)
    {
        using var work = new EngineWork();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        work.Begins = name => { if (name == stage) cancel.Cancel(); };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(one.Engine, face, stage == "hybridgen.draft" ? LongPrompt : Prompt, cancel.Token));
        await AssertFreeAsync(one.Engine, work);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("chat stream")]
    [InlineData("agent")]
    public async Task Cancelled_WhileAModelIsLoaded_TheNextLoadsIt(string face)
    {
        await using var engine = new HybridGenEngine();
        using var work = new EngineWork();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        work.Begins = name => { if (name == "hybridgen.load") cancel.Cancel(); };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(engine, face, Prompt, cancel.Token));
        await AssertFreeAsync(engine, work);
    }

    [Theory]
    [InlineData("text stream")]
    [InlineData("chat")]
    [InlineData("client stream")]
    public async Task Cancelled_InTheQueue_LeavesTheLine(string face)
    {
        using var work = new EngineWork();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var first = Stream(one.Engine, new() { MaxTokens = 200, Revise = false, Seed = 1, ShowDraft = true }).GetAsyncEnumerator(Token);
        Assert.True(await first.MoveNextAsync());
        var waits = AskAsync(one.Engine, face, Prompt, cancel.Token);
        await UntilAsync(() => one.Engine.Waiting == 1 || waits.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.Equal(0, one.Engine.Waiting);
        await first.DisposeAsync();
        await AssertFreeAsync(one.Engine, work);
    }

    /// <summary>A reader that turns away in the middle of the draft, of the revision, or of what is final.</summary>
    [Theory]
    [InlineData(typeof(DraftToken), null)]
    [InlineData(typeof(ReviseProgress), null)]
    [InlineData(typeof(Microsoft.Extensions.AI.TextContent), "interleaved")]
    [InlineData(typeof(Microsoft.Extensions.AI.TextContent), "overlapped")]
    public async Task TurnedAway_InTheMiddle_LeavesNothingBehind(Type at, string? pipeline)
    {
        using var work = new EngineWork();
        var settings = Slips;
        (settings.ShowDraft, settings.Pipeline, settings.MaxTokens) = (true, pipeline, 200);
        await foreach (var update in Stream(one.Engine, settings))
            if (at.IsInstanceOfType(update.RawRepresentation) || update.Contents.Any(at.IsInstanceOfType)) break;
        // The work has ended when the enumerator is disposed of.
        Assert.Equal(0, work.AtWork);
        await AssertFreeAsync(one.Engine, work);
    }

    /// <summary>A reader that forgets its stream keeps no place, and what is kept for it is one answer.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Forgotten_Stream_BlocksNobody(int answers)
    {
        using var work = new EngineWork();
        var settings = Slips;
        settings.ResultsPerPrompt = answers;
        var history = new ChatHistory(Prompt, AuthorRole.User);
        var forgotten = new HybridGenChatCompletionService(one.Engine).GetStreamingChatMessageContentsAsync(history, settings, cancellationToken: Token).GetAsyncEnumerator(Token);
        Assert.True(await forgotten.MoveNextAsync());
        await AssertFreeAsync(one.Engine, work);
        var text = forgotten.Current.Content;
        while (await forgotten.MoveNextAsync()) text += forgotten.Current.Content;
        Assert.StartsWith(await RightAsync(), text, StringComparison.Ordinal);
        await forgotten.DisposeAsync();
    }

    [Fact]
    public async Task Cancelled_SeveralAnswers_AllEnd()
    {
        using var work = new EngineWork();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        work.Begins = name => { if (name == "hybridgen.score") cancel.Cancel(); };
        var settings = Slips;
        settings.ResultsPerPrompt = 4;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new HybridGenTextGenerationService(one.Engine).GetTextContentsAsync(Prompt, settings, cancellationToken: cancel.Token));
        await AssertFreeAsync(one.Engine, work);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelled_RevisionOfAnothersAnswer_LeavesNothingBehind(bool streams)
    {
        using var work = new EngineWork();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        work.Begins = name => { if (name == "hybridgen.score") cancel.Cancel(); };
        var text = string.Concat(Enumerable.Repeat("I recieved teh packige yesterday. ", 40));
        using var client = new RevisingChatClient(FakeChatClient.Of(text), one.Engine);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => streams ? client.GetStreamingResponseAsync("p", cancellationToken: cancel.Token).ToListAsync(cancel.Token).AsTask() : client.GetResponseAsync("p", cancellationToken: cancel.Token));
        await AssertFreeAsync(one.Engine, work);
    }

    [Fact]
    public async Task Cancelled_Function_LeavesNothingBehind()
    {
        using var work = new EngineWork();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        work.Begins = name => { if (name == "hybridgen.score") cancel.Cancel(); };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new HybridGenFunctions(one.Engine).FixSpellingAsync("I recieved teh packige.", cancellationToken: cancel.Token));
        await AssertFreeAsync(one.Engine, work);
    }

    /// <summary>Who waits is refused, who is at work is let end, and the container is disposed of as often as one likes.</summary>
    [Fact]
    public async Task Container_DisposedOfUnderLoad_EndsEveryRequest()
    {
        using var work = new EngineWork();
        var services = new ServiceCollection();
        services.AddHybridGen();
        services.AddHybridGenTextGeneration().AddHybridGenChatClient();
        var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<HybridGenEngine>();
        var (text, client) = (provider.GetRequiredService<ITextGenerationService>(), provider.GetRequiredService<IChatClient>());
        var first = text.GetTextContentsAsync(Prompt, Slips, cancellationToken: Token);
        await UntilAsync(() => work.AtWork > 0);
        Task[] waiting = [text.GetTextContentsAsync(Prompt, Slips, cancellationToken: Token), client.GetResponseAsync(Prompt, cancellationToken: Token), client.GetStreamingResponseAsync(Prompt, cancellationToken: Token).ToListAsync(Token).AsTask()];
        await UntilAsync(() => engine.Waiting == 3);
        await provider.DisposeAsync();
        await provider.DisposeAsync();
        foreach (var refused in waiting) await Assert.ThrowsAsync<ObjectDisposedException>(() => refused);
        await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.True(first.IsCompletedSuccessfully || first.Exception?.InnerException is ObjectDisposedException, first.Exception?.ToString());
        await work.EndedAsync(engine);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => text.GetTextContentsAsync(Prompt, cancellationToken: Token));
        await engine.DisposeAsync();
    }

    private static async Task AssertFreeAsync(HybridGenEngine engine, EngineWork work)
    {
        work.Begins = null;
        await work.EndedAsync(engine);
        Assert.Equal(await RightAsync(), (await new HybridGenTextGenerationService(engine).GetTextContentsAsync(Prompt, Slips, cancellationToken: Token)).Single().Text);
        await work.EndedAsync(engine);
    }

    private static readonly Lazy<Task<string>> Right = new(async () =>
    {
        await using var engine = new HybridGenEngine();
        return (await new HybridGenTextGenerationService(engine).GetTextContentsAsync(Prompt, Slips)).Single().Text!;
    });

    /// <summary>What an engine that nobody turned away from answers.</summary>
    private static Task<string> RightAsync() => Right.Value;

    private static Task AskAsync(HybridGenEngine engine, string face, string prompt, CancellationToken token)
    {
        var (history, client) = (new ChatHistory(prompt, AuthorRole.User), new HybridGenChatClient(engine));
        var options = new ChatOptions { RawRepresentationFactory = _ => Slips };
        var run = new ChatClientAgentRunOptions(options);
        return face switch
        {
            "text" => new HybridGenTextGenerationService(engine).GetTextContentsAsync(prompt, Slips, cancellationToken: token),
            "text stream" => new HybridGenTextGenerationService(engine).GetStreamingTextContentsAsync(prompt, Slips, cancellationToken: token).ToListAsync(token).AsTask(),
            "chat" => new HybridGenChatCompletionService(engine).GetChatMessageContentsAsync(history, Slips, cancellationToken: token),
            "chat stream" => new HybridGenChatCompletionService(engine).GetStreamingChatMessageContentsAsync(history, Slips, cancellationToken: token).ToListAsync(token).AsTask(),
            "client" => client.GetResponseAsync(prompt, options, token),
            "client stream" => client.GetStreamingResponseAsync(prompt, options, token).ToListAsync(token).AsTask(),
            "agent" => client.AsAIAgent().RunAsync(prompt, options: run, cancellationToken: token),
            "agent stream" => client.AsAIAgent().RunStreamingAsync(prompt, options: run, cancellationToken: token).ToListAsync(token).AsTask(),
            "kernel" => Kernel.CreateBuilder().AddHybridGen(engine).Build().InvokePromptAsync(prompt, new(Slips), cancellationToken: token),
            _ => Kernel.CreateBuilder().AddHybridGen(engine).Build().InvokePromptStreamingAsync(prompt, new(Slips), cancellationToken: token).ToListAsync(token).AsTask(),
        };
    }

    private static IAsyncEnumerable<ChatResponseUpdate> Stream(HybridGenEngine engine, HybridGenPromptExecutionSettings settings) =>
        new HybridGenChatClient(engine).GetStreamingResponseAsync(Prompt, new() { RawRepresentationFactory = _ => settings }, Token);

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds()) await Task.Delay(2, Token);
    }

    /// <summary>One engine for all tests that do not dispose of one; with a place for one draft.</summary>
    public sealed class OneEngine : IAsyncDisposable
    {
        public HybridGenEngine Engine { get; } = new();

        public ValueTask DisposeAsync() => Engine.DisposeAsync();
    }
}
