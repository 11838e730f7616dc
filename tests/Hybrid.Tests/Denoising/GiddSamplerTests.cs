using HybridGen.Denoising;
using HybridGen.Models;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>Denoisers that revise visible tokens; their exact numbers are checked by the recorded runs.</summary>
public sealed class GiddSamplerTests : DenoisingTest
{
    private static readonly DenoiserDescriptor Kind = new()
    {
        Family = "dit",
        MaskId = 0,
        EosId = 1,
        VocabularySize = 20,
        MaxPositions = 64,
        IsTimeConditioned = true,
        ScoresVisibleTokens = true,
    };

    private static FakeDenoiser Wanting(Func<int, int> token, float logit = 12) => new((_, i) => FakeDenoiser.Only(token(i), 20, logit), 20) { Descriptor = Kind };

    [Fact]
    public Task MasksBecomeTextAndWhatWasGivenStays() => On(() =>
    {
        var result = GiddSampler.Generate(Wanting(i => 4 + i), [new DenoisingCanvas([7, 0, 0, 8, 0], 0)], Options(20), Token)[0];
        Assert.Equal([7, 5, 6, 8, 8], result.Ids);
        Assert.Equal((SamplingEnd.Filled, 20, 20), (result.Reason, result.Steps, result.Forwards));
    });

    [Fact]
    public Task WrongTokensAreReplacedOneByOneUntilTheTextAgreesWithTheModel() => On(() =>
    {
        var steps = new List<int>();
        var options = Options(50, step => { steps.Add(step.Committed.Count); return StepResponse.Accept; });
        var result = GiddSampler.Correct(Wanting(i => 4 + i), [new DenoisingCanvas([4, 9, 6, 15, 8], 0, isFixed: i => i == 0)], options, Token)[0];
        Assert.Equal([4, 5, 6, 7, 8], result.Ids);
        Assert.Equal([1, 1], steps.Take(2));
        Assert.Equal((SamplingEnd.Filled, 3), (result.Reason, result.Forwards));
        Assert.Equal([TokenSourceKind.Given, TokenSourceKind.Committed, TokenSourceKind.Draft, TokenSourceKind.Committed, TokenSourceKind.Draft], result.Sources.Select(source => source.Kind));
    });

    [Fact]
    public Task ItEndsWhenAgreementNoLongerRises() => On(() =>
    {
        // Every place is as good as any: it would change tokens for ever.
        var options = Options(500) with { Patience = 4, CorrectionTemperature = 100 };
        Assert.InRange(GiddSampler.Correct(Wanting(_ => 5, 0.1f), [new DenoisingCanvas([6, 6, 6], 0, isFixed: _ => false)], options, Token)[0].Forwards, 5, 100);
    });

    [Fact]
    public Task ItCanBeCutShort() => On(() =>
    {
        var options = Options(20, step => step.Step == 3 ? StepResponse.Stop : StepResponse.Accept);
        Assert.Equal((SamplingEnd.Stopped, 3), GiddSampler.Generate(Wanting(_ => 5), [new DenoisingCanvas([0, 0], 0)], options, Token)[0] is var cut ? (cut.Reason, cut.Steps) : default);
        var limited = Options(20) with { Limits = new() { Steps = 20, MaxForwards = 2, Seed = 1 } };
        Assert.Equal((SamplingEnd.MaxForwards, 2), GiddSampler.Generate(Wanting(_ => 5), [new DenoisingCanvas([0, 0], 0)], limited, Token)[0] is var few ? (few.Reason, few.Steps) : default);
    });

    [Fact]
    public Task TheSameSeedGivesTheSameText() => On(() =>
    {
        int[] Text(ulong seed) => [.. GiddSampler.Generate(Wanting(_ => 5, 1), [new DenoisingCanvas(Masks(30), 0)], Options(6) with { Limits = new() { Steps = 6, Seed = seed } }, Token)[0].Ids];
        Assert.Equal(Text(4), Text(4));
        Assert.NotEqual(Text(4), Text(5));
    });

    [Fact]
    public Task AWrittenTextCorrectsItselfAndOtherModelsRefuse() => On(() =>
    {
        var words = new FakeTokenizer("The", " cat", " sat", ".");
        // Written wrongly while masks are left, seen rightly once all is there.
        float[] Logits(long[] row, int i) => FakeDenoiser.Only(i == 3 ? 1 : row.Contains(0) ? words.Id(".") : words.Id(i == 1 ? " cat" : " sat"), words.VocabularySize, 12);
        var denoiser = new FakeDenoiser(Logits, words.VocabularySize) { Descriptor = Kind with { VocabularySize = words.VocabularySize } };
        var options = new DiffusionOptions { Sampling = Plain(8), MaxNewTokens = 3, CorrectionSteps = 10 };
        var text = new TextSampler(denoiser, words).Generate("The", options, Token);
        Assert.Equal((" cat sat", SamplingEnd.EndOfText), (text.Text, text.Reason));
        Assert.Equal([4, 5], text.Tokens.Take(2).Select(token => token.Source.Step).Order());
        var other = new FakeDenoiser(Logits, words.VocabularySize);
        Assert.Contains("never trained on wrong tokens", Assert.Throws<ArgumentException>(() => new TextSampler(other, words).Generate("The", options, Token)).Message, StringComparison.Ordinal);
        Assert.Empty(other.Seen);
    });

    private static GiddOptions Options(int steps, Func<SamplingStep, StepResponse>? onStep = null) => new() { Limits = new() { Steps = steps, Seed = 2, OnStep = onStep } };
}
