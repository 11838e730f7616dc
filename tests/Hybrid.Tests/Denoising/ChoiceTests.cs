using HybridGen.Denoising;
using HybridGen.Models;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>Which token is chosen, and how sure the choice is said to be.</summary>
public sealed class ChoiceTests : DenoisingTest
{
    private static readonly float[] Uneven = [-9, -9, -9, 2f, 1.5f, 0.5f, -0.5f, 0];

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2.5)]
    public Task TemperatureDrawsFromTheTemperedSoftmax(double temperature) => On(() =>
    {
        const int Draws = 4000;
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        var result = Fill(denoiser, Masks(Draws), Plain(1) with { Temperature = temperature, Seed = 5, ForbidsMask = false });
        var expected = Softmax(Uneven, temperature);
        var chi = Enumerable.Range(0, Uneven.Length).Where(id => id != FakeDenoiser.End && expected[id] * Draws >= 5)
            .Sum(id => Math.Pow(result.Ids.Count(found => found == id) - expected[id] * Draws, 2) / (expected[id] * Draws));
        Assert.InRange(chi, 0, 24.3); // 0.999 of chi-square with 7 degrees of freedom.
    });

    [Fact]
    public Task TheSameSeedGivesTheSameTextAndAnotherDoesNot() => On(() =>
    {
        var options = Plain(8) with { Temperature = 1, Seed = 3, Confidence = new Confidence.Random(), OrderTemperature = 0.5 };
        int[] Text(SamplingOptions with) => [.. Fill(new FakeDenoiser((_, _) => Uneven, Uneven.Length), Masks(60), with).Ids];
        Assert.Equal(Text(options), Text(options));
        Assert.NotEqual(Text(options), Text(options with { Seed = 4 }));
        Assert.NotEqual(Text(options with { Seed = null }), Text(options with { Seed = null }));
    });

    [Fact]
    public Task TopKAndTopPKeepDrawsWithinTheMostProbable() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        int[] Found(SamplingOptions options) => [.. Fill(denoiser, Masks(500), options with { Temperature = 3, Seed = 1 }).Ids.Distinct().Order()];
        Assert.Equal([3, 4], Found(Plain(1) with { TopK = 2 }));
        Assert.Equal([3, 4, 5, 7], Found(Plain(1) with { TopK = 4 }));
        Assert.Equal([3], Found(Plain(1) with { TopP = 1e-6 }));
        // At temperature 3 the first two have 0.54 together, the first three 0.71.
        Assert.Equal([3, 4], Found(Plain(1) with { TopP = 0.5 }));
        Assert.Equal([3, 4, 5], Found(Plain(1) with { TopP = 0.6 }));
    });

    [Fact]
    public Task ConfidenceIsTheModelsOwnUnlessTheFilteredOneIsAskedFor() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        var own = Fill(denoiser, Masks(1), Plain(1) with { TopK = 1 });
        Assert.Equal(Softmax(Uneven, 1)[3], own.Sources[0].Confidence, 12);
        Assert.Equal(1, Fill(denoiser, Masks(1), Plain(1) with { TopK = 1, RatesFiltered = true }).Sources[0].Confidence, 12);
    });

    [Fact]
    public Task GuidanceMovesAwayFromWhatTheTextWithoutItsPromptSays() => On(() =>
    {
        // Without the prompt the place would say 4 a little; the prompt adds a little more to 3 and 4 alike.
        float[] Logits(long[] row, int i) => row[0] == 7 ? [0, 0, 0, 1.0f, 1.2f, 0, 0, 0] : [0, 0, 0, 0, 1.1f, 0, 0, 0];
        var denoiser = new FakeDenoiser(Logits, 8);
        Assert.Equal(4, Fill(denoiser, [7, 0], Plain(1)).Ids[1]);
        var guided = Fill(denoiser, [7, 0], Plain(1) with { GuidanceScale = 1.5 });
        Assert.Equal(3, guided.Ids[1]);
        // u + 2.5 (c - u): 2.5 for token 3, 1.1 + 2.5 * 0.1 for token 4.
        Assert.Equal(Softmax([0, 0, 0, 2.5f, 1.35f, 0, 0, 0], 1)[3], guided.Sources[1].Confidence, 6);
        Assert.Equal(4, Fill(denoiser, [7, 0], Plain(1) with { GuidanceScale = 1.5, GuidanceKeeps = [7] }).Ids[1]);
    });

    [Fact]
    public Task TheMaskAndIdsWithoutTextAreNeverChosenAndKeepTheirPartInTheConfidence() => On(() =>
    {
        float[] row = [5, 0, 0, 1, 0, 4, 0, 0];
        var denoiser = new FakeDenoiser((_, _) => row, 8) { Descriptor = new DenoiserDescriptor { Family = "fake", MaskId = 0, VocabularySize = 8, MaxPositions = 9, IdsWithoutText = [5] } };
        var result = Fill(denoiser, Masks(1), Plain(1));
        Assert.Equal(3, result.Ids[0]);
        Assert.Equal(Softmax(row, 1)[3], result.Sources[0].Confidence, 12);
        Assert.Equal(5, Fill(denoiser, Masks(1), Plain(1) with { ForbidsIdsWithoutText = false }).Ids[0]);
        var masked = Fill(denoiser, Masks(1), Plain(1) with { ForbidsMask = false });
        Assert.Equal((0, SamplingEnd.NothingAllowed), (masked.Ids[0], masked.Reason));
    });

    [Fact]
    public Task SuppressedTokensDoNotExistAndBeginSuppressedOnesOnlyLoseTheirConfidence() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        var without = Fill(denoiser, Masks(1), Plain(1) with { SuppressTokens = [3] });
        Assert.Equal(4, without.Ids[0]);
        var left = Softmax(Uneven, 1);
        Assert.Equal(left[4] / (1 - left[3]), without.Sources[0].Confidence, 6);
        var begin = Fill(denoiser, Masks(1), Plain(1) with { BeginSuppressTokens = [3] });
        Assert.Equal((3, 0), (begin.Ids[0], begin.Sources[0].Confidence));
    });

    [Fact]
    public Task AllowedTokensABiasAndAScorerSteerEachPlace() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        var options = Plain(4) with
        {
            Allowed = new Dictionary<int, IReadOnlyList<int>> { [1] = [6], [2] = [5, 6] },
            Bias = [new LogitBias(3, 7, 10), new LogitBias(-1, 4, 0.2f)],
            Scorer = ids => ids.ElementAtOrDefault(1) == 6 ? [new LogitBias(0, 7, 30)] : [],
        };
        var result = Fill(denoiser, Masks(5), options);
        Assert.Equal([7, 6, 5, 7, 3], result.Ids);
        Assert.Equal(1, result.Sources[1].Confidence, 9);
        Assert.Equal(1, result.Sources[1].Step);
        Assert.Equal(4, Fill(denoiser, Masks(1), options with { Allowed = new Dictionary<int, IReadOnlyList<int>>(), Bias = [new LogitBias(-1, 4, 0.6f)] }).Ids[0]);
    });

    [Fact]
    public Task APlaceForWhichNothingIsAllowedStaysMaskedAndIsSaid() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        foreach (var acceptance in new Acceptance[] { new Acceptance.Scheduled(), new Acceptance.Threshold() })
        {
            var result = Fill(denoiser, Masks(3), Plain(3) with { Acceptance = acceptance, Allowed = new Dictionary<int, IReadOnlyList<int>> { [1] = [] } });
            Assert.Equal([3, 0, 3], result.Ids);
            Assert.Equal(SamplingEnd.NothingAllowed, result.Reason);
        }
    });

    [Fact]
    public Task TokensOutsideTheVocabularyAndLogitsThatAreNoNumbersAreSaid() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => Uneven, Uneven.Length);
        Assert.Contains("token 8", Assert.Throws<ArgumentException>(() => Fill(denoiser, Masks(1), Plain(1) with { SuppressTokens = [8] })).Message, StringComparison.Ordinal);
        Assert.Contains("token -1", Assert.Throws<ArgumentException>(() => Fill(denoiser, Masks(1), Plain(1) with { Bias = [new LogitBias(0, -1, 1)] })).Message, StringComparison.Ordinal);
        var broken = new FakeDenoiser((_, _) => [.. Enumerable.Repeat(float.NaN, 8)], 8);
        Assert.Contains("no numbers", Assert.Throws<RefiningException>(() => Fill(broken, Masks(1), Plain(1))).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task ShiftedLogitsAreThoseOfThePlaceBefore() => On(() =>
    {
        var denoiser = FakeDenoiser.Wanting(i => 10 + i);
        var shifted = new FakeDenoiser((_, i) => FakeDenoiser.Only(10 + i, 20), 20) { Descriptor = denoiser.Descriptor with { ShiftsLogits = true } };
        Assert.Equal([10, 11, 12, 13], Fill(denoiser, Masks(4), Plain(4)).Ids);
        Assert.Equal([10, 10, 11, 12], Fill(shifted, Masks(4), Plain(4)).Ids);
    });

    [Fact]
    public Task LogitsAreMadeOfTheMaskedPlacesOfTheBlockOnly() => On(() =>
    {
        var denoiser = FakeDenoiser.Wanting(_ => 5);
        Run(denoiser, [7, 0, 0, 7, 0, 0, 0, 7], new BlockRule.Columns(4), Plain(8));
        Assert.Equal([2, 1, 3, 2, 1], denoiser.Asked);
    });

    private static double[] Softmax(float[] logits, double temperature)
    {
        var powers = logits.Select(logit => Math.Exp(logit / temperature)).ToArray();
        return [.. powers.Select(power => power / powers.Sum())];
    }
}
