using HybridGen.Drafting;
using HybridGen.Pipelines;

namespace HybridGen.Hybrid.Tests.Pipelines;

public class UnrevisedTextTests
{
    private const string Text = "<t>so</t>The sea<x";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What is thought is not said; what may become a mark is said once it cannot, at the latest at the end.</summary>
    [Fact]
    public async Task WhatIsHeldBackIsSettledWhenItIsCertain()
    {
        var updates = new List<GenerationUpdate>();
        await foreach (var update in UnrevisedText.SettledAsync(Stream(), Token)) updates.Add(update);
        Assert.Equal(["The", " sea", "<x"], updates.OfType<GenerationUpdate.Settled>().Select(update => update.Content));
        Assert.IsType<GenerationUpdate.Completed>(updates[^1]);
    }

    private static async IAsyncEnumerable<GenerationUpdate> Stream()
    {
        await Task.CompletedTask;
        MessagePiece thinking = new(MessagePieceKind.Thinking, new(0, 9)), content = new(MessagePieceKind.Content, new(9, 9));
        DraftToken[] tokens =
        [
            Drafted(0, "<t>so") with { Pieces = [] },
            Drafted(5, "</t>T") with { Pieces = [thinking] },
            Drafted(10, "he") with { Pieces = [new(MessagePieceKind.Content, new(9, 3))] },
            Drafted(12, " sea"),
            Drafted(16, "<x") with { Pieces = [] },
        ];
        foreach (var token in tokens) yield return new GenerationUpdate.Drafted(token);
        var end = new DraftCompleted(StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero) { Message = DraftedMessage.Of(Text, [thinking, content]) };
        yield return new GenerationUpdate.Completed(new Generation(Draft.From(tokens, end), null));
    }

    private static DraftToken Drafted(int start, string text) => new(null, text, new TextSpan(start, text.Length), null, null, []);
}
