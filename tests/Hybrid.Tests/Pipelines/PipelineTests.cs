using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Pipelines;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Pipelines;

public class PipelineTests
{
    // The drafter goes on with what it was given: a misspelled name or word in its own text comes again.
    private const string Text = "Mr. Holloway recieved a letter. He was glad. The old man beleived it at once. He sat down.\nThen he wrote teh answer, and that was all";
    private const string Revised = "Mr. Holloway received a letter. He was glad. The old man believed it at once. He sat down.\nThen he wrote the answer, and that was all";

    private static readonly Pipeline[] Blocks = [new Pipeline.Interleaved { BlockTokens = 5 }, new Pipeline.Interleaved { BlockTokens = 1000 }, new Pipeline.Overlapped { BlockTokens = 4 }];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static GenerateOptions Options(Pipeline pipeline, DraftOptions? draft = null) => new() { Draft = draft ?? new(), Revise = ReviseOptions.Fix, Pipeline = pipeline };

    public static TheoryData<int> All => [.. Enumerable.Range(0, Blocks.Length)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task TheResultIsThatOfTheWholeText(int pipeline)
    {
        await using var engine = Engine();
        var updates = await engine.StreamAsync(DraftPrompt.User("Go"), Options(Blocks[pipeline]), Token).ToListAsync(Token);
        var generation = Assert.Single(updates.OfType<GenerationUpdate.Completed>()).Generation;
        Assert.Equal((Text, Revised), (generation.Draft.Text, generation.Text));
        Assert.Equal(Revised, Revision.Apply(Text, generation.Revision!.Edits));
        Assert.Equal(Text, string.Concat(updates.OfType<GenerationUpdate.Drafted>().Select(update => update.Token.Text)));
        Assert.All(generation.Draft.Tokens, token => Assert.Equal(token.Text, token.Span.Of(Text).ToString()));
        Assert.Equal(Revised, string.Concat(generation.Tokens.Select(token => token.Text)));
        Assert.Equal(StopReason.EndOfText, generation.Draft.Completion.Reason);
        var settled = updates.OfType<GenerationUpdate.Settled>().Select(update => update.Content).ToList();
        Assert.Equal(Revised, string.Concat(settled));
        Assert.True(settled.Count > 1 || Blocks[pipeline] is Pipeline.Interleaved { BlockTokens: 1000 });
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task WithoutARevision_WhatIsDraftedIsFinalAtOnce(int? pipeline)
    {
        await using var engine = Engine(new FakeSessionDrafter(Text));
        var updates = new List<GenerationUpdate>();
        await foreach (var update in engine.StreamAsync(DraftPrompt.User("Go"), Options(pipeline is { } number ? Blocks[number] : new Pipeline.DraftThenRevise()) with { Revise = null }, Token)) updates.Add(update);
        var drafted = updates.OfType<GenerationUpdate.Drafted>().Select(update => update.Token.Text).ToList();
        Assert.Equal(drafted, updates.OfType<GenerationUpdate.Settled>().Select(update => update.Content));
        Assert.IsType<GenerationUpdate.Settled>(updates[1]);
        Assert.Equal(Text, Assert.IsType<GenerationUpdate.Completed>(updates[^1]).Generation.Text);
    }

    [Fact]
    public async Task Interleaved_TheDrafterGoesOnFromTheCorrectedText()
    {
        var drafter = new FakeSessionDrafter(Text);
        await using var engine = Engine(drafter);
        await engine.GenerateAsync(DraftPrompt.User("Go"), Options(Blocks[0]), Token);
        Assert.Equal(["Mr. Holloway received a letter. He", "believed"], [drafter.Replaced[0][..34], drafter.Replaced[1].Split(' ').First(word => word.StartsWith("beli", StringComparison.Ordinal))]);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task MaxTokensAndStopStringsHoldAcrossBlocks(int pipeline)
    {
        await using var engine = Engine();
        var most = await engine.GenerateAsync(DraftPrompt.User("Go"), Options(Blocks[pipeline], new() { MaxTokens = 12 }), Token);
        Assert.Equal((12, StopReason.MaxTokens), (most.Draft.Tokens.Count, most.Draft.Completion.Reason));
        if (Blocks[pipeline] is Pipeline.Overlapped) return; // The fake knows no stop strings; a drafter stops by itself.
        var stopped = await engine.GenerateAsync(DraftPrompt.User("Go"), Options(Blocks[0], new() { StopStrings = ["letter. He", "glad. The old"] }), Token);
        Assert.Equal(("Mr. Holloway received a ", StopReason.StopString), (stopped.Text, stopped.Draft.Completion.Reason));
    }

    [Fact]
    public async Task Interleaved_ADrafterWithoutSessions_IsRefused()
    {
        await using var engine = Engine(new FakeDrafter(Text));
        var failure = await Assert.ThrowsAsync<DraftingException>(() => engine.GenerateAsync(DraftPrompt.User("Go"), Options(Blocks[0]), Token));
        Assert.Contains("fake", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task WithTheMiniPair_TheDraftIsRevised(int pipeline)
    {
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = Repository.MiniModel, DrafterPath = Repository.MiniDrafter, JudgePath = Repository.MiniDrafter });
        var options = Options(Blocks[pipeline], new() { MaxTokens = 60, Sampling = new Sampling.Random { Seed = 3, Temperature = 1.3 } });
        var generation = await engine.GenerateAsync(new DraftPrompt.Raw("The old"), options, Token);
        Assert.Equal(generation.Text, Revision.Apply(generation.Draft.Text, generation.Revision!.Edits));
        Assert.Equal(generation.Text, (await engine.GenerateAsync(new DraftPrompt.Raw("The old"), options, Token)).Text);
        Assert.NotEmpty(generation.Draft.Tokens);
    }

    [Fact]
    public async Task Part_OnlyItChangesAndOnlyItsWindowsAreRead()
    {
        await using var engine = Engine();
        var text = string.Concat(Enumerable.Repeat("He beleived that teh man was old. ", 60));
        var part = new TextSpan(34 * 30, 34);
        var whole = await engine.ReviseAsync(text, ReviseOptions.Fix, cancellationToken: Token);
        var revision = await engine.ReviseAsync(text, ReviseOptions.Fix with { Part = part, Passes = 2 }, cancellationToken: Token);
        Assert.Equal(["believed", "the"], revision.Edits.Select(edit => edit.After));
        Assert.All(revision.Edits, edit => Assert.InRange(edit.Span.Start, part.Start, part.End));
        Assert.True(revision.Forwards < whole.Forwards);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => engine.ReviseAsync("a", new ReviseOptions { Part = new TextSpan(0, 2) }, cancellationToken: Token));
    }

    private static HybridGenEngine Engine(IDrafter? drafter = null) =>
        new(new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null }, (_, _, _) => Task.FromResult(drafter ?? new FakeSessionDrafter(Text)));
}
