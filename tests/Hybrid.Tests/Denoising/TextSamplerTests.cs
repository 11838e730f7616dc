using CsCheck;
using HybridGen.Denoising;
using HybridGen.Drafting;
using HybridGen.Models;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>Texts written and gaps filled.</summary>
public sealed class TextSamplerTests : DenoisingTest
{
    private static readonly FakeTokenizer Words = new("The", " cat", " sat", " down", " on", " it", ".", " quick", "\uFFFD");

    private static SamplingOptions Sampling => Plain(64);

    [Fact]
    public Task AContinuationEndsWhereTheModelEndsIt() => On(() =>
    {
        var denoiser = At(Words, (1, " cat"), (2, " sat"), (3, "."), (4, "<end>"));
        var text = new TextSampler(denoiser, Words).Generate("The", new DiffusionOptions { Sampling = Sampling, BlockLength = 2 }, Token);
        Assert.Equal((" cat sat.", SamplingEnd.EndOfText, false), (text.Text, text.Reason, text.IsCutShort));
        Assert.Equal([Words.Id(" cat"), Words.Id(" sat"), Words.Id("."), FakeDenoiser.End], text.Tokens.Select(token => token.Id));
        Assert.All(text.Tokens, token => Assert.Equal(TokenSourceKind.Committed, token.Source.Kind));
    });

    [Fact]
    public Task ASpaceAtThePromptsEndIsNotWrittenTwice() => On(() =>
    {
        var denoiser = At(Words, (1, " cat"), (2, "<end>"));
        Assert.Equal("cat", new TextSampler(denoiser, Words).Generate("The ", new DiffusionOptions { Sampling = Sampling }, Token).Text);
        Assert.Equal([Words.Id("The"), 0], denoiser.Seen[0][0].Take(2).Select(id => (int)id));
    });

    [Fact]
    public Task AnEmptyTextIsSaidToBeOne() => On(() =>
    {
        var text = new TextSampler(At(Words, (1, "<end>")), Words).Generate("The", new DiffusionOptions { Sampling = Sampling }, Token);
        Assert.Equal(("", SamplingEnd.Empty), (text.Text, text.Reason));
        var blank = new TextSampler(At(Words, (1, " "), (2, "<end>")), Words).Generate("The", new DiffusionOptions { Sampling = Sampling }, Token);
        Assert.Equal((" ", SamplingEnd.Empty), (blank.Text, blank.Reason));
    });

    [Fact]
    public Task ControlStringsInAPromptAreTextUnlessTheyAreToBeRead() => On(() =>
    {
        var denoiser = At(Words);
        var sampler = new TextSampler(denoiser, Words);
        sampler.Generate("<end>", new DiffusionOptions { Sampling = Sampling, MaxNewTokens = 1 }, Token);
        sampler.Generate("<end>", new DiffusionOptions { Sampling = Sampling, MaxNewTokens = 1, ReadsControlTokens = true }, Token);
        Assert.Equal([6, 2], denoiser.Seen.Select(pass => pass[0].Length));
    });

    [Fact]
    public Task APromptThatDoesNotFitIsSaidAndAShortRoomIsUsed() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => FakeDenoiser.Only(Words.Id(" it"), Words.VocabularySize), Words.VocabularySize)
        {
            Descriptor = At(Words).Descriptor with { MaxPositions = 6 },
        };
        var sampler = new TextSampler(denoiser, Words);
        var text = sampler.Generate("abcd", new DiffusionOptions { Sampling = Sampling }, Token);
        Assert.Equal((" it it", SamplingEnd.MaxTokens), (text.Text, text.Reason));
        Assert.Contains("6 tokens", Assert.Throws<RefiningException>(() => sampler.Generate("abcdef", new DiffusionOptions(), Token)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task BlocksAreThoseTheModelWasTrainedWith() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => FakeDenoiser.Only(Words.Id(" it"), Words.VocabularySize), Words.VocabularySize)
        {
            Descriptor = At(Words).Descriptor with { Attention = AttentionPattern.BlockCausal, TrainedBlockLengths = [4] },
        };
        var sampler = new TextSampler(denoiser, Words);
        Assert.Equal(" it it it it it", sampler.Generate("The", new DiffusionOptions { Sampling = Sampling, MaxNewTokens = 5 }, Token).Text);
        Assert.Equal([8, 9], denoiser.Seen.Select(pass => pass[0].Length).Distinct());
        Assert.Equal([2, 2, 2, Words.Id("The")], denoiser.Seen[0][0].Take(4).Select(id => (int)id));
        Assert.Contains("blocks of 4", Assert.Throws<ArgumentException>(() => sampler.Generate("The", new DiffusionOptions { BlockLength = 8 }, Token)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task StepsShowTheCanvasAsText() => On(() =>
    {
        var shown = new List<string?>();
        var denoiser = At(Words, (1, " cat"), (2, " sat"), (3, "<end>"));
        var options = Sampling with { OnStep = step => { shown.Add(step.Text); return StepResponse.Accept; } };
        new TextSampler(denoiser, Words).Generate("The", new DiffusionOptions { Sampling = options, MaxNewTokens = 3 }, Token);
        Assert.Equal(["The cat\u2591\u2591", "The cat sat\u2591", "The cat sat"], shown);
    });

    [Fact]
    public Task AGapOfGivenLengthIsFilledAndAllElseIsKept() => On(() =>
    {
        var denoiser = At(Words, (1, " cat"), (2, " sat"));
        var filled = new TextSampler(denoiser, Words).Infill("The XX down.", [new Gap(new TextSpan(4, 2), 2)], new InfillOptions { Sampling = Sampling }, Token);
        Assert.Equal("The cat sat down.", filled.Text);
        var gap = Assert.Single(filled.Gaps);
        Assert.Equal((new TextSpan(4, 2), new TextSpan(4, 7), "cat sat", SamplingEnd.Filled), (gap.Span, gap.Filled, gap.Text, gap.Reason));
        Assert.Equal(2, gap.Tokens.Count);
        Assert.Equal(gap.Tokens.Average(token => Math.Log(token.Source.Confidence)), gap.MeanLogProbability, 9);
    });

    [Fact]
    public Task AFreeLengthIsTheOneTheModelIsSurestOf() => On(() =>
    {
        // Sure of its words only where exactly three places are masked.
        float[] Logits(long[] row, int i) => FakeDenoiser.Only(Words.Id(i switch { 1 => " cat", 2 => " sat", _ => " down" }), Words.VocabularySize, row.Count(id => id != FakeDenoiser.Pad) == 5 ? 9 : 2);
        var denoiser = new FakeDenoiser(Logits, Words.VocabularySize);
        var filled = new TextSampler(denoiser, Words).Infill("The.", [new Gap(new TextSpan(3, 0))], new InfillOptions { Sampling = Sampling, MaxTokens = 6 }, Token);
        Assert.Equal("The cat sat down.", filled.Text);
        // One pass for all six lengths, three for the places of the longest that was written.
        Assert.Equal([1, 2, 3, 4, 5, 6], denoiser.Seen[0].Select(row => row.Count(id => id == FakeDenoiser.Mask)));
        Assert.Equal(denoiser.Seen.Count, filled.Forwards);
        Assert.Equal(3, denoiser.Seen[1].Length);
    });

    [Fact]
    public Task TheLengthThatLooksBestAtFirstIsEnoughWhereOnlyOneIsWritten() => On(() =>
    {
        float[] Logits(long[] row, int i) => FakeDenoiser.Only(Words.Id(" it"), Words.VocabularySize, row.Count(id => id != FakeDenoiser.Pad) == 5 ? 9 : 2);
        var options = new InfillOptions { Sampling = Sampling, MaxTokens = 6, LengthsWritten = 1 };
        Assert.Equal("The it it it.", new TextSampler(new FakeDenoiser(Logits, Words.VocabularySize), Words).Infill("The.", [new Gap(new TextSpan(3, 0))], options, Token).Text);
    });

    [Fact]
    public Task ALengthThatLooksBestAtFirstGivesWayToOneThatReadsBetter() => On(() =>
    {
        // Two places look good together, but the second no longer does once the first is written; one place alone is middling.
        float[] Logits(long[] row, int i) => FakeDenoiser.Only(Words.Id(" it"), Words.VocabularySize, row.Count(id => id == FakeDenoiser.Mask) == 2 ? 5 : row.Contains(Words.Id(" it")) ? 0.5f : 3);
        var options = new InfillOptions { Sampling = Sampling, MaxTokens = 2, LengthsWritten = 2 };
        Assert.Equal("The it.", new TextSampler(new FakeDenoiser(Logits, Words.VocabularySize), Words).Infill("The.", [new Gap(new TextSpan(3, 0))], options, Token).Text);
    });

    [Fact]
    public Task SeveralGapsAreFilledTogether() => On(() =>
    {
        float[] Logits(long[] row, int i) => FakeDenoiser.Only(Words.Id(i > 0 && row[i - 1] == Words.Id("The") ? " cat" : " it"), Words.VocabularySize, 9);
        var denoiser = new FakeDenoiser(Logits, Words.VocabularySize);
        Gap[] gaps = [new(new TextSpan(11, 1), 1), new(new TextSpan(3, 0), 1)];
        var filled = new TextSampler(denoiser, Words).Infill("The sat on X.", gaps, new InfillOptions { Sampling = Sampling }, Token);
        Assert.Equal("The cat sat on it.", filled.Text);
        Assert.Equal(["", "X"], filled.Gaps.Select(gap => gap.Span.Of("The sat on X.").ToString()));
        Assert.All(filled.Gaps, gap => Assert.Equal(gap.Text, gap.Filled.Of(filled.Text).ToString()));
    });

    [Fact]
    public Task ATextLongerThanTheContextIsFilledGapByGap() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => FakeDenoiser.Only(Words.Id(" it"), Words.VocabularySize), Words.VocabularySize) { Descriptor = At(Words).Descriptor with { MaxPositions = 11 } };
        var text = new string('a', 30) + " X " + new string('b', 30) + " Y " + new string('c', 5);
        Gap[] gaps = [new(new TextSpan(31, 1), 1), new(new TextSpan(64, 1), 1)];
        var filled = new TextSampler(denoiser, Words).Infill(text, gaps, new InfillOptions { Sampling = Sampling }, Token);
        Assert.Equal(text.Replace('X', '*').Replace('Y', '*').Replace("*", "it", StringComparison.Ordinal), filled.Text);
        Assert.All(denoiser.Seen, pass => Assert.InRange(pass[0].Length, 10, 11));
        Assert.Contains("may have 12", Assert.Throws<RefiningException>(() => new TextSampler(denoiser, Words).Infill(text, [gaps[0] with { Tokens = 12 }], new InfillOptions(), Token)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task EndsAndControlTokensNeverStandInAGap() => On(() =>
    {
        float[] row = new float[Words.VocabularySize];
        (row[0], row[1], row[2], row[Words.Id(" cat")]) = (9, 9, 9, 1);
        var filled = new TextSampler(new FakeDenoiser((_, _) => row, Words.VocabularySize), Words).Infill("The.", [new Gap(new TextSpan(3, 0), 1)], new InfillOptions { Sampling = Sampling }, Token);
        Assert.Equal("The cat.", filled.Text);
    });

    [Fact]
    public Task WordPiecesJoinTheirNeighbours() => On(() =>
    {
        var pieces = new FakeTokenizer("the", "cat", "sat", "quick", "##ly", ".") { JoinsWords = true, Template = ([1], [2]) };
        string Filled(string text, int at, string piece) => new TextSampler(Everywhere(pieces, piece), pieces).Infill(text, [new Gap(new TextSpan(at, 0), 1)], new InfillOptions { Sampling = Sampling }, Token).Text;
        Assert.Equal("the cat sat", Filled("the sat", 3, "cat"));
        Assert.Equal("the cat sat", Filled("the  sat", 4, "cat"));
        Assert.Equal("quickly sat", Filled("quick sat", 5, "##ly"));
        Assert.Equal("cat the", Filled("the", 0, "cat"));
    });

    [Fact]
    public Task BrokenCharactersAreLeftOut() => On(() =>
    {
        var filled = new TextSampler(Everywhere(Words, "\uFFFD"), Words).Infill("The.", [new Gap(new TextSpan(3, 0), 1)], new InfillOptions { Sampling = Sampling }, Token);
        Assert.Equal("The.", filled.Text);
    });

    [Fact]
    public Task ACancelledFillKeepsWhatStoodInTheGap() => On(() =>
    {
        var filled = new TextSampler(Everywhere(Words, " cat"), Words).Infill("The XX.", [new Gap(new TextSpan(3, 3))], new InfillOptions { Sampling = Sampling }, new CancellationToken(canceled: true));
        Assert.Equal(("The XX.", SamplingEnd.Cancelled, 0), (filled.Text, filled.Reason, filled.Forwards));
        var cut = new TextSampler(Everywhere(Words, " cat"), Words).Infill("The XX.", [new Gap(new TextSpan(3, 3))], new InfillOptions { Sampling = Sampling with { MaxForwards = 2 } }, Token);
        Assert.Equal((SamplingEnd.MaxForwards, 2), (cut.Reason, cut.Forwards));
    });

    [Fact]
    public Task VisibleTextIsNeverTouched() => On(() =>
        Gen.Select(Gen.String[Gen.Char[" .\nab\u00e9\u4e2d"], 0, 12].Array[1, 4], Gen.Int[0, 2].Array[4], Gen.Int[1, 3]).Sample((parts, holes, tokens) =>
        {
            var (text, gaps) = (parts[0], new List<Gap>());
            foreach (var (part, hole) in parts.Skip(1).Zip(holes))
            {
                gaps.Add(new Gap(new TextSpan(text.Length, hole), tokens));
                text += new string('#', hole) + part;
            }

            var filled = new TextSampler(Everywhere(Wide, " cat"), Wide).Infill(text, gaps, new InfillOptions { Sampling = Sampling }, Token);
            var rest = filled.Text;
            foreach (var gap in filled.Gaps.Reverse()) rest = rest.Remove(gap.Filled.Start, gap.Filled.Length);
            return rest == string.Concat(parts);
        }, iter: 100, threads: 1));

    [Theory]
    [InlineData(2, 3, 4, 1, 1, "overlaps")]
    [InlineData(2, 9, 4, 1, 1, "lies outside")]
    [InlineData(-1, 1, 4, 1, 1, "lies outside")]
    [InlineData(0, 1, 4, 1, 0, "has 0 tokens")]
    [InlineData(6, 1, 4, 1, 1, "halves of a character")]
    public Task GapsThatAreNoneAreSaid(int start, int length, int second, int secondLength, int tokens, string said) => On(() =>
    {
        var sampler = new TextSampler(At(Words), Words);
        Gap[] gaps = [new(new TextSpan(start, length), 1), new(new TextSpan(second, secondLength), tokens)];
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => sampler.Infill("abcde\U0001F600f", gaps, new InfillOptions(), Token)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task ATextWithoutGapsIsItself() => On(() =>
    {
        var filled = new TextSampler(At(Words), Words).Infill("The cat.", [], new InfillOptions(), Token);
        Assert.Equal(("The cat.", 0, 0), (filled.Text, filled.Gaps.Count, filled.Forwards));
    });

    private static FakeTokenizer Wide { get; } = new(" cat", "\u00e9", "\u4e2d");

    private static FakeDenoiser Everywhere(FakeTokenizer tokenizer, string piece) =>
        new((_, _) => FakeDenoiser.Only(tokenizer.Id(piece), tokenizer.VocabularySize), tokenizer.VocabularySize);

    /// <summary>Wants these pieces at these places, the first ones most.</summary>
    private static FakeDenoiser At(FakeTokenizer tokenizer, params (int Place, string Piece)[] wanted)
    {
        float[] Logits(long[] row, int i)
        {
            var piece = wanted.FirstOrDefault(want => want.Place == i).Piece;
            return FakeDenoiser.Only(piece is null ? tokenizer.Id("x") : piece == "<end>" ? FakeDenoiser.End : tokenizer.Id(piece), tokenizer.VocabularySize, 20 - i);
        }

        return new FakeDenoiser(Logits, tokenizer.VocabularySize);
    }
}
