using CsCheck;
using HybridGen.Drafting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests;

public sealed class TextGenerationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetTextContents_Revised_CarriesFinalTextAndHowItCameAbout()
    {
        var content = Assert.Single(await Samples.Service(Samples.Revised).GetTextContentsAsync("p", cancellationToken: Token));

        Assert.Equal("The cat sat.", content.Text);
        Assert.Equal(Samples.Model, content.ModelId);
        Assert.Same(Samples.Revised, content.InnerContent);
        var metadata = Assert.IsType<HybridGenMetadata>(content.Metadata);
        Assert.Equal("The cta sat.", metadata.Draft);
        Assert.Equal("cta", Assert.Single(metadata.Edits).Before);
        Assert.Equal((3, 5, 11), (metadata.PromptDuration.Milliseconds, metadata.DraftDuration.Milliseconds, metadata.ReviseDuration.Milliseconds));
    }

    [Fact]
    public async Task Metadata_KeysThatTheKernelReads_HaveItsTypes()
    {
        var content = (await Samples.Service(Samples.Revised).GetTextContentsAsync("p", cancellationToken: Token))[0];

        var usage = Assert.IsType<UsageDetails>(content.Metadata!["Usage"]);
        Assert.Equal((7L, 1L, 8L), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount));
        Assert.Equal("stop", content.Metadata["FinishReason"]);
        Assert.StartsWith("hybridgen-", Assert.IsType<string>(content.Metadata["Id"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StopReason.EndOfText, "stop")]
    [InlineData(StopReason.StopString, "stop")]
    [InlineData(StopReason.MaxTokens, "length")]
    [InlineData(StopReason.ContextFull, "length")]
    public async Task FinishReason_EachStopReason_HasItsUsualName(StopReason reason, string expected)
    {
        var content = (await Samples.Service(Samples.Generation("x", reason)).GetTextContentsAsync("p", cancellationToken: Token))[0];
        Assert.Equal(expected, ((HybridGenMetadata)content.Metadata!).FinishReason);
    }

    [Fact]
    public async Task GetTextContents_NoRevision_HasNoEditsAndNoReviseTime()
    {
        var generation = Samples.Revised with { Revision = null };
        var metadata = (HybridGenMetadata)(await Samples.Service(generation).GetTextContentsAsync("p", cancellationToken: Token))[0].Metadata!;
        Assert.Empty(metadata.Edits);
        Assert.Equal(TimeSpan.Zero, metadata.ReviseDuration);
    }

    [Fact]
    public async Task Stream_Revised_YieldsFinalTextByWordAndMetadataLast()
    {
        var items = await Samples.Service(Samples.Revised).StreamAsync();

        Assert.Equal(["The ", "cat ", "sat."], items.Select(item => item.Text));
        Assert.All(items, item => Assert.Equal(Samples.Model, item.ModelId));
        Assert.All(items[..^1], item => Assert.Null(item.Metadata));
        Assert.IsType<HybridGenMetadata>(items[^1].Metadata);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("  a\r\n\r\nb  ", 3)]
    [InlineData("e\u0301te\u0301 \U0001F469\u200D\U0001F469\u200D\U0001F467 x", 3)]
    public async Task Stream_OddText_CountsPieces(string text, int pieces)
    {
        var items = await Samples.Service(Samples.Generation(text)).StreamAsync();
        Assert.Equal(pieces, items.Count);
        Assert.Equal(text, string.Concat(items.Select(item => item.Text)));
    }

    [Fact]
    public void Stream_AnyText_JoinsToIt() =>
        Gen.OneOf(Gen.Char, Gen.Char[" \n\r\t\u0301\uD83D\uDE00a"]).Array[0, 40].Sample(
            characters =>
            {
                var text = new string(characters);
                var items = Samples.Service(Samples.Generation(text)).StreamAsync().GetAwaiter().GetResult();
                Assert.Equal(text, string.Concat(items.Select(item => item.Text)));
            },
            iter: 2000,
            threads: 1);

    [Fact]
    public async Task Drafting_Fails_IsOneSentenceOfTheKernels()
    {
        var cause = new DraftingException("The prompt has 9 tokens; 8 fit.");
        var exception = await Assert.ThrowsAsync<KernelException>(() => Samples.Failing(cause).GetTextContentsAsync("p", cancellationToken: Token));
        Assert.Equal("scripted could not write a draft: The prompt has 9 tokens; 8 fit.", exception.Message);
        Assert.Same(cause, exception.InnerException);
    }

    [Fact]
    public async Task Refining_Fails_IsOneSentenceOfTheKernels()
    {
        var exception = await Assert.ThrowsAsync<KernelException>(() => Samples.Failing(new RefiningException("No weights.")).StreamAsync());
        Assert.Equal("The draft of scripted could not be revised: No weights.", exception.Message);
    }

    [Fact]
    public async Task Cancelled_WhileGenerating_IsOperationCanceled()
    {
        using var source = new CancellationTokenSource();
        var service = Samples.Service(async (_, _, token) =>
        {
            await source.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            return Samples.Revised;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => service.GetTextContentsAsync("p", cancellationToken: source.Token));
    }

    [Fact]
    public async Task Cancelled_BetweenPieces_IsOperationCanceled()
    {
        using var source = new CancellationTokenSource();
        var stream = Samples.Service(Samples.Revised).GetStreamingTextContentsAsync("p", cancellationToken: source.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in stream) await source.CancelAsync();
        });
    }

    [Fact]
    public async Task Kernel_InvokePrompt_PassesPromptSettingsAndResult()
    {
        (DraftPrompt Prompt, GenerateOptions Options)? seen = null;
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton<ITextGenerationService>(Samples.Service((prompt, options, _) =>
        {
            seen = (prompt, options);
            return Task.FromResult(Samples.Revised);
        }));
        var settings = new HybridGenPromptExecutionSettings { MaxTokens = 9, Raw = true, Temperature = 0 };

        var result = await builder.Build().InvokePromptAsync("Once", new(settings), cancellationToken: Token);

        Assert.Equal("The cat sat.", result.GetValue<string>());
        Assert.Equal(new DraftPrompt.Raw("Once"), seen?.Prompt);
        Assert.Equal((9, new Sampling.Greedy()), (seen!.Value.Options.Draft.MaxTokens, seen.Value.Options.Draft.Sampling));
        Assert.IsType<HybridGenMetadata>(result.Metadata);
    }

    [Fact]
    public async Task Stream_Unrevised_ComesWhileTheDraftIsWritten()
    {
        var end = new TaskCompletionSource();
        var service = new HybridGenTextGenerationService((_, _, _) => DraftAsync(end.Task), "m");
        await using var pieces = service.GetStreamingTextContentsAsync("p", cancellationToken: Token).GetAsyncEnumerator(Token);
        Assert.True(await pieces.MoveNextAsync());
        Assert.Equal(("The ", null), (pieces.Current.Text, pieces.Current.Metadata));
        end.SetResult();
        Assert.True(await pieces.MoveNextAsync());
        Assert.Equal("cat ", pieces.Current.Text);
        Assert.True(await pieces.MoveNextAsync());
        Assert.Equal("sat.", pieces.Current.Text);
        Assert.IsType<HybridGenMetadata>(pieces.Current.Metadata);
        Assert.False(await pieces.MoveNextAsync());

        static async IAsyncEnumerable<GenerationUpdate> DraftAsync(Task end)
        {
            yield return new GenerationUpdate.Settled("The ");
            await end;
            yield return new GenerationUpdate.Completed(Samples.Revised);
        }
    }

    [Fact]
    public async Task Kernel_InvokePromptStreaming_JoinsToTheFinalText()
    {
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton<ITextGenerationService>(Samples.Service(Samples.Revised));
        var pieces = new List<string>();
        await foreach (var piece in builder.Build().InvokePromptStreamingAsync<string>("p", cancellationToken: Token)) pieces.Add(piece);
        Assert.Equal(["The ", "cat ", "sat."], pieces);
    }

    [Fact]
    public async Task Kernel_UnknownSetting_IsAnArgumentExceptionThatNamesIt()
    {
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton<ITextGenerationService>(Samples.Service(Samples.Revised));
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["tempreature"] = 1 } };
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => builder.Build().InvokePromptAsync("p", new(settings), cancellationToken: Token));
        Assert.Contains("'tempreature'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompt_ByDefault_IsAUsersTurn()
    {
        DraftPrompt? seen = null;
        await Samples.Service((prompt, _, _) =>
        {
            seen = prompt;
            return Task.FromResult(Samples.Revised);
        }).GetTextContentsAsync("hello", cancellationToken: Token);
        Assert.Equal(new ChatTurn("user", "hello"), Assert.Single(Assert.IsType<DraftPrompt.Chat>(seen).Turns));
    }

    [Fact]
    public void Attributes_Always_NameTheModel()
    {
        using var engine = new HybridGenEngine(new() { DrafterPath = "/models/small.gguf" });
        var service = new HybridGenTextGenerationService(engine);
        Assert.Equal("small", service.GetModelId());
    }
}
