using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;

namespace HybridGen.Plugin.Chat;

/// <summary>A <see cref="HybridGenEngine"/> as chat completion: the chat client, with as many answers as are asked for.</summary>
/// <remarks>Thread-safe. The engine stays the caller's, or the container's. The kernel's functions are called where the settings' function choice says so.</remarks>
public sealed class HybridGenChatCompletionService : IChatCompletionService
{
    private readonly IChatCompletionService _one;
    private readonly int _atOnce;
    private readonly Func<Exception, string> _failure;

    /// <summary>Creates the service over an engine, which it does not dispose.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="loggerFactory">Told of the functions that are called.</param>
    public HybridGenChatCompletionService(HybridGenEngine engine, ILoggerFactory? loggerFactory = null)
        : this(new HybridGenChatClient(engine).AsBuilder().UseKernelFunctionInvocation(loggerFactory).Build(), engine.Options.Sequences) { }

    internal HybridGenChatCompletionService(IChatClient client, int atOnce, IServiceProvider? services = null)
    {
        (_one, _atOnce) = (client.AsChatCompletionService(services), atOnce);
        _failure = ServiceFailure.Of(_one.GetModelId() ?? "The drafter");
    }

    /// <summary>What is known of the service: <c>ModelId</c>, the drafter's file name without its extension.</summary>
    public IReadOnlyDictionary<string, object?> Attributes => _one.Attributes;

    /// <summary>Answers a conversation, once or as often as <see cref="HybridGenPromptExecutionSettings.ResultsPerPrompt"/> asks for.</summary>
    /// <remarks>Each answer is drafted and revised by itself, as many at once as <see cref="HybridGenOptions.Sequences"/>, and has its own finish reason, usage and log-probabilities.</remarks>
    /// <param name="chatHistory">The conversation; calls of functions that are made, and what they returned, are added to it.</param>
    /// <param name="executionSettings">Any settings that <see cref="HybridGenPromptExecutionSettings.FromExecutionSettings"/> reads.</param>
    /// <param name="kernel">Whose functions may be called.</param>
    /// <param name="cancellationToken">Stops the draft or the revision.</param>
    /// <exception cref="ArgumentException">The conversation is empty, a setting is unknown, of the wrong type or out of range, or several answers would each call functions.</exception>
    /// <exception cref="NotSupportedException">A message has an image or another content that is no text, or a setting asks for what cannot be done.</exception>
    /// <exception cref="KernelException">The engine refused or failed; the message says why, and the inner exception is the engine's own.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        var settings = Each(chatHistory, executionSettings, kernel);
        return await new Choices(settings.Length, _atOnce).AllAsync(AnswerAsync, cancellationToken).ConfigureAwait(false);

        async Task<ChatMessageContent> AnswerAsync(int choice, CancellationToken token) =>
            (await ServiceFailure.NamedAsync(() => _one.GetChatMessageContentsAsync(chatHistory, settings[choice], kernel, token), _failure).ConfigureAwait(false)).Single();
    }

    /// <summary>Streams an answer, or several: the parts of each have its number (<see cref="StreamingKernelContent.ChoiceIndex"/>), and come one answer after the other.</summary>
    /// <inheritdoc cref="GetChatMessageContentsAsync"/>
    public IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        var settings = Each(chatHistory, executionSettings, kernel);
        return settings.Length == 1 ? StreamAsync(0, cancellationToken) : new Choices(settings.Length, _atOnce).StreamAsync(StreamAsync, cancellationToken);

        IAsyncEnumerable<StreamingChatMessageContent> StreamAsync(int choice, CancellationToken token) =>
            NumberedAsync(ServiceFailure.NamedAsync(_one.GetStreamingChatMessageContentsAsync(chatHistory, settings[choice], kernel, token), _failure, token), choice, token);
    }

    private static async IAsyncEnumerable<StreamingChatMessageContent> NumberedAsync(
        IAsyncEnumerable<StreamingChatMessageContent> parts, int choice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var part in parts.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            part.ChoiceIndex = choice;
            yield return part;
        }
    }

    /// <summary>The settings of each answer, in our own type: of another's the kernel drops what it cannot read.</summary>
    private static PromptExecutionSettings?[] Each(ChatHistory history, PromptExecutionSettings? settings, Kernel? kernel)
    {
        if (settings is null) return [null];
        PromptExecutionSettings?[] all = [.. HybridGenPromptExecutionSettings.FromExecutionSettings(settings).Each()];
        if (all.Length > 1 && settings.FunctionChoiceBehavior?.GetConfiguration(new(history) { Kernel = kernel }) is { AutoInvoke: true, Functions.Count: > 0 })
            throw new ArgumentException($"ResultsPerPrompt is {all.Length}, but functions can be called for one answer only; ask for one, or choose functions with autoInvoke: false.", nameof(settings));
        return all;
    }
}
