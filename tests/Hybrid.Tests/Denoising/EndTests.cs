using HybridGen.Denoising;
using HybridGen.Models;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>Where a text ends, how a canvas grows, and what is done about one token over and over.</summary>
public sealed class EndTests : DenoisingTest
{
    /// <summary>Token 5 everywhere, and an end wanted at a place, less surely than anything before it.</summary>
    private static FakeDenoiser EndingAt(int end) => FakeDenoiser.Wanting(i => i == end ? FakeDenoiser.End : 5, strength: i => 9 - 0.1f * i);

    [Fact]
    public Task ACanvasGrowsByBlocksUntilItsEnd() => On(() =>
    {
        var denoiser = EndingAt(9);
        var result = Grow(denoiser, [7, 8], block: 4, tokens: 40, Plain(40));
        Assert.Equal([7, 8, 5, 5, 5, 5, 5, 5, 5, FakeDenoiser.End], result.Ids);
        Assert.Equal((SamplingEnd.EndOfText, 2), (result.Reason, result.PromptLength));
        Assert.Equal([6, 10], denoiser.Seen.Select(pass => pass[0].Length).Distinct());
    });

    [Fact]
    public Task WithoutAnEndItStopsAtTheLargestLength() => On(() =>
    {
        var result = Grow(EndingAt(-1), [7], block: 4, tokens: 10, Plain(10));
        Assert.Equal((11, SamplingEnd.MaxTokens), (result.Ids.Count, result.Reason));
        Assert.Equal([1, 4, 4, 2], result.Sources.CountBy(source => (source.Step + 3) / 4).Select(group => group.Value));
    });

    [Fact]
    public Task BehindTheFirstEndNothingIsDecodedShownOrCounted() => On(() =>
    {
        // The end at 6 is surest of all; then the one at 3; 4 and 5 are never written, and nothing behind an end is shown again.
        var denoiser = FakeDenoiser.Wanting(i => i is 3 or 6 ? FakeDenoiser.End : 5, strength: i => i switch { 6 => 9, 3 => 8, _ => 3 });
        var result = Grow(denoiser, [7], block: 8, tokens: 8, Plain(8));
        Assert.Equal([7, 5, 5, FakeDenoiser.End], result.Ids);
        Assert.Equal([9, 7, 4, 4], denoiser.Seen.Select(pass => pass[0].Length));
        Assert.Equal([8, 5, 2, 1], denoiser.Asked);
        Assert.Equal(4, result.Steps);
    });

    [Fact]
    public Task TokensCommittedTogetherWithAnEarlierEndDoNotStand() => On(() =>
    {
        var committed = new List<int>();
        var denoiser = FakeDenoiser.Wanting(i => i == 3 ? FakeDenoiser.End : 5);
        var result = Grow(denoiser, [7], 8, 8, Plain(1) with { OnStep = step => { committed.AddRange(step.Committed.Select(choice => choice.Position)); return StepResponse.Accept; } });
        Assert.Equal([7, 5, 5, FakeDenoiser.End], result.Ids);
        Assert.Equal([1, 2, 3], committed.Order());
    });

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public Task AnEndAtOnceIsAnEmptyTextUnlessItIsForbiddenForAWhile(int least) => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => [0, 6, 0, 0, 0, 3], 6);
        var result = Grow(denoiser, [4], 8, 16, Plain(16) with { End = new EndRule.First { MinTokens = least } });
        Assert.Equal([4, .. Enumerable.Repeat(5, least), FakeDenoiser.End], result.Ids);
        Assert.Equal(least == 0 ? SamplingEnd.Empty : SamplingEnd.EndOfText, result.Reason);
    });

    [Fact]
    public Task AnEndThatTheCallerRejectsEndsNothing() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, i) => FakeDenoiser.Only(i == 2 ? FakeDenoiser.End : 5, 8, 6).Select((logit, id) => id == 6 ? 3 : logit).ToArray(), 8);
        StepResponse Answer(SamplingStep step) => new() { Reject = [.. step.Committed.Where(choice => choice.Id == FakeDenoiser.End).Select(choice => choice.Position)] };
        var result = Grow(denoiser, [7], 5, 5, Plain(1) with { OnStep = Answer });
        Assert.Equal([7, 5, 6, 5, 5, 5], result.Ids);
        Assert.Equal([0, 1, 2, 2, 2, 2], result.Sources.Select(source => source.Step));
        Assert.Equal(SamplingEnd.MaxTokens, result.Reason);
    });

    [Fact]
    public Task ReferencesDecodeEveryPlaceWhateverEnds() => On(() =>
    {
        var denoiser = FakeDenoiser.Wanting(i => i == 3 ? FakeDenoiser.End : 5);
        var options = Plain(8) with { End = new EndRule.Ignored() };
        Assert.Equal([7, 5, 5, 1, 5, 5, 5, 5, 5], Run(denoiser, [7], new BlockRule.AfterPrompt(4, 8), options).Ids);
        Assert.Equal([7, 5, 5, 1, 5], Run(denoiser, [7], new BlockRule.Growing(4, 8), options with { End = new EndRule.Block() }).Ids);
    });

    [Fact]
    public Task AnEndInAGapCutsNothingOfTheGivenText() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => [0, 6, 0, 0, 0, 3], 6);
        Assert.Equal([4, 1, 4, 4], Run(denoiser, [4, 0, 4, 4], new BlockRule.Columns(4), Plain(4)).Ids);
        Assert.Equal([4, 5, 4, 4], Fill(denoiser, [4, 0, 4, 4], Plain(4)).Ids);
    });

    [Fact]
    public Task CanvasesOfOneRunEndEachInItsOwnTime() => On(() =>
    {
        float[] Logits(long[] row, int i) => FakeDenoiser.Only(i == (row[0] == 7 ? 3 : 9) ? FakeDenoiser.End : 5, 20);
        var results = DiffusionSampler.Run(new FakeDenoiser(Logits, 20), [new DenoisingCanvas([7], 0), new DenoisingCanvas([8, 9], 0)], new BlockRule.Growing(4, 20), Plain(20), Token);
        Assert.Equal([7, 5, 5, 1], results[0].Ids);
        Assert.Equal([8, 9, 5, 5, 5, 5, 5, 5, 5, 1], results[1].Ids);
    });

    [Fact]
    public Task ARunOfOneTokenIsWrittenAnewWithOthers() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => [0, 0, 0, 0, 6, 5, 4, 3], 8);
        var result = Fill(denoiser, Masks(12), Plain(12) with { Runs = new RunRule.Remasked { Length = 4 } });
        Assert.Equal(SamplingEnd.Filled, result.Reason);
        Assert.InRange(LongestRun(result.Ids), 1, 3);
        Assert.Empty(result.Runs);
    });

    [Fact]
    public Task AMarkedRunIsToldAndNotMadeLonger() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, i) => FakeDenoiser.Only(4, 8, 9 - 0.1f * i).Select((logit, id) => id == 5 ? 1 : logit).ToArray(), 8);
        var result = Fill(denoiser, Masks(9), Plain(9) with { Runs = new RunRule.Marked { Length = 4 } });
        Assert.Equal([4, 4, 4, 4, 5, 4, 4, 4, 4], result.Ids);
        Assert.Equal([new RepeatedRun(0, 4, 4), new RepeatedRun(5, 4, 4)], result.Runs);
        var ignored = Fill(denoiser, Masks(9), Plain(9));
        Assert.Equal((9, 0), (LongestRun(ignored.Ids), ignored.Runs.Count));
    });

    [Fact]
    public Task ARunThatCannotBeWrittenOtherwiseIsMarked() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => [0, 0, 0, 0, 6, 5, 4, 3], 8);
        var result = Fill(denoiser, Masks(6), Plain(6) with { Runs = new RunRule.Remasked { Length = 3 }, MaxRemasks = 0 });
        Assert.NotEmpty(result.Runs);
        Assert.DoesNotContain(0, result.Ids);
    });

    [Fact]
    public Task GivenTokensAreNoRun() => On(() =>
    {
        var denoiser = FakeDenoiser.Wanting(_ => 4);
        Assert.Equal([4, 4, 4, 4, 4, 4], Fill(denoiser, [4, 4, 4, 4, 0, 4], Plain(1) with { Runs = new RunRule.Remasked { Length = 3 } }).Ids);
    });

    [Fact]
    public Task BlockCausalAttentionSeesItsBlockAndThoseBefore() => On(() =>
    {
        var denoiser = FakeDenoiser.Wanting(_ => 5);
        var blocks = new FakeDenoiser((_, _) => FakeDenoiser.Only(5, 20), 20) { Descriptor = denoiser.Descriptor with { Attention = AttentionPattern.BlockCausal } };
        DiffusionSampler.Run(blocks, [new DenoisingCanvas([FakeDenoiser.Pad, 7, 8, 9], 0, padding: 1)], new BlockRule.Growing(4, 4), Plain(1), Token);
        var seen = blocks.Attention.Chunk(8).ToArray();
        Assert.Equal(8, seen.Length);
        Assert.Equal([false, true, true, true, false, false, false, false], seen[2]);
        Assert.Equal([false, true, true, true, true, true, true, true], seen[5]);
        Assert.Equal([0, 0, 1, 2, 3, 4, 5, 6], blocks.Positions);
    });

    private static int LongestRun(IReadOnlyList<int> ids)
    {
        var (longest, run) = (1, 1);
        for (var i = 1; i < ids.Count; i++)
        {
            run = ids[i] == ids[i - 1] ? run + 1 : 1;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
