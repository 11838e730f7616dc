using HybridGen.Plugin.Chat;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin.Hosting;

/// <summary>Registers the services over the engine of a key.</summary>
internal static class FaceRegistration
{
    public static IServiceCollection AddTextGeneration(this IServiceCollection services, string? serviceId) =>
        services.AddKeyedSingleton<ITextGenerationService>(serviceId, (provider, _) => new HybridGenTextGenerationService(provider.GetRequiredKeyedService<HybridGenEngine>(serviceId)));

    public static IServiceCollection AddChatClient(this IServiceCollection services, string? serviceId, Action<ChatClientBuilder>? configure) =>
        services.AddKeyedSingleton<IChatClient>(serviceId, (provider, _) => Client(provider, serviceId, configure));

    public static IServiceCollection AddChatCompletion(this IServiceCollection services, string? serviceId, Action<ChatClientBuilder>? configure) =>
        services.AddKeyedSingleton<IChatCompletionService>(
            serviceId,
            (provider, _) => new HybridGenChatCompletionService(Client(provider, serviceId, configure), provider.GetRequiredKeyedService<HybridGenEngine>(serviceId).Options.Sequences, provider));

    private static IChatClient Client(IServiceProvider provider, string? serviceId, Action<ChatClientBuilder>? configure)
    {
        var builder = new HybridGenChatClient(provider.GetRequiredKeyedService<HybridGenEngine>(serviceId)).AsBuilder();
        configure?.Invoke(builder);
        builder.UseKernelFunctionInvocation(provider.GetService<ILoggerFactory>());
        return builder.Build(provider);
    }
}
