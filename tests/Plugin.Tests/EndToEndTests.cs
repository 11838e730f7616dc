using HybridGen.Drafting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests;

/// <summary>The kernel over the real engine with the shipped mini pair.</summary>
public sealed class EndToEndTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InvokePrompt_MiniPair_ReturnsTextWithUsage()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenTextGeneration().Build();
        await using var services = (ServiceProvider)kernel.Services;

        var result = await kernel.InvokePromptAsync("Once upon a time", Seeded(), cancellationToken: Token);

        var metadata = Assert.IsType<HybridGenMetadata>(result.Metadata);
        Assert.NotEqual("", result.GetValue<string>());
        Assert.InRange(metadata.Usage.OutputTokenCount!.Value, 1, 40);
        Assert.True(metadata.Usage.InputTokenCount > 0);
    }

    [Fact]
    public async Task InvokePromptStreaming_SameSeed_JoinsToTheSameText()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenTextGeneration().Build();
        await using var services = (ServiceProvider)kernel.Services;

        var whole = await kernel.InvokePromptAsync<string>("Once upon a time", Seeded(), cancellationToken: Token);
        var pieces = new List<string>();
        await foreach (var piece in kernel.InvokePromptStreamingAsync<string>("Once upon a time", Seeded(), cancellationToken: Token)) pieces.Add(piece);

        Assert.Equal(whole, string.Concat(pieces));
        Assert.True(pieces.Count > 1);
    }

    [Fact]
    public async Task InvokePrompt_MissingDrafter_IsAKernelExceptionWithThePath()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenTextGeneration(new HybridGenOptions { DrafterPath = "/nowhere/none.gguf" }).Build();
        await using var services = (ServiceProvider)kernel.Services;

        var exception = await Assert.ThrowsAsync<KernelException>(() => kernel.InvokePromptAsync("Hello", cancellationToken: Token));
        Assert.Contains("/nowhere/none.gguf", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Container_Disposed_DisposesTheEngineThatItCreated()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenTextGeneration().Build();
        var engine = kernel.Services.GetRequiredService<HybridGenEngine>();
        await ((ServiceProvider)kernel.Services).DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.GenerateAsync(DraftPrompt.User("Hello"), cancellationToken: Token));
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Container_Disposed_LeavesTheCallersEngine()
    {
        await using var engine = new HybridGenEngine();
        await using (var services = new ServiceCollection().AddHybridGenTextGeneration(engine).BuildServiceProvider())
            Assert.NotNull(services.GetRequiredService<ITextGenerationService>());
        var generation = await engine.GenerateAsync(DraftPrompt.User("Hello"), new() { Draft = new() { MaxTokens = 2 } }, Token);
        Assert.NotNull(generation.Revision);
    }

    private static KernelArguments Seeded() => new(new HybridGenPromptExecutionSettings { Seed = 7, MaxTokens = 40 });
}
