using HybridGen;
using HybridGen.Pipelines;
using HybridGen.Plugin;
using HybridGen.Plugin.Functions;
using HybridGen.Plugin.Hosting;
using HybridGen.Plugin.Revising;
using HybridGen.Revising;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Registers the revision of texts that come from elsewhere: from people, or from other models.</summary>
public static class HybridGenRevisionExtensions
{
    /// <summary>Name that the functions' plugin has by default.</summary>
    public const string PluginName = "text";

    /// <summary>Adds the functions of <see cref="HybridGenFunctions"/>, over the engine of the container.</summary>
    /// <param name="builder">The kernel's builder; an engine must be registered with it (<see cref="AddHybridGenEngine(IKernelBuilder, HybridGenOptions, string)"/> or one of the services).</param>
    /// <param name="options">How texts are revised, policies apart; <see langword="null"/> for the defaults.</param>
    /// <param name="serviceId">Key of the engine.</param>
    /// <param name="pluginName">Name of the plugin.</param>
    public static IKernelBuilder AddHybridGenFunctions(this IKernelBuilder builder, ReviseOptions? options = null, string? serviceId = null, string pluginName = PluginName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(provider => Plugin(provider.GetRequiredKeyedService<HybridGenEngine>(serviceId), options, pluginName));
        return builder;
    }

    /// <summary>Adds the functions of <see cref="HybridGenFunctions"/>, over the caller's engine.</summary>
    /// <param name="plugins">The kernel's plugins.</param>
    /// <param name="engine">The engine, which stays the caller's.</param>
    /// <param name="options">How texts are revised, policies apart; <see langword="null"/> for the defaults.</param>
    /// <param name="pluginName">Name of the plugin.</param>
    public static KernelPlugin AddHybridGenFunctions(this ICollection<KernelPlugin> plugins, HybridGenEngine engine, ReviseOptions? options = null, string pluginName = PluginName)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        var plugin = Plugin(engine, options, pluginName);
        plugins.Add(plugin);
        return plugin;
    }

    /// <summary>Revises what a kernel's prompts are answered with, by the engine of the container (<see cref="HybridGenRevisionFilter"/>).</summary>
    /// <param name="builder">The kernel's builder; an engine must be registered with it (<see cref="AddHybridGenEngine(IKernelBuilder, HybridGenOptions, string)"/> or one of the services).</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="serviceId">Key of the engine.</param>
    /// <param name="applies">Whose results are revised; <see langword="null"/> for those of all prompts.</param>
    public static IKernelBuilder AddHybridGenRevision(this IKernelBuilder builder, StreamReviserOptions? options = null, string? serviceId = null, Func<KernelFunction, bool>? applies = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IFunctionInvocationFilter>(provider => new HybridGenRevisionFilter(provider.GetRequiredKeyedService<HybridGenEngine>(serviceId), options, applies));
        return builder;
    }

    /// <summary>Adds an engine alone, which the container creates at first use and disposes with itself.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">The models; the shipped mini pair by default.</param>
    /// <param name="serviceId">Key of the engine; a later call with the same key replaces it.</param>
    public static IKernelBuilder AddHybridGenEngine(this IKernelBuilder builder, HybridGenOptions? options = null, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddEngine(serviceId, options ?? new HybridGenOptions());
        return builder;
    }

    /// <summary>Adds the caller's engine, which stays the caller's: no container disposes of it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="serviceId">Key of the engine; a later call with the same key replaces it.</param>
    public static IKernelBuilder AddHybridGenEngine(this IKernelBuilder builder, HybridGenEngine engine, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(engine);
        builder.Services.AddEngine(serviceId, engine);
        return builder;
    }

    private static KernelPlugin Plugin(HybridGenEngine engine, ReviseOptions? options, string name) => KernelPluginFactory.CreateFromObject(new HybridGenFunctions(engine, options), PluginJson.Known, name);
}
