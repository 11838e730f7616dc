using HybridGen.Drafting;
using HybridGen.Plugin.Hosting;
using LLama;
using LLama.Common;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests.Hosting;

public sealed class HostingTests
{
    private static readonly GenerateOptions DraftOnly = new() { Revise = null };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Section_EveryKey_IsRead()
    {
        var template = Path.Combine(Repository.Root, "tests", "fixtures", "templates", "families", "chatml.jinja");
        var services = new ServiceCollection();
        services.AddHybridGen(Section(new()
        {
            ["ChatTemplatePath"] = template,
            ["DrafterPath"] = Repository.MiniDrafter,
            ["RefinerPath"] = Repository.MiniModel,
            ["RefinerDevice"] = "cpu",
            ["RefinerPrecision"] = "F32",
            ["JudgePath"] = "",
            ["ContextSize"] = "512",
            ["Sequences"] = "3",
            ["GpuLayerCount"] = "2",
            ["Threads"] = "5",
            ["QueueLimit"] = "7",
            ["RequestTimeout"] = "00:01:30",
        }));
        using var provider = services.BuildServiceProvider();

        var expected = new HybridGenOptions
        {
            DrafterPath = Repository.MiniDrafter,
            RefinerPath = Repository.MiniModel,
            RefinerPlacement = new() { Device = "cpu", Precision = Models.DenoiserPrecision.F32 },
            JudgePath = null,
            ContextSize = 512,
            Sequences = 3,
            GpuLayerCount = 2,
            Threads = 5,
            QueueLimit = 7,
            RequestTimeout = TimeSpan.FromSeconds(90),
        };
        var options = provider.GetRequiredService<HybridGenEngine>().Options;
        Assert.Equal(File.ReadAllText(template), options.ChatTemplate!.Source);
        Assert.Equal(expected, options with { ChatTemplate = null });
        Assert.Equal(typeof(HybridGenSettings).GetProperties().Length, typeof(HybridGenOptions).GetProperties().Length + 1);
    }

    [Fact]
    public void Settings_NothingSet_AreTheDefaults() => Assert.Equal(new HybridGenOptions(), new HybridGenSettings().ToOptions());

    [Theory]
    [InlineData("Sequences", "0", "HybridGen: Sequences: Sequences must be 1 to 64.")]
    [InlineData("Threads", "-1", "HybridGen: Threads: Threads must be above 0.")]
    [InlineData("QueueLimit", "-1", "HybridGen: QueueLimit: QueueLimit must be 0 or more.")]
    [InlineData("RequestTimeout", "00:00:00", "HybridGen: RequestTimeout: RequestTimeout must be above zero, and at most 24 days.")]
    [InlineData("RefinerDevice", "tpu", "HybridGen: RefinerDevice: The device is 'tpu'; it must be auto, cpu, cuda or cuda:N.")]
    [InlineData("DrafterPath", "/nowhere/none.gguf", "HybridGen: DrafterPath: There is no file '/nowhere/none.gguf'.")]
    [InlineData("RefinerPath", "/nowhere", "HybridGen: RefinerPath: There is no folder '/nowhere'.")]
    [InlineData("RefinerPrecision", "99", "HybridGen: RefinerPrecision: The precision is '99'; it must be one of Auto, F32, BF16, F16.")]
    [InlineData("ChatTemplatePath", "/nowhere.jinja", "HybridGen: ChatTemplatePath: There is no file '/nowhere.jinja'.")]
    [InlineData("JudgePath", "/nowhere/none.gguf", "HybridGen: JudgePath: There is no file '/nowhere/none.gguf'.")]
    public async Task Start_BadValue_FailsAndNamesTheKey(string key, string value, string expected)
    {
        using var host = Host(services => services.AddHybridGen(Section(new() { [key] = value })));
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        Assert.Equal([expected], failure.Failures);
    }

    [Theory]
    [InlineData("Sequences", "many", "Sequences")]
    [InlineData("Sequence", "2", "Sequence")]
    public async Task Start_KeyThatCannotBeRead_FailsAndNamesIt(string key, string value, string named)
    {
        using var host = Host(services => services.AddHybridGen(Section(new() { [key] = value })));
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Token));
        Assert.Contains($"'{named}'", failure.Message.Replace("HybridGen:", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void WithDrafter_OfAnEngineThatIsBrought_IsRefused()
    {
        var services = new ServiceCollection();
        using var engine = new HybridGenEngine();
        var made = services.AddHybridGen(_ => engine, "made");
        var brought = services.AddHybridGen(engine, "brought");
        Assert.Contains("constructor", Assert.Throws<InvalidOperationException>(() => made.WithDrafter(_ => new TextDrafter("t"))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => brought.WithChatClient());
    }

    [Fact]
    public async Task Start_SeveralBadValuesOfANamedEngine_AreAllSaid()
    {
        using var host = Host(services => services.AddHybridGen(settings => (settings.Sequences, settings.Threads) = (0, 0), "essays"));
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        Assert.Equal(["HybridGen 'essays': Sequences: Sequences must be 1 to 64.", "HybridGen 'essays': Threads: Threads must be above 0."], failure.Failures);
    }

    [Fact]
    public void Keys_TwoEngines_AreSideBySideAndSharedByTheirServices()
    {
        var services = new ServiceCollection();
        services.AddHybridGen(settings => settings.Sequences = 2, "one");
        services.AddHybridGen(settings => settings.Sequences = 3, "two");
        services.AddHybridGenTextGeneration(serviceId: "one").AddHybridGenTextGeneration(serviceId: "two");
        using var provider = services.BuildServiceProvider();

        Assert.Equal((2, 3), (Engine("one").Options.Sequences, Engine("two").Options.Sequences));
        Assert.NotNull(provider.GetRequiredKeyedService<ITextGenerationService>("two"));
        Assert.Null(provider.GetService<HybridGenEngine>());

        HybridGenEngine Engine(string key) => provider.GetRequiredKeyedService<HybridGenEngine>(key);
    }

    [Fact]
    public void TextGeneration_WithOptions_ReplacesTheEngine()
    {
        var services = new ServiceCollection();
        services.AddHybridGen(settings => settings.Sequences = 2);
        services.AddHybridGenTextGeneration(new HybridGenOptions { Sequences = 5 });
        using var provider = services.BuildServiceProvider();
        Assert.Equal(5, provider.GetRequiredService<HybridGenEngine>().Options.Sequences);
    }

    [Fact]
    public async Task Drafter_OfTheContainer_DraftsAndIsDisposedOfWithTheEngine()
    {
        var services = new ServiceCollection();
        var drafter = new CountedDrafter();
        services.AddHybridGen().WithDrafter(_ => drafter);
        var provider = services.BuildServiceProvider();
        Assert.Equal("counted", (await provider.GetRequiredService<HybridGenEngine>().GenerateAsync(DraftPrompt.User("Hi"), DraftOnly, Token)).Text);
        await provider.DisposeAsync();
        await provider.DisposeAsync();
        Assert.Equal(1, drafter.Disposals);
    }

    [Fact]
    public async Task ChatClient_OfTheContainer_DraftsAndStaysTheContainers()
    {
        var services = new ServiceCollection();
        var client = FakeChatClient.Of("from ", "afar");
        services.AddKeyedSingleton<IChatClient>("remote", client);
        services.AddHybridGen(serviceId: "e").WithChatClient("remote");
        await using var provider = services.BuildServiceProvider();
        Assert.Equal("from afar", (await provider.GetRequiredKeyedService<HybridGenEngine>("e").GenerateAsync(DraftPrompt.User("Hi"), DraftOnly, Token)).Text);
    }

    /// <summary>The engine that drafts with the client of its own key would be that client itself.</summary>
    [Fact]
    public async Task ChatClient_OfTheEnginesOwnKey_IsTheApplications()
    {
        var services = new ServiceCollection();
        var client = FakeChatClient.Of("from afar");
        services.AddSingleton<IChatClient>(client);
        services.AddHybridGen().WithChatClient();
        services.AddHybridGen(settings => settings.Sequences = 2);
        await using var provider = services.BuildServiceProvider();
        Assert.Same(client, provider.GetRequiredService<IChatClient>());
        var answer = await provider.GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync("Hi", new HybridGenPromptExecutionSettings { Revise = false }, cancellationToken: Token);
        Assert.Equal("from afar", answer.Content);
    }

    [Fact]
    public void Services_AddHybridGen_HasAllFacesOnce()
    {
        var services = new ServiceCollection();
        services.AddHybridGen(settings => settings.Sequences = 2);
        services.AddHybridGen(settings => settings.Threads = 1);
        using var provider = services.BuildServiceProvider();
        Assert.Single(provider.GetServices<IChatCompletionService>());
        Assert.Single(provider.GetServices<ITextGenerationService>());
        Assert.Same(provider.GetRequiredService<HybridGenEngine>(), Assert.Single(provider.GetServices<IChatClient>()).GetService<HybridGenEngine>());
        Assert.Null(new ServiceCollection().AddHybridGenEngine().Services.BuildServiceProvider().GetService<IChatClient>());
    }

    /// <summary>Engines that are made of the container's services, behind each way to add a face.</summary>
    [Fact]
    public async Task Factory_OfEachFace_IsGivenTheContainer()
    {
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(new TextDrafter("made"));
        HybridGenEngine Make(IServiceProvider provider) => new(provider.GetRequiredService<TextDrafter>());
        builder.AddHybridGenTextGeneration(Make, "text").AddHybridGenChatClient(Make, "client").AddHybridGenChatCompletion(Make, "chat").AddHybridGen(Make, "all");
        await using var provider = builder.Services.BuildServiceProvider();
        var settings = new HybridGenPromptExecutionSettings { Revise = false };
        foreach (var key in new[] { "text", "all" }) Assert.Equal("made", (await provider.GetRequiredKeyedService<ITextGenerationService>(key).GetTextContentsAsync("p", settings, cancellationToken: Token))[0].Text);
        foreach (var key in new[] { "chat", "all" }) Assert.Equal("made", (await provider.GetRequiredKeyedService<IChatCompletionService>(key).GetChatMessageContentAsync("p", settings, cancellationToken: Token)).Content);
        foreach (var key in new[] { "client", "all" }) Assert.Equal("made", (await provider.GetRequiredKeyedService<IChatClient>(key).GetResponseAsync("p", new() { AdditionalProperties = new() { ["revise"] = false } }, Token)).Text);
    }

    [Fact]
    public async Task Weights_OfTheContainer_AreDraftedWithAndStay()
    {
        using var weights = LLamaWeights.LoadFromFile(new ModelParams(Repository.MiniDrafter));
        var services = new ServiceCollection();
        services.AddSingleton(weights);
        services.AddHybridGen(serviceId: "shared").WithDrafter(provider => LlamaDrafter.Over(provider.GetRequiredService<LLamaWeights>(), new() { ModelPath = "shared" }));
        for (var i = 0; i < 2; i++)
        {
            await using var provider = services.BuildServiceProvider();
            var generation = await provider.GetRequiredKeyedService<HybridGenEngine>("shared").GenerateAsync(DraftPrompt.User("Hi"), DraftOnly with { Draft = new() { MaxTokens = 3 } }, Token);
            Assert.NotEqual("", generation.Text);
        }
    }

    [Fact]
    public async Task Factory_Engine_IsCreatedOnceAtFirstUseAndDisposedOnce()
    {
        var (created, drafter) = (0, new CountedDrafter());
        var services = new ServiceCollection();
        services.AddHybridGen(_ =>
        {
            created++;
            return new HybridGenEngine(drafter);
        });
        services.AddHybridGenTextGeneration();
        var provider = services.BuildServiceProvider();
        Assert.Equal(0, created);
        Assert.NotNull(provider.GetRequiredService<ITextGenerationService>());
        Assert.Same(provider.GetRequiredService<HybridGenEngine>(), provider.GetRequiredService<HybridGenEngine>());
        provider.Dispose();
        provider.Dispose();
        Assert.Equal((1, 1), (created, drafter.Disposals));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallersEngine_IsEveryFacesAndIsNotDisposedOf(bool ofAKernel)
    {
        var drafter = new CountedDrafter();
        await using var engine = new HybridGenEngine(drafter);
        var services = ofAKernel ? Kernel.CreateBuilder().AddHybridGenEngine(engine, "e").AddHybridGen(engine, "e").Services : new ServiceCollection();
        if (!ofAKernel) services.AddHybridGen(engine, "e");
        var provider = services.BuildServiceProvider();
        Assert.Same(engine, provider.GetRequiredKeyedService<HybridGenEngine>("e"));
        Assert.Same(engine, provider.GetRequiredKeyedService<IChatClient>("e").GetService<HybridGenEngine>());
        Assert.Equal("counted", (await provider.GetRequiredKeyedService<ITextGenerationService>("e").GetTextContentsAsync("p", new HybridGenPromptExecutionSettings { Revise = false }, cancellationToken: Token))[0].Text);
        await provider.DisposeAsync();
        await provider.DisposeAsync();
        Assert.Equal(0, drafter.Disposals);
        Assert.Equal("counted", (await engine.GenerateAsync(DraftPrompt.User("Hi"), DraftOnly, Token)).Text);
    }

    [Fact]
    public async Task Container_DisposedWhileTheEngineWorks_WaitsForTheRevision()
    {
        var services = new ServiceCollection();
        services.AddHybridGen(settings => settings.JudgePath = "");
        var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<HybridGenEngine>();
        var begun = new TaskCompletionSource();
        var revising = engine.ReviseAsync("I recieved teh packige.", new() { OnStep = _ => begun.TrySetResult() }, cancellationToken: Token);
        await begun.Task;
        await provider.DisposeAsync();
        Assert.True(revising.IsCompleted);
        Assert.Equal("I received the package.", (await revising).Output);
    }

    [Fact]
    public async Task Start_WithoutWarmup_LoadsNothing()
    {
        using var host = Host(services => services.AddHybridGen());
        await host.StartAsync(Token);
        var engine = host.Services.GetRequiredService<HybridGenEngine>();
        Assert.Equal((false, false), (engine.GetLoadState(refiner: false).IsLoaded, engine.GetLoadState(drafter: false).IsLoaded));
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Start_WithWarmup_LoadsTheModels()
    {
        using var host = Host(services => services.AddHybridGen().WithWarmup());
        await host.StartAsync(Token);
        Assert.Equal(new LoadState(true, null), host.Services.GetRequiredService<HybridGenEngine>().GetLoadState());
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Start_WarmupThatFails_FailsWithTheReason()
    {
        using var scratch = new Scratch();
        var path = scratch.Write("bad.gguf", "no model");
        using var host = Host(services => services.AddHybridGen(settings => settings.DrafterPath = path).WithWarmup(refiner: false));
        Assert.Contains(path, (await Assert.ThrowsAnyAsync<DraftingException>(() => host.StartAsync(Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WarmupThatIsCancelled_StopsLoading()
    {
        using var host = Host(services => services.AddHybridGen().WithWarmup());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync(new CancellationToken(canceled: true)));
        Assert.False(host.Services.GetRequiredService<HybridGenEngine>().GetLoadState().IsLoaded);
    }

    [Fact]
    public void Registration_Null_IsRefusedByName()
    {
        IServiceCollection none = null!;
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => none.AddHybridGen()).ParamName);
        Assert.Equal("section", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddHybridGen((IConfiguration)null!)).ParamName);
        Assert.Equal("create", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddHybridGen((Func<IServiceProvider, HybridGenEngine>)null!)).ParamName);
        Assert.Equal("engine", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddHybridGen((HybridGenEngine)null!)).ParamName);
        Assert.Equal("engine", Assert.Throws<ArgumentNullException>(() => Kernel.CreateBuilder().AddHybridGenEngine((HybridGenEngine)null!)).ParamName);
        Assert.Equal("create", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddHybridGen().WithDrafter(null!)).ParamName);
    }

    private static IConfigurationSection Section(Dictionary<string, string?> values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"HybridGen:{value.Key}", value.Value))).Build().GetSection(HybridGenSettings.SectionName);

    private static IHost Host(Action<IServiceCollection> add)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        add(builder.Services);
        return builder.Build();
    }

    /// <summary>Drafts one word, and counts how often it is disposed of.</summary>
    private sealed class CountedDrafter : IDrafter
    {
        public string ModelId => "counted";

        public int Disposals { get; private set; }

        public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default) => new TextDrafter("counted").DraftAsync(prompt, options, cancellationToken);

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return ValueTask.CompletedTask;
        }
    }
}
