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

/// <summary>Drafts a given text, a word a token, also in blocks; corrections do not change how it goes on.</summary>
internal sealed class FakeSessionDrafter(string text) : ISessionDrafter, IDraftSession
{
    private readonly string[] _words = [.. text.Split(' ').Select((word, i) => i == 0 ? word : " " + word)];
    private int _next;

    public string ModelId => "fake";

    public string Text { get; private set; } = "";

    /// <summary>The texts that corrections left.</summary>
    public List<string> Replaced { get; } = [];

    public IDraftSession StartSession()
    {
        (_next, Text) = (0, "");
        return this;
    }

    public IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, CancellationToken cancellationToken = default)
    {
        (_next, Text) = (0, "");
        return ContinueAsync(options, cancellationToken);
    }

    public async IAsyncEnumerable<DraftUpdate> ContinueAsync(DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (at, count) = (0, 0);
        for (; _next < _words.Length && count < options.MaxTokens; count++, at += _words[_next++].Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Delay(1, cancellationToken);
            Text += _words[_next];
            yield return new DraftToken(_next, _words[_next], new TextSpan(at, _words[_next].Length), -1, 1, []);
        }

        yield return new DraftCompleted(_next == _words.Length ? StopReason.EndOfText : StopReason.MaxTokens, 1, TimeSpan.Zero, TimeSpan.Zero);
    }

    public void Replace(int from, string text)
    {
        Text = Text[..from] + text;
        Replaced.Add(Text);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
