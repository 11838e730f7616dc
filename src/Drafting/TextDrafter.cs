using System.Runtime.CompilerServices;

namespace HybridGen.Drafting;

/// <summary>A text that the caller brings as the draft, whatever the prompt: it only remains to be revised.</summary>
/// <param name="text">The text; it is handed on as it is, whatever the options.</param>
/// <param name="modelId">Where it comes from, as results report it.</param>
public sealed class TextDrafter(string text, string modelId = "text") : IDrafter
{
    /// <inheritdoc/>
    public string ModelId => modelId;

    /// <inheritdoc/>
    /// <remarks>The text is one token without a log-probability.</remarks>
    public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask.ConfigureAwait(false);
        if (text.Length > 0) yield return new DraftToken(null, text, new TextSpan(0, text.Length), null, null, []);
        yield return new DraftCompleted(StopReason.EndOfText, 0, TimeSpan.Zero, TimeSpan.Zero);
    }

    /// <summary>Does nothing.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
