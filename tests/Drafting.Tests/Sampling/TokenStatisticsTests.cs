using CsCheck;

namespace HybridGen.Drafting.Tests;

public class TokenStatisticsTests
{
    // Few distinct values, so that ties occur; and -inf, which a model uses for tokens that it forbids.
    private static readonly Gen<float[]> Logits =
        Gen.OneOf(Gen.Float[-40, 40], Gen.Int[-3, 3].Select(value => (float)value), Gen.Const(float.NegativeInfinity)).Array[2, 300].Where(all => all.Any(float.IsFinite));

    [Fact]
    public void Read_AnyLogits_AgreesWithDoubleArithmetic() => Logits.Sample(logits =>
    {
        var statistics = new TokenStatistics(logits.Length);
        statistics.Read(logits);
        var exact = LogSoftmax(logits);
        for (var id = 0; id < logits.Length; id++)
        {
            if (double.IsNegativeInfinity(exact[id])) Assert.Equal(float.NegativeInfinity, statistics.LogProbability(id));
            else Assert.Equal(exact[id], statistics.LogProbability(id), 1e-4);
        }

        Assert.Equal(-exact.Where(double.IsFinite).Sum(log => Math.Exp(log) * log), statistics.Entropy, 1e-3);
    });

    [Fact]
    public void Top_AnyCount_IsTheSortedBeginning() => Gen.Select(Logits, Gen.Int[0, 64]).Sample((logits, count) =>
    {
        var statistics = new TokenStatistics(logits.Length);
        statistics.Read(logits);
        var expected = Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(count).ToList();
        Assert.Equal(expected, statistics.Top(count).ConvertAll(token => token.Id));
        Assert.Equal(Array.IndexOf(logits, logits.Max()), statistics.Best);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void Read_LogitThatIsNotANumber_IsRefused(int place)
    {
        var logits = new float[100];
        logits[place] = float.NaN;
        Assert.Contains("not numbers", Assert.Throws<DraftingException>(() => new TokenStatistics(100).Read(logits)).Message, StringComparison.Ordinal);
    }

    private static double[] LogSoftmax(float[] logits)
    {
        double max = logits.Max();
        var logSum = max + Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
        return Array.ConvertAll(logits, logit => logit - logSum);
    }
}
