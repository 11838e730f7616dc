using HybridGen;
using HybridGen.Plugin.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Registers HybridGen with a kernel or a service collection.</summary>
public static class HybridGenKernelExtensions
{
    /// <summary>Adds text generation by an engine, which the container creates at first use and disposes with itself.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">The models; <see langword="null"/> (default) is the engine that has the key, else a new one with the shipped mini pair.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key and options replaces both.</param>
    public static IKernelBuilder AddHybridGenTextGeneration(this IKernelBuilder builder, HybridGenOptions? options = null, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenTextGeneration(options, serviceId);
        return builder;
    }

    /// <summary>Adds text generation by the caller's engine, which stays the caller's to dispose.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    public static IKernelBuilder AddHybridGenTextGeneration(this IKernelBuilder builder, HybridGenEngine engine, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenTextGeneration(engine, serviceId);
        return builder;
    }

    /// <summary>Adds text generation by an engine, which the container creates at first use and disposes with itself.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">The models; <see langword="null"/> (default) is the engine that has the key, else a new one with the shipped mini pair.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key and options replaces both.</param>
    public static IServiceCollection AddHybridGenTextGeneration(this IServiceCollection services, HybridGenOptions? options = null, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddEngine(serviceId, options).AddTextGeneration(serviceId);
    }

    /// <summary>Adds text generation by the caller's engine, which stays the caller's to dispose.</summary>
    /// <param name="services">The services.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    public static IServiceCollection AddHybridGenTextGeneration(this IServiceCollection services, HybridGenEngine engine, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(engine);
        return services.AddEngine(serviceId, engine).AddTextGeneration(serviceId);
    }

    /// <summary>Adds text generation over an engine that the application makes.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    public static IKernelBuilder AddHybridGenTextGeneration(this IKernelBuilder builder, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenTextGeneration(create, serviceId);
        return builder;
    }

    /// <inheritdoc cref="AddHybridGenTextGeneration(IKernelBuilder, Func{IServiceProvider, HybridGenEngine}, string)"/>
    /// <param name="services">The services.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    public static IServiceCollection AddHybridGenTextGeneration(this IServiceCollection services, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        return services.AddEngine(serviceId, create).AddTextGeneration(serviceId);
    }
}
