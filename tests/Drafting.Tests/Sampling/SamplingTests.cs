namespace HybridGen.Drafting.Tests;

public class SamplingTests
{
    public static TheoryData<Func<object>, string> Bad => new()
    {
        { () => new Sampling.Random { Temperature = 0 }, "Sampling.Greedy" },
        { () => new Sampling.Random { Temperature = double.NaN }, "Temperature" },
        { () => new Sampling.Random { TopK = -1 }, "TopK" },
        { () => new Sampling.Random { Typical = 0 }, "Typical" },
        { () => new Sampling.Random { TopP = 1.5 }, "TopP" },
        { () => new Sampling.Random { MinP = -0.1 }, "MinP" },
        { () => new Sampling.Mirostat1 { EstimatedFrom = 1 }, "EstimatedFrom" },
        { () => new Sampling.Mirostat2 { TargetSurprise = 0 }, "TargetSurprise" },
        { () => new Sampling.Mirostat2 { LearningRate = 2 }, "LearningRate" },
        { () => new Penalties { Repetition = 0 }, "Repetition" },
        { () => new Penalties { Window = -1 }, "null for the whole context" },
        { () => new Dry { AllowedLength = 0 }, "AllowedLength" },
        { () => new Dry { Breakers = [""] }, "breaker" },
        { () => new Xtc { Threshold = 0.6 }, "Threshold" },
        { () => new LogitBias.OfToken(3, double.NaN), "ban" },
        { () => new LogitBias.OfText(" a", double.PositiveInfinity), "ban" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void Create_OutOfRange_IsRefusedByName(Func<object> create, string part) =>
        Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => create()).Message, StringComparison.Ordinal);
}
