using HybridGen.Drafting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HybridGen.Plugin.Tests.Hosting;

public sealed class HealthTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_BeforeAndAfterLoading_IsDegradedThenHealthyAndLoadsNothing()
    {
        await using var provider = Provider(services => services.AddHybridGen(settings => settings.JudgePath = ""), checks => checks.AddHybridGen());
        Assert.Equal(("hybridgen", HealthStatus.Degraded, "The models are not loaded yet."), await CheckAsync(provider));
        Assert.Equal(("hybridgen", HealthStatus.Degraded, "The models are not loaded yet."), await CheckAsync(provider));
        await provider.GetRequiredService<HybridGenEngine>().LoadAsync(cancellationToken: Token);
        Assert.Equal(("hybridgen", HealthStatus.Healthy, "The models are loaded."), await CheckAsync(provider));
    }

    [Fact]
    public async Task Check_RefinerAlone_DoesNotAskForTheDrafter()
    {
        await using var provider = Provider(services => services.AddHybridGen(settings => settings.JudgePath = "", "fix"), checks => checks.AddHybridGen("fix", drafter: false));
        await provider.GetRequiredKeyedService<HybridGenEngine>("fix").LoadAsync(drafter: false, cancellationToken: Token);
        Assert.Equal(("hybridgen-fix", HealthStatus.Healthy, "The models are loaded."), await CheckAsync(provider));
    }

    [Fact]
    public async Task Check_AfterAFailedLoad_IsUnhealthyWithTheReason()
    {
        using var scratch = new Scratch();
        var path = Path.Combine(scratch.Folder, "later.gguf");
        await using var provider = Provider(services => services.AddHybridGen(_ => new HybridGenEngine(new HybridGenOptions { DrafterPath = path, JudgePath = null })), checks => checks.AddHybridGen(refiner: false));
        var engine = provider.GetRequiredService<HybridGenEngine>();
        var failure = await Assert.ThrowsAnyAsync<DraftingException>(() => engine.GenerateAsync(DraftPrompt.User("Hi"), cancellationToken: Token));
        Assert.Equal(("hybridgen", HealthStatus.Unhealthy, failure.Message), await CheckAsync(provider));
        File.Copy(Repository.MiniDrafter, path);
        await engine.LoadAsync(refiner: false, cancellationToken: Token);
        Assert.Equal(("hybridgen", HealthStatus.Healthy, "The models are loaded."), await CheckAsync(provider));
    }

    private static ServiceProvider Provider(Action<IServiceCollection> add, Action<IHealthChecksBuilder> check)
    {
        var services = new ServiceCollection().AddLogging();
        add(services);
        check(services.AddHealthChecks());
        return services.BuildServiceProvider();
    }

    private static async Task<(string Name, HealthStatus Status, string? Said)> CheckAsync(ServiceProvider provider)
    {
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(registration => registration.Tags.Contains("ready"), Token);
        var entry = Assert.Single(report.Entries);
        return (entry.Key, entry.Value.Status, entry.Value.Description);
    }
}
