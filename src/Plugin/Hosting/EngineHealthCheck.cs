using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HybridGen.Plugin.Hosting;

/// <summary>Says whether an engine's models are loaded; loads none.</summary>
internal sealed class EngineHealthCheck(HybridGenEngine engine, bool drafter, bool refiner) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = engine.GetLoadState(drafter, refiner);
        var data = new Dictionary<string, object> { ["waiting"] = engine.Waiting };
        return Task.FromResult(state switch
        {
            { Failure: { } failure } => new HealthCheckResult(context.Registration.FailureStatus, failure.Message, failure, data),
            { IsLoaded: true } => HealthCheckResult.Healthy("The models are loaded.", data),
            _ => HealthCheckResult.Degraded("The models are not loaded yet.", data: data),
        });
    }
}
