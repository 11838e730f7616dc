using HybridGen.Drafting;
using HybridGen.Plugin.Chat;
using HybridGen.Plugin.Functions;
using HybridGen.Plugin.Revising;
using HybridGen.Queueing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace HybridGen.Plugin.Tests;

/// <summary>What a kernel's user sees where the engine refuses, whichever face was asked; and what others see.</summary>
public sealed class ServiceFailureTests : IDisposable
{
    // No request is ever in time.
    private readonly HybridGenEngine _engine = new(new() { RequestTimeout = TimeSpan.FromTicks(1) });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task KernelsServices_TimedOut_AreKernelExceptionsWithTheEnginesOwnInside()
    {
        var history = new ChatHistory("p", AuthorRole.User);
        await Named("drafter did not answer", () => new HybridGenTextGenerationService(_engine).GetTextContentsAsync("p", cancellationToken: Token));
        await Named("drafter did not answer", () => new HybridGenTextGenerationService(_engine).StreamAsync());
        await Named("drafter did not answer", () => new HybridGenChatCompletionService(_engine).GetChatMessageContentsAsync(history, cancellationToken: Token));
        await Named("drafter did not answer", () => new HybridGenChatCompletionService(_engine).GetStreamingChatMessageContentsAsync(history, cancellationToken: Token).ToListAsync(Token).AsTask());
        await Named("could not be worked on", () => new HybridGenFunctions(_engine).FixSpellingAsync("teh", cancellationToken: Token));
        var kernel = Filtered();
        await Named("could not be revised", () => kernel.InvokePromptAsync("p", cancellationToken: Token));
        await Named("could not be revised", () => kernel.InvokePromptStreamingAsync("p", cancellationToken: Token).ToListAsync(Token).AsTask());

        static async Task Named(string expected, Func<Task> call)
        {
            var failure = await Assert.ThrowsAsync<KernelException>(call);
            Assert.IsType<EngineTimeoutException>(failure.InnerException);
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ChatClients_TimedOut_ThrowTheEnginesOwn()
    {
        await Assert.ThrowsAsync<EngineTimeoutException>(() => new HybridGenChatClient(_engine).GetResponseAsync("p", cancellationToken: Token));
        await Assert.ThrowsAsync<EngineTimeoutException>(() => new HybridGenChatClient(_engine).GetStreamingResponseAsync("p", cancellationToken: Token).ToListAsync(Token).AsTask());
        await Assert.ThrowsAsync<EngineTimeoutException>(() => new RevisingChatClient(FakeChatClient.Of("teh"), _engine).GetResponseAsync("p", cancellationToken: Token));
    }

    [Theory]
    [InlineData(typeof(EngineBusyException))]
    [InlineData(typeof(DraftingException))]
    [InlineData(typeof(RefiningException))]
    public async Task Chat_EveryRefusal_IsAKernelException(Type type)
    {
        var cause = (Exception)Activator.CreateInstance(type)!;
        var service = new HybridGenChatCompletionService(new HybridGenChatClient((_, _, _) => throw cause, Samples.Model), 1);
        Assert.Same(cause, (await Assert.ThrowsAsync<KernelException>(() => service.GetChatMessageContentsAsync("p", cancellationToken: Token))).InnerException);
    }

    /// <summary>What the caller did wrong, or wanted, is told in the words that every .NET program knows.</summary>
    [Theory]
    [InlineData(typeof(ArgumentException))]
    [InlineData(typeof(NotSupportedException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(ObjectDisposedException))]
    public async Task Chat_CallersFault_StaysAsItIs(Type type)
    {
        var cause = type == typeof(ObjectDisposedException) ? new ObjectDisposedException("engine") : (Exception)Activator.CreateInstance(type)!;
        var service = new HybridGenChatCompletionService(new HybridGenChatClient((_, _, _) => throw cause, Samples.Model), 1);
        Assert.Same(cause, await Assert.ThrowsAsync(type, () => service.GetChatMessageContentsAsync("p", cancellationToken: Token)));
    }

    private Kernel Filtered()
    {
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(FakeChatClient.Of("I recieved it. ", "Teh end.").AsChatCompletionService());
        builder.AddHybridGenEngine(_engine).AddHybridGenRevision();
        return builder.Build();
    }
}
