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
    private readonly Streaming _stream;
    private readonly string _modelId;
    private readonly int _atOnce;

    /// <summary>Creates the service over an engine, which it does not dispose.</summary>
    public HybridGenTextGenerationService(HybridGenEngine engine)
        : this((engine ?? throw new ArgumentNullException(nameof(engine))).StreamAsync, engine.DrafterId, engine.Options.Sequences) { }

    internal HybridGenTextGenerationService(Streaming stream, string modelId, int atOnce = 1)
    {
        (_stream, _modelId, _atOnce) = (stream, modelId, atOnce);
        Attributes = new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = modelId };
    }

    /// <summary>What is known of the service: <c>ModelId</c>, the drafter's file name without its extension.</summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <summary>Returns the revised draft, or as many as the settings ask for; as many at once as <see cref="HybridGenOptions.Sequences"/>.</summary>
    /// <param name="prompt">A user's turn, or with <see cref="HybridGenPromptExecutionSettings.Raw"/> the text to go on with.</param>
    /// <param name="executionSettings">Any settings that <see cref="HybridGenPromptExecutionSettings.FromExecutionSettings"/> reads.</param>
    /// <param name="kernel">Not used.</param>
    /// <param name="cancellationToken">Stops the draft or the revision.</param>
    /// <exception cref="ArgumentException">A setting is unknown, of the wrong type, or out of range.</exception>
    /// <exception cref="KernelException">The engine refused or failed; the message says why, and the inner exception is the engine's own.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    public async Task<IReadOnlyList<TextContent>> GetTextContentsAsync(
        string prompt,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var requests = Requests(executionSettings);
        return await new Choices(requests.Count, _atOnce).AllAsync((choice, token) => GetTextContentAsync(prompt, requests[choice].Settings, requests[choice].Options, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Streams the revised draft, word by word, or several, one after the other, each with its number (<see cref="StreamingKernelContent.ChoiceIndex"/>).</summary>
    /// <remarks>
    /// Only final text is streamed. With the default pipeline the revision can change any word of the draft, so that the first item comes once it
    /// is done; with <c>interleaved</c> or <c>overlapped</c> (<see cref="HybridGenPromptExecutionSettings.Pipeline"/>) the text comes sentence by
    /// sentence while the draft is written, and token by token where nothing is revised. The last item carries the <see cref="HybridGenMetadata"/>, with the draft and the edits. To watch the draft being written use
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
        var parts = requests.Count == 1 ? StreamAsync(0, cancellationToken) : new Choices(requests.Count, _atOnce).StreamAsync(StreamAsync, cancellationToken);
        await foreach (var part in parts.ConfigureAwait(false)) yield return part;

        async IAsyncEnumerable<StreamingTextContent> StreamAsync(int choice, [EnumeratorCancellation] CancellationToken token)
        {
            var (settings, options) = requests[choice];
            var settled = new SettledText(options.Draft.StopStrings);
            await foreach (var update in ServiceFailure.NamedAsync(_stream(settings.ToPrompt(prompt), options, token), ServiceFailure.Of(_modelId), token).ConfigureAwait(false))
                foreach (var part in Parts(update, settled, options, settings, choice))
                {
                    token.ThrowIfCancellationRequested();
                    yield return part;
                }
        }
    }

    private IEnumerable<StreamingTextContent> Parts(GenerationUpdate update, SettledText settled, GenerateOptions options, HybridGenPromptExecutionSettings settings, int choice) => update switch
    {
        GenerationUpdate.Settled { Content: var text } => settled.Add(text).Select(word => new StreamingTextContent(word, choice, _modelId)),
        GenerationUpdate.Completed { Generation: var generation } => Rest(Content(generation, settings, options), settled.Sent, choice),
        _ => [],
    };

    private IEnumerable<StreamingTextContent> Rest(TextContent content, int sent, int choice)
    {
        var words = FinalText.Words(content.Text![sent..]).DefaultIfEmpty("").ToList();
        for (var i = 0; i < words.Count; i++)
        {
            var isLast = i == words.Count - 1;
            yield return new StreamingTextContent(words[i], choice, _modelId, isLast ? content.InnerContent : null, metadata: isLast ? content.Metadata : null);
        }
    }

    /// <summary>What is asked for, checked as a whole before anything is written.</summary>
    private static List<(HybridGenPromptExecutionSettings Settings, GenerateOptions Options)> Requests(PromptExecutionSettings? settings) =>
        [.. HybridGenPromptExecutionSettings.FromExecutionSettings(settings).Each().Select(one => (one, one.ToOptions()))];

    private async Task<TextContent> GetTextContentAsync(string prompt, HybridGenPromptExecutionSettings settings, GenerateOptions options, CancellationToken cancellationToken)
    {
        await foreach (var update in ServiceFailure.NamedAsync(_stream(settings.ToPrompt(prompt), options, cancellationToken), ServiceFailure.Of(_modelId), cancellationToken).ConfigureAwait(false))
            if (update is GenerationUpdate.Completed { Generation: var generation }) return Content(generation, settings, options);
        throw new InvalidOperationException("The stream ended without a generation.");
    }

    private TextContent Content(Generation generation, HybridGenPromptExecutionSettings settings, GenerateOptions options)
    {
        var text = FinalText.Of(generation, options.Draft.StopStrings);
        return new TextContent(text.Text, _modelId, generation, metadata: new HybridGenMetadata(generation, text, settings.Logprobs == true));
    }
}
