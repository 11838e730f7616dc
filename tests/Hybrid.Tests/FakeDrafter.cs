using System.Runtime.CompilerServices;
using HybridGen.Drafting;

namespace HybridGen.Hybrid.Tests;

/// <summary>Drafts a given text, a word a token.</summary>
internal sealed class FakeDrafter(string text) : IDrafter
{
    public string ModelId => "fake";

    public bool IsDisposed { get; private set; }

    public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var at = 0;
        foreach (var word in text.Split(' ').Select((word, i) => i == 0 ? word : " " + word))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return new DraftToken(at, word, new TextSpan(at, word.Length), -1, 1, []);
            at += word.Length;
        }

        yield return new DraftCompleted(StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero);
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
