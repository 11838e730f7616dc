using HybridGen;
using HybridGen.Plugin.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers engines with an application.</summary>
/// <remarks>
/// An engine is one keyed singleton: the services of Semantic Kernel and Microsoft.Extensions.AI that are added with the same key share it. It is created at
/// first use, loads its models when they are first needed, and is disposed of with the container.
/// </remarks>
public static class HybridGenServiceCollectionExtensions
{
    /// <summary>Adds an engine by settings that are checked when the application starts, and all its faces: chat completion, a chat client, text generation.</summary>
    /// <inheritdoc cref="AddHybridGenEngine(IServiceCollection, Action{HybridGenSettings}, string)"/>
    public static HybridGenBuilder AddHybridGen(this IServiceCollection services, Action<HybridGenSettings>? configure = null, string? serviceId = null) =>
        services.AddHybridGenEngine(configure, serviceId).WithFaces();

    /// <summary>
    /// Adds an engine by a section of a configuration, which is checked when the application starts, and all its faces: chat completion, a chat client,
    /// text generation. Also a key that is not known is refused.
    /// </summary>
    /// <inheritdoc cref="AddHybridGenEngine(IServiceCollection, IConfiguration, string)"/>
    public static HybridGenBuilder AddHybridGen(this IServiceCollection services, IConfiguration section, string? serviceId = null) =>
        services.AddHybridGenEngine(section, serviceId).WithFaces();

    /// <summary>Adds an engine that the application makes, and all its faces: chat completion, a chat client, text generation.</summary>
    /// <inheritdoc cref="AddHybridGenEngine(IServiceCollection, Func{IServiceProvider, HybridGenEngine}, string)"/>
    public static HybridGenBuilder AddHybridGen(this IServiceCollection services, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null) =>
        services.AddHybridGenEngine(create, serviceId).WithFaces();

    /// <summary>Adds the caller's engine, which stays the caller's, and all its faces: chat completion, a chat client, text generation.</summary>
    /// <inheritdoc cref="AddHybridGenEngine(IServiceCollection, HybridGenEngine, string)"/>
    public static HybridGenBuilder AddHybridGen(this IServiceCollection services, HybridGenEngine engine, string? serviceId = null) =>
        services.AddHybridGenEngine(engine, serviceId).WithFaces();

    /// <summary>Adds an engine alone by settings that are checked when the application starts.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets them; <see langword="null"/> for the shipped mini pair.</param>
    /// <param name="serviceId">Key of the engine, and name of its settings; a later call with the same key adds to them.</param>
    public static HybridGenBuilder AddHybridGenEngine(this IServiceCollection services, Action<HybridGenSettings>? configure = null, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var settings = services.AddSettings(serviceId);
        if (configure is not null) settings.Configure(configure);
        return services.AddConfigured(serviceId);
    }

    /// <summary>Adds an engine alone by a section of a configuration, which is checked when the application starts: also a key that is not known is refused.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section; by convention <see cref="HybridGenSettings.SectionName"/>.</param>
    /// <param name="serviceId">Key of the engine, and name of its settings; a later call with the same key adds to them.</param>
    public static HybridGenBuilder AddHybridGenEngine(this IServiceCollection services, IConfiguration section, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddSettings(serviceId).Bind(section, binding => binding.ErrorOnUnknownConfiguration = true);
        return services.AddConfigured(serviceId);
    }

    /// <summary>Adds an engine alone that the application makes.</summary>
    /// <param name="services">The services.</param>
    /// <param name="create">Makes it at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the engine; a later call with the same key replaces it.</param>
    public static HybridGenBuilder AddHybridGenEngine(this IServiceCollection services, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        return new HybridGenBuilder(services.AddEngine(serviceId, create), serviceId, isBrought: true);
    }

    /// <summary>Adds the caller's engine alone, which stays the caller's: no container disposes of it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the engine; a later call with the same key replaces it.</param>
    public static HybridGenBuilder AddHybridGenEngine(this IServiceCollection services, HybridGenEngine engine, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(engine);
        return new HybridGenBuilder(services.AddEngine(serviceId, engine), serviceId, isBrought: true);
    }

    /// <summary>
    /// Adds a health check of an engine: healthy where the models are loaded, degraded where they are not yet, and where the last try to load one failed
    /// the registration's failure status, with the reason.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="serviceId">Key of the engine.</param>
    /// <param name="name">Name of the check; <see langword="null"/> (default) is <c>hybridgen</c>, with a key <c>hybridgen-KEY</c>.</param>
    /// <param name="drafter">Whether the drafter counts.</param>
    /// <param name="refiner">Whether the refiner and its judge count.</param>
    /// <param name="tags">Tags; <see langword="null"/> (default) is <c>ready</c>.</param>
    public static IHealthChecksBuilder AddHybridGen(
        this IHealthChecksBuilder builder, string? serviceId = null, string? name = null, bool drafter = true, bool refiner = true, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name ?? (serviceId is null ? "hybridgen" : $"hybridgen-{serviceId}"),
            provider => new EngineHealthCheck(provider.GetRequiredKeyedService<HybridGenEngine>(serviceId), drafter, refiner),
            HealthStatus.Unhealthy,
            tags ?? ["ready"]));
    }

    private static OptionsBuilder<HybridGenSettings> AddSettings(this IServiceCollection services, string? serviceId)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HybridGenSettings>, SettingsCheck>());
        return services.AddOptions<HybridGenSettings>(serviceId ?? Options.Options.DefaultName).ValidateOnStart();
    }

    private static HybridGenBuilder AddConfigured(this IServiceCollection services, string? serviceId) => new(
        services.AddEngine(serviceId, provider => provider.NewEngine(serviceId, provider.GetRequiredService<IOptionsMonitor<HybridGenSettings>>().Get(serviceId ?? Options.Options.DefaultName).ToOptions())),
        serviceId);
}
