using CsCheck;
using LLama;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting.Tests;

/// <summary>Each sampler against its formula, in double arithmetic, on a distribution of eight tokens.</summary>
public sealed class SamplerChainTests : IClassFixture<SamplerChainTests.Vocabulary>
{
    private const double Near = 1e-4;

    // Logits with gaps, so that no filter's border falls between rounding errors.
    private static readonly Gen<float[]> Logits = Gen.Int[0, 400].Array[8].Where(all => all.Distinct().Count() == 8).Select(all => Array.ConvertAll(all, logit => (logit - 200) / 50f));

    private readonly LLamaWeights _weights;

    public SamplerChainTests(Vocabulary vocabulary) => _weights = vocabulary.Weights;

    private static Sampling.Random Off => new() { Temperature = 1, TopK = 0, TopP = 1, MinP = 0, Seed = 1 };

    [Fact]
    public void TopK_AnyLogits_KeepsTheMostProbable() => Gen.Select(Logits, Gen.Int[1, 8]).Sample((logits, k) =>
        AssertLeft(Softmax(logits).OrderByDescending(token => token.P).Take(k), Left(Off with { TopK = k }, logits)));

    [Fact]
    public void TopP_AnyLogits_KeepsTheSmallestSetThatHoldsIt() => Gen.Select(Logits, Gen.Double[0.05, 0.95]).Sample((logits, p) =>
        AssertLeft(Until(Softmax(logits).OrderByDescending(token => token.P), p), Left(Off with { TopP = p }, logits)), iter: 100);

    [Fact]
    public void MinP_AnyLogits_KeepsAShareOfTheBest() => Gen.Select(Logits, Gen.Double[0.01, 0.9]).Sample((logits, p) =>
        AssertLeft(Softmax(logits).Where(token => token.P >= p * Softmax(logits).Max(other => other.P)), Left(Off with { MinP = p }, logits)));

    /// <summary>Tokens by the distance of their surprise from the entropy.</summary>
    [Fact]
    public void Typical_AnyLogits_KeepsWhatIsNearestToTheEntropy() => Gen.Select(Logits, Gen.Double[0.05, 0.95]).Sample((logits, p) =>
    {
        var all = Softmax(logits);
        var entropy = -all.Sum(token => token.P * Math.Log(token.P));
        AssertLeft(Until(all.OrderBy(token => Math.Abs(-Math.Log(token.P) - entropy)), p), Left(Off with { Typical = p }, logits));
    });

    [Fact]
    public void Xtc_Certain_TakesAwayTheTopChoicesButTheLeastOfThem() => Gen.Select(Logits, Gen.Double[0.02, 0.5]).Sample((logits, threshold) =>
    {
        var all = Softmax(logits);
        var top = all.Where(token => token.P >= threshold).OrderBy(token => token.P).Skip(1).Select(token => token.Id).ToHashSet();
        AssertLeft(all.Where(token => !top.Contains(token.Id)), Left(Off with { Xtc = new Xtc { Probability = 1, Threshold = threshold } }, logits));
    });

    [Fact]
    public void Xtc_HalfTheTime_TakesAwayHalfTheTime()
    {
        using var chain = Chain(Off with { Xtc = new Xtc { Probability = 0.5, Threshold = 0.3 } });
        var without = Enumerable.Range(0, 2000).Count(_ => Left(chain, [1, 1, -3, -3, -3, -3, -3, -3]).Count == 7);
        Assert.InRange(without, 900, 1100);
    }

    [Fact]
    public void Temperature_AnyLogits_DividesThem() => Gen.Select(Logits, Gen.Double[0.1, 5]).Sample((logits, temperature) =>
        AssertLeft(Softmax([.. logits.Select(logit => logit / temperature)]), Left(Off with { Temperature = temperature }, logits)));

    /// <summary>Filters first, on the distribution as it is; temperature last.</summary>
    [Fact]
    public void Chain_FilterAndTemperature_FiltersBeforeTheTemperature() => Logits.Sample(logits =>
    {
        var kept = Until(Softmax(logits).OrderByDescending(token => token.P), 0.8).Select(token => token.Id).ToHashSet();
        var expected = Softmax([.. logits.Select((logit, id) => kept.Contains(id) ? logit / 3 : double.NegativeInfinity)]);
        AssertLeft(expected.Where(token => kept.Contains(token.Id)), Left(Off with { TopP = 0.8, Temperature = 3 }, logits));
    });

    /// <summary>Divides or multiplies by the repetition penalty; takes off frequency for each time and presence once, within the window.</summary>
    [Fact]
    public void Penalties_AnyHistory_AreTheirFormulas() =>
        Gen.Select(Logits, Gen.Int[0, 7].Array[0, 12], Gen.Int[1, 14], Gen.Double[0.5, 2], Gen.Double[-1, 1], Gen.Double[-1, 1]).Sample((logits, history, window, repetition, frequency, presence) =>
        {
            var penalties = new Penalties { Repetition = repetition, Frequency = frequency, Presence = presence, Window = window };
            using var chain = Chain(Off with { Penalties = penalties });
            foreach (var token in history) chain.Accept(token);
            var expected = logits.Select((logit, id) => Penalised(logit, history.TakeLast(window).Count(token => token == id), penalties));
            AssertLeft(Softmax([.. expected]), Left(chain, logits));
        });

    /// <summary>The library takes -1 for no window; here no window is all that the context holds.</summary>
    [Fact]
    public void Penalties_WithoutAWindow_LookAtTheWholeContext()
    {
        using var chain = Chain(Off with { Penalties = new Penalties { Presence = 5, Window = null } });
        foreach (var token in Enumerable.Repeat(1, 200).Prepend(0)) chain.Accept(token);
        AssertLeft(Softmax([-5, -5, 0, 0, 0, 0, 0, 0]), Left(chain, new float[8]));
    }

    /// <summary>The longest end of the history that came before a token costs multiplier × base^(length − allowed).</summary>
    [Fact]
    public void Dry_AnyHistory_IsItsFormula() => Gen.Select(Logits, Gen.Int[0, 2].Array[0, 14], Gen.Int[1, 3], Gen.Double[1, 2]).Sample((logits, history, allowed, growth) =>
    {
        using var chain = Chain(Off with { Dry = new Dry { Multiplier = 0.7, Base = growth, AllowedLength = allowed, Breakers = [] } });
        foreach (var token in history) chain.Accept(token);
        var expected = logits.Select((logit, id) => Repeated(history, id) is var length && length >= allowed ? logit - 0.7 * Math.Pow(growth, length - allowed) : logit);
        AssertLeft(Softmax([.. expected]), Left(chain, logits));
    });

    [Fact]
    public void Dry_Window_HidesWhatIsFurtherBack()
    {
        Assert.True(Best(null) != 2 && Best(4) == 2);
        int Best(int? window)
        {
            using var chain = Chain(new Sampling.Greedy { Dry = new Dry { Multiplier = 10, Breakers = [], Window = window } });
            foreach (var token in new[] { 0, 1, 2, 5, 6, 0, 1 }) chain.Accept(token);
            return (int)chain.Choose(Candidates([0, 0, 1, 0, 0, 0, 0, 0]));
        }
    }

    /// <summary>Mirostat 2: only tokens of at most mu bits, mu moving by eta times the error of what was drawn.</summary>
    [Fact]
    public void Mirostat2_AnyLogits_KeepsWhatStaysBelowMu() => Gen.Select(Logits, Gen.Double[0.5, 4], Gen.Double[0.05, 1]).Sample((logits, tau, eta) =>
    {
        using var chain = Chain(new Sampling.Mirostat2 { Temperature = 1, TargetSurprise = tau, LearningRate = eta, Seed = 3 });
        var mu = 2 * tau;
        for (var step = 0; step < 6; step++)
        {
            var all = Softmax(logits).OrderByDescending(token => token.P).ToList();
            var expected = Normalised(all.TakeWhile((token, place) => place == 0 || -Math.Log2(token.P) <= mu));
            if (all.Any(token => Math.Abs(-Math.Log2(token.P) - mu) < 1e-3)) return;
            var left = new List<LLamaTokenData>();
            var chosen = (int)chain.Choose(Candidates(logits), left);
            AssertLeft(expected, Sorted(left));
            mu -= eta * (-Math.Log2(expected.Single(token => token.Id == chosen).P) - tau);
        }
    });

    /// <summary>Mirostat 1: the k of the paper's equation from the estimated exponent of Zipf's law.</summary>
    [Fact]
    public void Mirostat1_AnyLogits_KeepsTheKOfThePaper() => Gen.Select(Logits, Gen.Double[0.5, 4]).Sample((logits, tau) =>
    {
        using var chain = Chain(new Sampling.Mirostat1 { Temperature = 1, TargetSurprise = tau, EstimatedFrom = 100, Seed = 3 });
        var all = Softmax(logits).OrderByDescending(token => token.P).ToList();
        var pairs = Enumerable.Range(0, 7).Select(i => (T: Math.Log((i + 2.0) / (i + 1)), B: Math.Log(all[i].P / all[i + 1].P))).ToList();
        var s = pairs.Sum(pair => pair.T * pair.B) / pairs.Sum(pair => pair.T * pair.T);
        var k = Math.Pow((s - 1) * Math.Pow(2, 2 * tau) / (1 - Math.Pow(_weights.Vocab.Count, -(s - 1))), 1 / s);
        if (Math.Abs(k - Math.Round(k)) < 1e-2 || !double.IsFinite(k)) return;
        AssertLeft(all.Take(Math.Max(1, (int)k)), Left(chain, logits));
    });

    [Fact]
    public void Choose_ManyTimes_DrawsByTheProbabilities()
    {
        using var chain = Chain(Off);
        float[] logits = [0, 1, 2, 0, 1, 2, 0, 1];
        var drawn = Enumerable.Range(0, 20_000).CountBy(_ => (int)chain.Choose(Candidates(logits))).ToDictionary();
        Assert.All(Softmax(logits), token => Assert.Equal(token.P, drawn[token.Id] / 20_000.0, 0.015));
    }

    private static double Penalised(double logit, int times, Penalties penalties)
    {
        if (times == 0) return logit;
        var divided = logit <= 0 ? logit * penalties.Repetition : logit / penalties.Repetition;
        return divided - times * penalties.Frequency - penalties.Presence;
    }

    /// <summary>How many of the last tokens stood before an earlier one of these; 0 where it would repeat none.</summary>
    private static int Repeated(int[] history, int id)
    {
        var longest = 0;
        for (var at = 0; at < history.Length; at++)
        {
            if (history[at] != id) continue;
            var length = 0;
            while (length < at && history[at - 1 - length] == history[^(length + 1)]) length++;
            longest = Math.Max(longest, length);
        }

        return longest;
    }

    private static List<(int Id, double P)> Softmax(params double[] logits)
    {
        var max = logits.Max();
        var sum = logits.Sum(logit => Math.Exp(logit - max));
        return [.. logits.Select((logit, id) => (id, Math.Exp(logit - max) / sum))];
    }

    private static List<(int Id, double P)> Softmax(float[] logits) => Softmax(Array.ConvertAll(logits, logit => (double)logit));

    private static List<(int Id, double P)> Until(IEnumerable<(int Id, double P)> ordered, double mass)
    {
        var sum = 0.0;
        return [.. ordered.TakeWhile(token => sum < mass && (sum += token.P) > 0)];
    }

    private static List<(int Id, double P)> Normalised(IEnumerable<(int Id, double P)> tokens)
    {
        var all = tokens.ToList();
        return all.ConvertAll(token => (token.Id, token.P / all.Sum(other => other.P)));
    }

    private static void AssertLeft(IEnumerable<(int Id, double P)> expected, List<(int Id, double P)> left)
    {
        var normalised = Normalised(expected).OrderBy(token => token.Id).ToList();
        Assert.Equal(normalised.ConvertAll(token => token.Id), left.ConvertAll(token => token.Id));
        Assert.All(normalised.Zip(left), pair => Assert.Equal(pair.First.P, pair.Second.P, Near));
    }

    private static Memory<LLamaTokenData> Candidates(float[] logits) => logits.Select((logit, id) => new LLamaTokenData(id, logit, 0)).ToArray();

    private static List<(int Id, double P)> Sorted(List<LLamaTokenData> tokens) =>
        [.. tokens.Select(token => ((int)token.ID, (double)token.Probability)).OrderBy(token => token.Item1)];

    private static List<(int Id, double P)> Left(SamplerChain chain, float[] logits)
    {
        var left = new List<LLamaTokenData>();
        chain.Choose(Candidates(logits), left);
        return Sorted(left);
    }

    private List<(int Id, double P)> Left(Sampling sampling, float[] logits)
    {
        using var chain = Chain(sampling);
        return Left(chain, logits);
    }

    private SamplerChain Chain(Sampling sampling) => new(sampling, _weights, 1024);

    public sealed class Vocabulary : IDisposable
    {
        public Vocabulary()
        {
            LlamaLibrary.EnsureLoaded();
            Weights = LLamaWeights.LoadFromFile(new ModelParams(Repository.MiniDrafter)); // the whole model: DRY asks it for its context's size
        }

        internal LLamaWeights Weights { get; }

        public void Dispose() => Weights.Dispose();
    }
}
