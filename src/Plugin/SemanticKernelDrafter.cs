using HybridGen.Drafting;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin;

/// <summary>Drafts with any service of Semantic Kernel; it reports no log-probabilities, so the refiner uses its own scores.</summary>
/// <remarks>
/// The longest draft, temperature, top-p, top-k, seed and stop strings are passed on under the names that the connectors read; what they make of
/// them is their own, but stop strings are also looked for here. What cannot be passed on is refused. Of a chat service Semantic Kernel does not
/// hand on why an answer ended: one that was too long ends like any other.
/// </remarks>
public sealed class SemanticKernelDrafter : IDrafter
{
    private readonly ChatClientDrafter _drafter;
    private readonly bool _takesTurns;

    /// <summary>Drafts with a chat service; a raw prompt is a conversation of one user turn.</summary>
    /// <param name="service">The service, which stays the caller's.</param>
    /// <param name="modelId">Its model; <see langword="null"/> (default) is what the service says, else <c>chat</c>.</param>
    public SemanticKernelDrafter(IChatCompletionService service, string? modelId = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        (_drafter, _takesTurns) = (new ChatClientDrafter(service.AsChatClient(), modelId ?? service.GetModelId() ?? "chat"), true);
    }

    /// <summary>Drafts with a text service: from a raw prompt, or a conversation of one user turn, which is the same to it.</summary>
    /// <param name="service">The service, which stays the caller's.</param>
    /// <param name="modelId">Its model; <see langword="null"/> (default) is what the service says, else <c>text</c>.</param>
    public SemanticKernelDrafter(ITextGenerationService service, string? modelId = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        _drafter = new ChatClientDrafter(new TextServiceClient(service), modelId ?? service.GetModelId() ?? "text");
    }

    /// <inheritdoc/>
    public string ModelId => _drafter.ModelId;

    /// <inheritdoc/>
    /// <exception cref="DraftingException">The service failed, or an option or the prompt cannot be passed on to it.</exception>
    public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        // Connectors read no penalties by names that they share; all else the chat drafter refuses itself.
        if (options.Sampling.Penalties is not null) throw new DraftingException($"The service '{ModelId}' cannot be told of {nameof(options.Sampling.Penalties)}; leave it out, or draft with a model of your own.");
        if (!_takesTurns && prompt is DraftPrompt.Chat chat && (chat.Turns is not [{ Role: "user" }] || chat.Tools.Count > 0))
            throw new DraftingException($"The text service '{ModelId}' takes a text and no conversation; give it a raw prompt, or one user turn without tools.");
        return _drafter.DraftAsync(prompt, options, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _drafter.DisposeAsync();
}
