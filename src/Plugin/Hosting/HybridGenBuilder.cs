using HybridGen;
using HybridGen.Drafting;
using HybridGen.Plugin.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What is added to an engine of a service collection.</summary>
public sealed class HybridGenBuilder
{
    private readonly bool _isBrought;

    /// <param name="services">The services.</param>
    /// <param name="serviceId">The engine's key.</param>
    /// <param name="isBrought">Whether the application makes the engine, and so its drafter.</param>
    internal HybridGenBuilder(IServiceCollection services, string? serviceId, bool isBrought = false) => (Services, ServiceId, _isBrought) = (services, serviceId, isBrought);

    /// <summary>The services that the engine is one of.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The engine's key.</summary>
    public string? ServiceId { get; }

    /// <summary>Has the engine draft with what the application brings, such as <see cref="LlamaDrafter.Over"/> loaded weights, or a drafter of the container.</summary>
    /// <param name="create">Makes or finds the drafter when the engine is created; it is disposed of with the engine.</param>
    /// <exception cref="InvalidOperationException">The application makes the engine itself, and gives it its drafter.</exception>
    public HybridGenBuilder WithDrafter(Func<IServiceProvider, IDrafter> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        if (_isBrought) throw new InvalidOperationException("The application makes this engine itself; give the drafter to the engine's constructor.");
        Services.AddKeyedSingleton(ServiceId, new DrafterFactory(create));
        return this;
    }

    /// <summary>Has the engine draft with a chat client of the container, which stays the container's.</summary>
    /// <param name="clientKey">Key of the client; where it is the engine's own, the engine is no chat client of that key itself.</param>
    /// <inheritdoc cref="WithDrafter" path="/exception"/>
    public HybridGenBuilder WithChatClient(object? clientKey = null)
    {
        WithDrafter(provider => new ChatClientDrafter(provider.GetRequiredKeyedService<IChatClient>(clientKey)));
        if (Equals(clientKey, ServiceId) && Faces is { } faces) Services.Remove(faces.Client);
        return this;
    }

    /// <summary>Loads the models while the application starts, which waits for it and does not start where they cannot be loaded; else they are loaded at first use.</summary>
    /// <param name="drafter">Whether the drafter is loaded.</param>
    /// <param name="refiner">Whether the refiner and its judge are.</param>
    public HybridGenBuilder WithWarmup(bool drafter = true, bool refiner = true)
    {
        Services.AddSingleton<IHostedService>(provider => new EngineWarmup(provider.GetRequiredKeyedService<HybridGenEngine>(ServiceId), drafter, refiner));
        return this;
    }

    /// <summary>Adds the engine's faces, once for a key.</summary>
    internal HybridGenBuilder WithFaces()
    {
        if (Faces is not null) return this;
        Services.AddTextGeneration(ServiceId).AddChatClient(ServiceId, null).AddChatCompletion(ServiceId, null);
        Services.AddSingleton(new EngineFaces(ServiceId, Services.Last(service => service.ServiceType == typeof(IChatClient))));
        return this;
    }

    private EngineFaces? Faces => Services.Select(service => service.IsKeyedService ? null : service.ImplementationInstance).OfType<EngineFaces>().FirstOrDefault(faces => faces.ServiceId == ServiceId);

    /// <summary>Says that the faces of an engine are there, and which of the services is its chat client.</summary>
    private sealed record EngineFaces(string? ServiceId, ServiceDescriptor Client);
}
