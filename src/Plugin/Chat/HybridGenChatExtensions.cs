using HybridGen;
using HybridGen.Plugin.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel.TextGeneration;

namespace Microsoft.SemanticKernel;

/// <summary>Registers HybridGen's chat faces.</summary>
public static class HybridGenChatExtensions
{
    /// <summary>Adds a chat client that calls the kernel's functions, over a new engine, which the container creates at first use and disposes with itself.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">The models; the shipped mini pair by default.</param>
    /// <param name="serviceId">Key of the client and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGenChatClient(this IKernelBuilder builder, HybridGenOptions? options = null, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenChatClient(options, serviceId, configure);
        return builder;
    }

    /// <inheritdoc cref="AddHybridGenChatClient(IKernelBuilder, HybridGenOptions, string, Action{ChatClientBuilder})"/>
    /// <param name="services">The services.</param>
    /// <param name="options">The models; the shipped mini pair by default.</param>
    /// <param name="serviceId">Key of the client and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IServiceCollection AddHybridGenChatClient(this IServiceCollection services, HybridGenOptions? options = null, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddEngine(serviceId, options).AddChatClient(serviceId, configure);
    }

    /// <summary>Adds a chat client that calls the kernel's functions, over the caller's engine, which stays the caller's to dispose.</summary>
    /// <param name="services">The services.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the client and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IServiceCollection AddHybridGenChatClient(this IServiceCollection services, HybridGenEngine engine, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(engine);
        return services.AddEngine(serviceId, engine).AddChatClient(serviceId, configure);
    }

    /// <summary>Adds chat completion over a new engine, which the container creates at first use and disposes with itself.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">The models; the shipped mini pair by default.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGenChatCompletion(this IKernelBuilder builder, HybridGenOptions? options = null, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenChatCompletion(options, serviceId, configure);
        return builder;
    }

    /// <inheritdoc cref="AddHybridGenChatCompletion(IKernelBuilder, HybridGenOptions, string, Action{ChatClientBuilder})"/>
    /// <param name="services">The services.</param>
    /// <param name="options">The models; the shipped mini pair by default.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IServiceCollection AddHybridGenChatCompletion(this IServiceCollection services, HybridGenOptions? options = null, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddEngine(serviceId, options).AddChatCompletion(serviceId, configure);
    }

    /// <summary>Adds chat completion over the caller's engine, which stays the caller's to dispose.</summary>
    /// <param name="services">The services.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IServiceCollection AddHybridGenChatCompletion(this IServiceCollection services, HybridGenEngine engine, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(engine);
        return services.AddEngine(serviceId, engine).AddChatCompletion(serviceId, configure);
    }

    /// <summary>Adds all faces over one new engine: chat completion, a chat client, text generation.</summary>
    /// <remarks>A kernel's prompts go to chat completion; <see cref="ITextGenerationService"/> is found by those who ask for it.</remarks>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">The models; the shipped mini pair by default.</param>
    /// <param name="serviceId">Key of the services and of their <see cref="HybridGenEngine"/>; a later call with the same key replaces all.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGen(this IKernelBuilder builder, HybridGenOptions? options = null, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenTextGeneration(options, serviceId).AddChatClient(serviceId, configure).AddChatCompletion(serviceId, configure);
        return builder;
    }

    /// <summary>Adds all faces over the caller's engine, which stays the caller's to dispose.</summary>
    /// <inheritdoc cref="AddHybridGen(IKernelBuilder, HybridGenOptions, string, Action{ChatClientBuilder})" path="/remarks"/>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the services and of their <see cref="HybridGenEngine"/>; a later call with the same key replaces all.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGen(this IKernelBuilder builder, HybridGenEngine engine, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenTextGeneration(engine, serviceId).AddChatClient(serviceId, configure).AddChatCompletion(serviceId, configure);
        return builder;
    }

    /// <summary>Adds a chat client that calls the kernel's functions, over an engine that the application makes.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGenChatClient(this IKernelBuilder builder, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenChatClient(create, serviceId, configure);
        return builder;
    }

    /// <inheritdoc cref="AddHybridGenChatClient(IKernelBuilder, Func{IServiceProvider, HybridGenEngine}, string, Action{ChatClientBuilder})"/>
    /// <param name="services">The services.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IServiceCollection AddHybridGenChatClient(this IServiceCollection services, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        return services.AddEngine(serviceId, create).AddChatClient(serviceId, configure);
    }

    /// <summary>Adds chat completion over an engine that the application makes.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGenChatCompletion(this IKernelBuilder builder, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenChatCompletion(create, serviceId, configure);
        return builder;
    }

    /// <inheritdoc cref="AddHybridGenChatCompletion(IKernelBuilder, Func{IServiceProvider, HybridGenEngine}, string, Action{ChatClientBuilder})"/>
    /// <param name="services">The services.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the service and of its <see cref="HybridGenEngine"/>; a later call with the same key replaces both.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IServiceCollection AddHybridGenChatCompletion(this IServiceCollection services, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        return services.AddEngine(serviceId, create).AddChatCompletion(serviceId, configure);
    }

    /// <summary>Adds all faces over an engine that the application makes.</summary>
    /// <inheritdoc cref="AddHybridGen(IKernelBuilder, HybridGenOptions, string, Action{ChatClientBuilder})" path="/remarks"/>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="create">Makes the engine at first use; it is disposed of with the container.</param>
    /// <param name="serviceId">Key of the services and of their <see cref="HybridGenEngine"/>; a later call with the same key replaces all.</param>
    /// <param name="configure">Adds to the client's pipeline, in front of the calling of functions.</param>
    public static IKernelBuilder AddHybridGen(this IKernelBuilder builder, Func<IServiceProvider, HybridGenEngine> create, string? serviceId = null, Action<ChatClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHybridGenTextGeneration(create, serviceId).AddChatClient(serviceId, configure).AddChatCompletion(serviceId, configure);
        return builder;
    }
}
