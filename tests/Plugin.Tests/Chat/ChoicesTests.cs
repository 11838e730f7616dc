using System.Runtime.CompilerServices;
using HybridGen.Attributing;
using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using HybridGen.Plugin.Revising;
using HybridGen.Queueing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace HybridGen.Plugin.Tests.Chat;

/// <summary>Several answers to one call.</summary>
public sealed class ChoicesTests(MiniEngine mini)
{
    private static readonly ChatHistory History = new("Once upon a time", AuthorRole.User);

    private readonly List<GenerateOptions> _seen = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static HybridGenPromptExecutionSettings Three => new() { Seed = 7, MaxTokens = 12, ResultsPerPrompt = 3, Logprobs = true };

    [Fact]
    public async Task Chat_ResultsPerPrompt_AreAnswersOfTheirOwnSeeds()
    {
        var service = new HybridGenChatCompletionService(mini.Engine);
        var settings = Three;
        settings.Freeze();
        var answers = await service.GetChatMessageContentsAsync(History, settings, cancellationToken: Token);
        Assert.Equal(3, answers.Count);
        for (var i = 0; i < 3; i++)
        {
            var alone = (await service.GetChatMessageContentsAsync(History, new HybridGenPromptExecutionSettings { Seed = 7 + i, MaxTokens = 12 }, cancellationToken: Token)).Single();
            Assert.Equal(alone.Content, answers[i].Content);
            Assert.Equal((alone.Metadata!["FinishReason"], Usage(alone)), (answers[i].Metadata!["FinishReason"], Usage(answers[i])));
            Assert.Equal(alone.Content, string.Concat(((IReadOnlyList<RevisedToken>)answers[i].Metadata!["logprobs"]!).Select(token => token.Text)));
        }

        Assert.Equal(3, answers.Select(answer => answer.Metadata!["Id"]).Distinct().Count());
        Assert.Equal(3, answers.Select(answer => answer.Content).Distinct().Count());
        Assert.Single(History);

        static (long?, long?) Usage(ChatMessageContent content) => (((UsageDetails)content.Metadata!["Usage"]!).InputTokenCount, ((UsageDetails)content.Metadata["Usage"]!).OutputTokenCount);
    }

    [Fact]
    public async Task ChatStream_ResultsPerPrompt_AreToldApartByTheirNumbers()
    {
        var service = new HybridGenChatCompletionService(mini.Engine);
        var answers = await service.GetChatMessageContentsAsync(History, Three, cancellationToken: Token);
        var parts = await service.GetStreamingChatMessageContentsAsync(History, Three, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal([0, 1, 2], parts.Select(part => part.ChoiceIndex).Distinct());
        Assert.Equal(answers.Select(answer => answer.Content), parts.GroupBy(part => part.ChoiceIndex).Select(choice => string.Concat(choice.Select(part => part.Content))));
        var kernel = Kernel(service);
        Assert.Equal(3, (await kernel.InvokePromptAsync<IReadOnlyList<ChatMessageContent>>("Once upon a time", new(Three), cancellationToken: Token))!.Count);
    }

    [Fact]
    public async Task Text_ResultsPerPrompt_AreTheSameStreamed()
    {
        var service = new HybridGenTextGenerationService(mini.Engine);
        var texts = await service.GetTextContentsAsync("Once upon a time", Three, cancellationToken: Token);
        var parts = await service.GetStreamingTextContentsAsync("Once upon a time", Three, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(texts.Select(text => text.Text), parts.GroupBy(part => part.ChoiceIndex).Select(choice => string.Concat(choice.Select(part => part.Text))));
        Assert.Equal(3, parts.Count(part => part.Metadata is HybridGenMetadata { Usage.OutputTokenCount: > 0, FinishReason: not null }));
    }

    /// <summary>With several drafts of each answer, no draft is written for two of them.</summary>
    [Fact]
    public async Task Seeds_OfAnswersWithSeveralDrafts_AreApart()
    {
        var settings = new HybridGenPromptExecutionSettings { Seed = 4294967294, ResultsPerPrompt = 3, Drafts = 2 };
        await Service(Scripted).GetChatMessageContentsAsync(History, settings, cancellationToken: Token);
        Assert.Equal([4294967294u, 0u, 2u], _seen.Select(options => ((Sampling.Random)options.Draft.Sampling).Seed));
        Assert.All(_seen, options => Assert.Equal(2, options.Drafts));
    }

    [Fact]
    public async Task Greedy_Answers_AreAsManyAndTheSame()
    {
        var answers = await new HybridGenChatCompletionService(mini.Engine).GetChatMessageContentsAsync(History, new HybridGenPromptExecutionSettings { Temperature = 0, MaxTokens = 6, ResultsPerPrompt = 2 }, cancellationToken: Token);
        Assert.Equal((2, 1), (answers.Count, answers.Select(answer => answer.Content).Distinct().Count()));
    }

    [Fact]
    public async Task OtherSettings_OfOtherConnectors_AreRead()
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["results_per_prompt"] = 2, ["max_tokens"] = "5" } };
        Assert.Equal(2, (await Service(Scripted).GetChatMessageContentsAsync(History, settings, cancellationToken: Token)).Count);
        Assert.All(_seen, options => Assert.Equal(5, options.Draft.MaxTokens));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(129)]
    public async Task Number_OutOfRange_IsRefusedByEveryFace(int count)
    {
        var settings = new HybridGenPromptExecutionSettings { ResultsPerPrompt = count };
        await Refused(() => Service(Scripted).GetChatMessageContentsAsync(History, settings, cancellationToken: Token));
        await Refused(() => Samples.Service(Samples.Revised).GetTextContentsAsync("p", settings, cancellationToken: Token));
        await Refused(() => Client(Scripted).GetResponseAsync("p", new() { AdditionalProperties = new() { ["results_per_prompt"] = count } }, Token));
        Assert.Empty(_seen);

        static async Task Refused(Func<Task> call) => Assert.Contains("ResultsPerPrompt", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(call)).Message, StringComparison.Ordinal);
    }

    /// <summary>A response of a chat client is one answer, whatever its messages.</summary>
    [Fact]
    public async Task Client_SeveralAnswers_AreRefused()
    {
        var refusal = await Assert.ThrowsAsync<NotSupportedException>(() => Client(Scripted).GetResponseAsync("p", new() { AdditionalProperties = new() { ["results_per_prompt"] = 2 } }, Token));
        Assert.Contains("one answer", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FunctionsThatAreCalled_AreForOneAnswer()
    {
        var kernel = new Kernel();
        kernel.Plugins.AddFromFunctions("p", [KernelFunctionFactory.CreateFromMethod(() => 3, "temperature")]);
        var settings = new HybridGenPromptExecutionSettings { ResultsPerPrompt = 2, FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => Service(Scripted).GetChatMessageContentsAsync(History, settings, kernel, Token));
        Assert.Contains("autoInvoke: false", refusal.Message, StringComparison.Ordinal);
        settings.FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false);
        Assert.Equal(2, (await Service((_, _, _) => Completed(Samples.Calling)).GetChatMessageContentsAsync(History, settings, kernel, Token)).Count(answer => answer.Items.OfType<Microsoft.SemanticKernel.FunctionCallContent>().Any()));
    }

    [Fact]
    public async Task AtOnce_IsAsManyAsTheEngineHasPlaces()
    {
        var (now, most) = (0, 0);
        var service = new HybridGenChatCompletionService(Client(AnswerAsync), 2);
        await service.GetChatMessageContentsAsync(History, new HybridGenPromptExecutionSettings { ResultsPerPrompt = 6 }, cancellationToken: Token);
        Assert.Equal(2, most);

        async IAsyncEnumerable<GenerationUpdate> AnswerAsync(DraftPrompt prompt, GenerateOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            lock (_seen) most = Math.Max(most, ++now);
            // The others come now, or never.
            for (var i = 0; i < 50 && Volatile.Read(ref now) < 3; i++) await Task.Delay(2, cancellationToken);
            lock (_seen) now--;
            yield return new GenerationUpdate.Completed(Samples.Revised);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneFails_TheOthersEndAndTheReasonIsSaid(bool streams)
    {
        var (begun, ended) = (0, 0);
        var service = new HybridGenChatCompletionService(Client(AnswerAsync), 3);
        Task Ask() => streams ? service.GetStreamingChatMessageContentsAsync(History, Three, cancellationToken: Token).ToListAsync(Token).AsTask() : service.GetChatMessageContentsAsync(History, Three, cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<KernelException>(Ask);
        Assert.IsType<EngineBusyException>(failure.InnerException);
        Assert.Equal((3, 3), (begun, ended));

        async IAsyncEnumerable<GenerationUpdate> AnswerAsync(DraftPrompt prompt, GenerateOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            try
            {
                var isThird = Interlocked.Increment(ref begun) == 3;
                if (isThird) throw new EngineBusyException();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }

            yield break;
        }
    }

    /// <summary>A filter of the kernel revises each of the answers for itself.</summary>
    [Fact]
    public async Task Filter_SeveralStreamedAnswers_AreRevisedApart()
    {
        var answers = new Queue<Generation>([Samples.Generation("I recieved it"), Samples.Generation("{\"teh\": 1}"), Samples.Generation("She beleived it")]);
        var kernel = Kernel(Service((_, _, _) => Completed(answers.Dequeue())));
        kernel.FunctionInvocationFilters.Add(new HybridGenRevisionFilter(mini.Engine));
        var parts = await kernel.InvokePromptStreamingAsync<StreamingKernelContent>("p", new(Three), cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(["I received it", "{\"teh\": 1}", "She believed it"], parts.GroupBy(part => part.ChoiceIndex).Select(choice => string.Concat(choice)));
    }

    private static Kernel Kernel(IChatCompletionService service)
    {
        var builder = Microsoft.SemanticKernel.Kernel.CreateBuilder();
        builder.Services.AddSingleton(service);
        return builder.Build();
    }

    private IAsyncEnumerable<GenerationUpdate> Scripted(DraftPrompt prompt, GenerateOptions options, CancellationToken cancellationToken)
    {
        _seen.Add(options);
        return Completed(Samples.Revised);
    }

    private static async IAsyncEnumerable<GenerationUpdate> Completed(Generation generation)
    {
        await Task.Yield();
        yield return new GenerationUpdate.Completed(generation);
    }

    private static HybridGenChatClient Client(Streaming stream) => new(stream, Samples.Model);

    private static HybridGenChatCompletionService Service(Streaming stream) => new(Client(stream).AsBuilder().UseKernelFunctionInvocation().Build(), 1);
}
