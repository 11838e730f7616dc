using System.Globalization;
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
        : this((engine ?? throw new ArgumentNullException(nameof(engine))).GenerateAsync, Path.GetFileNameWithoutExtension(engine.Options.DrafterPath)) { }

    internal HybridGenTextGenerationService(Generating generate, string modelId)
    {
        _generate = generate;
        _modelId = modelId;
        Attributes = new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = modelId };
    }

    /// <summary>What is known of the service: <c>ModelId</c>, the drafter's file name without its extension.</summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <summary>Returns one text: the revised draft.</summary>
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
        var generation = await GenerateAsync(prompt, executionSettings, cancellationToken).ConfigureAwait(false);
        return [new TextContent(generation.Text, _modelId, generation, metadata: new HybridGenMetadata(generation))];
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
        var generation = await GenerateAsync(prompt, executionSettings, cancellationToken).ConfigureAwait(false);
        var start = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var end = EndOfWord(generation.Text, start);
            var last = end == generation.Text.Length;
            yield return new StreamingTextContent(
                generation.Text[start..end],
                modelId: _modelId,
                innerContent: last ? generation : null,
                metadata: last ? new HybridGenMetadata(generation) : null);
            start = end;
        }
        while (start < generation.Text.Length);
    }

    private async Task<Generation> GenerateAsync(string prompt, PromptExecutionSettings? executionSettings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var settings = HybridGenPromptExecutionSettings.FromExecutionSettings(executionSettings);
        var options = settings.ToOptions();
        try
        {
            return await _generate(settings.ToPrompt(prompt), options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (ServiceFailure.IsKnown(failure))
        {
            throw ServiceFailure.Named(failure, _modelId);
        }
    }

    /// <summary>Index just past the word at <paramref name="start"/> and the white space after it; graphemes stay whole.</summary>
    private static int EndOfWord(string text, int start)
    {
        var inSpace = false;
        for (var end = start; end < text.Length;)
        {
            var next = end + StringInfo.GetNextTextElementLength(text, end);
            var space = text.AsSpan(end, next - end).IsWhiteSpace();
            if (inSpace && !space) return end;
            inSpace = space;
            end = next;
        }

        return text.Length;
    }
}
