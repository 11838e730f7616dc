using Microsoft.Extensions.Hosting;

namespace HybridGen.Plugin.Hosting;

/// <summary>Loads an engine's models before the application is up.</summary>
internal sealed class EngineWarmup(HybridGenEngine engine, bool drafter, bool refiner) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => engine.LoadAsync(drafter, refiner, cancellationToken: cancellationToken);

    /// <summary>The container disposes of the engine.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
