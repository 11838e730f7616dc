using System.Runtime.CompilerServices;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace HybridGen.Plugin;

/// <summary>A <see cref="HybridGenEngine"/> as a Semantic Kernel service: answers prompts with drafted and revised text.</summary>
/// <remarks>
/// Thread-safe. The engine stays the caller's, or the container's. Contents carry a <see cref="HybridGenMetadata"/>. To revise a text
/// that exists use <see cref="HybridGenEngine.ReviseAsync"/>: a prompt template encodes the characters of its variables for HTML.
/// </remarks>
public sealed class HybridGenTextGenerationService : ITextGenerationService
{
    private readonly Generating _generate;
    private readonly string _modelId;

    /// <summary>Creates the service over an engine, which it does not dispose.</summary>
    public HybridGenTextGenerationService(HybridGenEngine engine)
        : this((engine ?? throw new ArgumentNullException(nameof(engine))).GenerateAsync, engine.DrafterId) { }

    internal HybridGenTextGenerationService(Generating generate, string modelId)
    {
        _generate = generate;
        _modelId = modelId;
        Attributes = new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = modelId };
    }

    /// <summary>What is known of the service: <c>ModelId</c>, the drafter's file name without its extension.</summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <summary>Returns the revised draft, or as many as the settings ask for.</summary>
    /// <param name="prompt">A user's turn, or with <see cref="HybridGenPromptExecutionSettings.Raw"/> the text to go on with.</param>
    /// <param name="executionSettings">Any settings that <see cref="HybridGenPromptExecutionSettings.FromExecutionSettings"/> reads.</param>
    /// <param name="kernel">Not used.</param>
    /// <param name="cancellationToken">Stops the draft or the revision.</param>
    /// <exception cref="ArgumentException">A setting is unknown, of the wrong type, or out of range.</exception>
    /// <exception cref="KernelException">The draft or the revision failed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    public async Task<IReadOnlyList<TextContent>> GetTextContentsAsync(
        string prompt,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var requests = Requests(executionSettings);
        return await Task.WhenAll(requests.Select(request => GetTextContentAsync(prompt, request.Settings, request.Options, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Streams the revised draft, word by word.</summary>
    /// <remarks>
    /// The revision can change any word of the draft, so the first item comes once it is done, and only final text is streamed. The
    /// last item carries the <see cref="HybridGenMetadata"/>, with the draft and the edits. To watch the draft being written use
    /// <see cref="HybridGenEngine.StreamAsync"/>.
    /// </remarks>
    /// <inheritdoc cref="GetTextContentsAsync"/>
    public async IAsyncEnumerable<StreamingTextContent> GetStreamingTextContentsAsync(
        string prompt,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var requests = Requests(executionSettings);
        for (var choice = 0; choice < requests.Count; choice++)
        {
            var content = await GetTextContentAsync(prompt, requests[choice].Settings, requests[choice].Options, cancellationToken).ConfigureAwait(false);
            var pieces = FinalText.Words(content.Text!).DefaultIfEmpty("").ToList();
            for (var i = 0; i < pieces.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isLast = i == pieces.Count - 1;
                yield return new StreamingTextContent(pieces[i], choice, _modelId, isLast ? content.InnerContent : null, metadata: isLast ? content.Metadata : null);
            }
        }
    }

    /// <summary>What is asked for, checked as a whole before anything is written.</summary>
    private static List<(HybridGenPromptExecutionSettings Settings, GenerateOptions Options)> Requests(PromptExecutionSettings? settings) =>
        [.. HybridGenPromptExecutionSettings.FromExecutionSettings(settings).Each().Select(one => (one, one.ToOptions()))];

    private async Task<TextContent> GetTextContentAsync(string prompt, HybridGenPromptExecutionSettings settings, GenerateOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var generation = await _generate(settings.ToPrompt(prompt), options, cancellationToken).ConfigureAwait(false);
            var text = FinalText.Of(generation, options.Draft.StopStrings);
            return new TextContent(text.Text, _modelId, generation, metadata: new HybridGenMetadata(generation, text, settings.Logprobs == true));
        }
        catch (Exception failure) when (ServiceFailure.IsKnown(failure))
        {
            throw ServiceFailure.Named(failure, _modelId);
        }
    }
}
