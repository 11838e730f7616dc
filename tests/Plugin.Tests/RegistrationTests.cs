using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public void Kernel_NoServiceId_FindsServiceAndItsOneEngine()
    {
        var kernel = Kernel.CreateBuilder().AddHybridGenTextGeneration(new HybridGenOptions { DrafterPath = "a.gguf" }).Build();

        Assert.Equal("a", kernel.GetRequiredService<ITextGenerationService>().GetModelId());
        Assert.Same(kernel.GetRequiredService<ITextGenerationService>(), kernel.GetRequiredService<ITextGenerationService>());
        Assert.Equal("a.gguf", kernel.Services.GetRequiredService<HybridGenEngine>().Options.DrafterPath);
    }

    [Fact]
    public void Kernel_TwoServiceIds_HaveAnEngineEach()
    {
        var kernel = Kernel.CreateBuilder()
            .AddHybridGenTextGeneration(new HybridGenOptions { DrafterPath = "a.gguf" }, "one")
            .AddHybridGenTextGeneration(new HybridGenOptions { DrafterPath = "b.gguf" }, "two")
            .Build();

        Assert.Equal("a", kernel.GetRequiredService<ITextGenerationService>("one").GetModelId());
        Assert.Equal("b", kernel.GetRequiredService<ITextGenerationService>("two").GetModelId());
        Assert.Equal(2, kernel.GetAllServices<ITextGenerationService>().Count());
    }

    [Fact]
    public void Registration_NewEngine_BelongsToEachContainer()
    {
        var services = new ServiceCollection().AddHybridGenTextGeneration(serviceId: "id");
        using var first = services.BuildServiceProvider();
        using var second = services.BuildServiceProvider();

        Assert.NotSame(first.GetRequiredKeyedService<HybridGenEngine>("id"), second.GetRequiredKeyedService<HybridGenEngine>("id"));
        Assert.Same(first.GetRequiredKeyedService<HybridGenEngine>("id"), first.GetRequiredKeyedService<HybridGenEngine>("id"));
    }

    [Fact]
    public void Registration_NewEngine_IsCreatedByTheContainerWhichDisposesIt()
    {
        var engine = Assert.Single(new ServiceCollection().AddHybridGenTextGeneration(), service => service.ServiceType == typeof(HybridGenEngine));
        Assert.NotNull(engine.ImplementationFactory);
        Assert.Equal(ServiceLifetime.Singleton, engine.Lifetime);
    }

    [Fact]
    public void Registration_CallersEngine_IsAnInstanceThatNoContainerDisposes()
    {
        using var engine = new HybridGenEngine();
        var services = new ServiceCollection().AddHybridGenTextGeneration(engine, "id");

        var registered = Assert.Single(services, service => service.ServiceType == typeof(HybridGenEngine));
        Assert.Same(engine, registered.KeyedImplementationInstance);
        using var provider = services.BuildServiceProvider();
        Assert.Equal("drafter", provider.GetRequiredKeyedService<ITextGenerationService>("id").GetModelId());
    }

    [Fact]
    public void Registration_Null_IsRefusedByName()
    {
        Assert.Equal("builder", Assert.Throws<ArgumentNullException>(() => ((IKernelBuilder)null!).AddHybridGenTextGeneration()).ParamName);
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddHybridGenTextGeneration()).ParamName);
        Assert.Equal("engine", Assert.Throws<ArgumentNullException>(() => new ServiceCollection().AddHybridGenTextGeneration((HybridGenEngine)null!)).ParamName);
    }
}
