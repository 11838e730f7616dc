using HybridGen.Drafting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace HybridGen.Plugin.Hosting;

/// <summary>Registers the one engine of a key, which all services of that key share; the container creates it at first use and disposes of it.</summary>
internal static class EngineRegistration
{
    /// <summary>Adds an engine by its options, in the place of one that has the key; without options it keeps the one that is there.</summary>
    public static IServiceCollection AddEngine(this IServiceCollection services, string? serviceId, HybridGenOptions? options)
    {
        if (options is not null) return services.AddEngine(serviceId, provider => provider.NewEngine(serviceId, options));
        services.TryAddKeyedSingleton(serviceId, (provider, _) => provider.NewEngine(serviceId, new HybridGenOptions()));
        return services;
    }

    /// <summary>Adds the caller's engine, which no container disposes of.</summary>
    public static IServiceCollection AddEngine(this IServiceCollection services, string? serviceId, HybridGenEngine engine) => services.AddKeyedSingleton(serviceId, engine);

    /// <summary>Adds an engine that is made of the container's services.</summary>
    public static IServiceCollection AddEngine(this IServiceCollection services, string? serviceId, Func<IServiceProvider, HybridGenEngine> create) =>
        services.AddKeyedSingleton(serviceId, (provider, _) => create(provider));

    /// <summary>An engine that is heard, over the drafter that was named for its key, where one was.</summary>
    public static HybridGenEngine NewEngine(this IServiceProvider provider, string? serviceId, HybridGenOptions options)
    {
        var (loggers, clock) = (provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>());
        return provider.GetKeyedService<DrafterFactory>(serviceId) is { } drafter
            ? new HybridGenEngine(drafter.Create(provider), options, loggers, clock)
            : new HybridGenEngine(options, loggers, clock);
    }
}

/// <summary>Makes the drafter of an engine.</summary>
internal sealed record DrafterFactory(Func<IServiceProvider, IDrafter> Create);
