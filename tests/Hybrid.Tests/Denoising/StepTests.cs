using CsCheck;
using HybridGen.Denoising;
using HybridGen.Schedules;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>Steps: what is committed, told, answered, remasked, and cut short.</summary>
public sealed class StepTests : DenoisingTest
{
    private static readonly Acceptance[] Acceptances =
    [
        new Acceptance.Scheduled(), new Acceptance.Independent(), new Acceptance.Threshold(), new Acceptance.Threshold { Least = 0.3, KeepsSchedule = true },
        new Acceptance.Factor(), new Acceptance.EntropyBound { Bound = 1 },
    ];

    private static readonly Remasking?[] Remaskings =
    [
        null, new Remasking.Cap { Eta = 0.3 }, new Remasking.Rescale { Eta = 0.5 }, new Remasking.ByConfidence(), new Remasking.ByConfidence(new Remasking.Rescale { Eta = 1 }),
        new Remasking.Looped { Eta = 0.2 }, new Remasking.LeastConfident { Count = 2, Last = 0.5 },
    ];

    private static readonly Confidence[] Confidences = [new Confidence.Probability(), new Confidence.Margin(), new Confidence.NegativeEntropy(), new Confidence.Random()];

    /// <summary>Something else at every place, surer and surer to the right.</summary>
    private static FakeDenoiser Rising => FakeDenoiser.Wanting(i => 4 + i % 12, strength: i => 1 + 0.5f * i);

    [Fact]
    public Task EveryCombinationFillsEveryPlaceAndKeepsWhatWasGiven() => On(() =>
    {
        var schedules = new TransferSchedule[] { new TransferSchedule.Even(), new TransferSchedule.Truncated(), new TransferSchedule.ByNoise(new NoiseSchedule.Cosine()) };
        var all =
            from acceptance in Acceptances
            from remasking in Remaskings
            from confidence in Confidences
            from schedule in schedules
            select new SamplingOptions { Acceptance = acceptance, Remasking = remasking, Confidence = confidence, Schedule = schedule, Steps = 5, Seed = 9 };
        foreach (var options in all)
        {
            int[] ids = [7, 0, 0, 0, 8, 0, 0, 0, 0, 9];
            var result = Fill(Rising, ids, options);
            Assert.Equal(SamplingEnd.Filled, result.Reason);
            for (var i = 0; i < ids.Length; i++)
            {
                Assert.Equal(ids[i] == 0 ? 4 + i % 12 : ids[i], result.Ids[i]);
                Assert.Equal(ids[i] == 0 ? TokenSourceKind.Committed : TokenSourceKind.Given, result.Sources[i].Kind);
                Assert.InRange(result.Sources[i].Step, ids[i] == 0 ? 1 : 0, ids[i] == 0 ? result.Steps : 0);
            }
        }
    });

    [Fact]
    public Task WhatWasGivenIsNeverTouchedWhateverTheCanvas() => On(() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 14], Gen.Int[1, 9], Gen.Int[1, 20], Gen.Int[0, Acceptances.Length - 1], Gen.Int[0, Remaskings.Length - 1]).Sample(
            (ids, block, steps, acceptance, remasking) =>
            {
                var options = new SamplingOptions { Steps = steps, Acceptance = Acceptances[acceptance], Remasking = Remaskings[remasking], Seed = 1, Temperature = 1, End = new EndRule.Forbidden() };
                var result = Run(Rising, ids, new BlockRule.Columns(block), options);
                return result.Reason == SamplingEnd.Filled && !result.Ids.Contains(0) && ids.Zip(result.Ids).All(pair => pair.First == 0 || pair.First == pair.Second);
            }, iter: 60, threads: 1));

    [Fact]
    public Task TheSurestPlacesAreCommittedFirst() => On(() =>
    {
        var result = Fill(Rising, Masks(6), Plain(3));
        Assert.Equal([3, 3, 2, 2, 1, 1], result.Sources.Select(source => source.Step));
        Assert.Equal([6, 5, 4, 3, 2, 1], Fill(Rising, Masks(6), Plain(1) with { MaxPerStep = 1 }).Sources.Select(source => source.Step));
    });

    [Fact]
    public void AcceptanceFollowsItsFormula()
    {
        (double Probability, double Entropy)[] numbers = [(0.95, 0.05), (0.9, 0.3), (0.7, 0.1), (0.5, 0.6), (0.2, 0.9)];
        Proposal[] ranked = [.. numbers.Select((of, i) => new Proposal(0, i, 5, of.Probability, of.Probability, of.Entropy))];
        int[] Accepted(Acceptance acceptance, int quota = 0, double share = 0, params double[] draws)
        {
            var queue = new Queue<double>(draws);
            return [.. acceptance.Accept(ranked, quota, share, queue.Dequeue).Select(proposal => proposal.Position)];
        }

        Assert.Equal([0, 1, 2], Accepted(new Acceptance.Scheduled(), 3));
        Assert.Equal([1, 4], Accepted(new Acceptance.Independent(), 0, 0.5, 0.5, 0.1, 0.9, 0.6, 0.4));
        Assert.Equal([0, 1], Accepted(new Acceptance.Threshold()));
        Assert.Equal([0], Accepted(new Acceptance.Threshold { Least = 0.99 }));
        Assert.Equal([0, 1, 2], Accepted(new Acceptance.Threshold { KeepsSchedule = true }, 3));
        // 1 - f / (r + 1) for the ranks 2 and 3: 0.867 and 0.9; then 0.917.
        Assert.Equal([0, 1], Accepted(new Acceptance.Factor { Value = 0.4 }));
        Assert.Equal([0], Accepted(new Acceptance.Factor { Value = 0.25 }));
        // Entropies in order: 0.05, 0.1, 0.3, 0.6; before the third 0.15, before the fourth 0.45.
        Assert.Equal([0, 2, 1], Accepted(new Acceptance.EntropyBound { Bound = 0.4 }));
        Assert.Equal([0], Accepted(new Acceptance.EntropyBound { Bound = 0 }));
    }

    [Fact]
    public void RemaskingFollowsItsFormula()
    {
        var (early, late) = (new StepTime(0.9, 0.8, 0.1, 0.2), new StepTime(0.2, 0.1, 0.8, 0.9));
        Assert.Equal((1, 0.125), (early.MaxSigma, Math.Round(late.MaxSigma, 12)));
        Assert.Equal([0.008, 0.008], new Remasking.Cap().Sigmas(late, [0.5, 0.9]));
        Assert.Equal(0.0625, new Remasking.Rescale { Eta = 0.5 }.Sigmas(late, [0.5])[0], 12);
        var byConfidence = new Remasking.ByConfidence().Sigmas(late, [0.2, 0.9]);
        Assert.Equal(0.125, byConfidence.Sum(), 12);
        Assert.Equal(Math.Exp(0.7), byConfidence[0] / byConfidence[1], 9);
        Assert.Equal([0.0, 0.0], [new Remasking.Looped().Sigmas(early, [0.5])[0], new Remasking.Looped().Sigmas(new StepTime(0.05, 0.04, 0.9, 0.92), [0.5])[0]]);
        Assert.Equal([0.02], new Remasking.Looped().Sigmas(new StepTime(0.4, 0.3, 0.9, 0.9), [0.5]));
        Assert.Equal([0, 1, 0], new Remasking.LeastConfident { Last = 0.5 }.Sigmas(late, [0.5, 0.2, 0.9]));
        Assert.Equal([0, 0, 0], new Remasking.LeastConfident { Last = 0.5 }.Sigmas(early, [0.5, 0.2, 0.9]));
    }

    [Fact]
    public Task RemaskedTokensComeBackAndTheVisibleShareKeepsToItsSchedule() => On(() =>
    {
        var steps = new List<SamplingStep>();
        var options = Plain(8) with { Remasking = new Remasking.Rescale { Eta = 0.8 }, Seed = 2, MaxRemasks = 100, OnStep = step => { steps.Add(step); return StepResponse.Accept; } };
        var result = Fill(FakeDenoiser.Wanting(i => 4 + i % 12), Masks(80), options);
        Assert.InRange(steps.Sum(step => step.Remasked.Count), 20, 200);
        Assert.Equal([70, 60, 50, 40, 30, 20, 10, 0], steps.Select(step => step.Masked.Count - step.Remasked.Count));
        Assert.Empty(steps[^1].Masked);
        Assert.Equal(8, result.Steps);
    });

    [Fact]
    public Task StepsTellWhatTheyDid() => On(() =>
    {
        var steps = new List<SamplingStep>();
        var result = Fill(Rising, [7, 0, 0, 0], Plain(3) with { OnStep = step => { steps.Add(step); return StepResponse.Accept; } });
        Assert.Equal([1, 2, 3], steps.Select(step => step.Step));
        Assert.Equal([[1, 2], [1], []], steps.Select(step => step.Masked.ToArray()));
        Assert.Equal([3, 2, 1], steps.Select(step => step.Committed.Single().Position));
        Assert.Equal([[1, 2, 3], [1, 2], [1]], steps.Select(step => step.Proposed.Select(choice => choice.Position).ToArray()));
        Assert.Equal([7, 0, 6, 7], steps[1].Ids);
        Assert.All(steps, step => Assert.Equal(result.Sources[step.Committed[0].Position], new TokenSource(TokenSourceKind.Committed, step.Step, step.Committed[0].Confidence)));
    });

    [Fact]
    public Task ARejectedTokenIsNotProposedAgainAtItsPlace() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => [0, 0, 0, 0, 6, 5, 4, 3], 8);
        StepResponse Answer(SamplingStep step) => new() { Reject = [.. step.Committed.Where(choice => choice.Position == 1 && choice.Id < 6).Select(choice => choice.Position)] };
        var result = Fill(denoiser, Masks(3), Plain(1) with { OnStep = Answer });
        Assert.Equal([4, 6, 4], result.Ids);
        Assert.Equal((SamplingEnd.Filled, 3), (result.Reason, result.Sources[1].Step));
    });

    [Fact]
    public Task ACallerWhoRejectsEverythingGetsAnEndAndAMask() => On(() =>
    {
        var denoiser = new FakeDenoiser((_, _) => [0, 0, 0, 0, 6, 5, 4, 3], 8);
        var result = Fill(denoiser, Masks(2), Plain(2) with { MaxRemasks = 2, OnStep = step => new() { Reject = [.. step.Committed.Select(choice => choice.Position)] } });
        Assert.Equal([0, 0], result.Ids);
        Assert.Equal(SamplingEnd.NothingAllowed, result.Reason);
    });

    [Fact]
    public Task ACallerMayWriteAPlaceAndItIsKept() => On(() =>
    {
        StepResponse Answer(SamplingStep step) => step.Step == 1 ? new() { Replace = new Dictionary<int, int> { [0] = 17, [2] = 18 } } : StepResponse.Accept;
        var result = Fill(Rising, Masks(3), Plain(3) with { OnStep = Answer, Remasking = new Remasking.Rescale { Eta = 1 }, Seed = 1 });
        Assert.Equal([17, 5, 18], result.Ids);
        Assert.Equal(new TokenSource(TokenSourceKind.Caller, 1, 1), result.Sources[0]);
    });

    [Theory]
    [InlineData(0, 5, "position 0")]
    [InlineData(9, 5, "position 9")]
    [InlineData(1, 20, "token 20")]
    [InlineData(1, 0, "token 0")]
    public Task AnAnswerThatCannotBeFollowedIsSaid(int position, int id, string said) => On(() =>
    {
        var options = Plain(3) with { OnStep = _ => new() { Replace = new Dictionary<int, int> { [position] = id } } };
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => Fill(Rising, [7, 0, 0], options)).Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public Task CancelledAtAnyStepTheCanvasSoFarIsKeptAndMarked(int after) => On(() =>
    {
        using var stop = new CancellationTokenSource();
        var last = Array.Empty<int>();
        if (after == 0) stop.Cancel();
        var options = Plain(6) with { End = new EndRule.Forbidden(), OnStep = Listen };
        var result = DiffusionSampler.Run(Rising, [new DenoisingCanvas([7, 0, 0, 0, 0, 0, 0], 0)], new BlockRule.Columns(7), options, stop.Token)[0];
        Assert.Equal((SamplingEnd.Cancelled, after), (result.Reason, result.Steps));
        Assert.Equal(after, result.Sources.Count(source => source.Kind == TokenSourceKind.Committed));
        // What was never proposed is masked; all else has the last proposal.
        Assert.Equal(after == 0 ? 0 : 6 - after, result.Sources.Count(source => source.Kind == TokenSourceKind.Guessed));
        Assert.All(last.Index(), place => Assert.True(place.Item == 0 || place.Item == result.Ids[place.Index]));
        Assert.Equal(after == 0, result.Ids.Contains(0));

        StepResponse Listen(SamplingStep step)
        {
            last = [.. step.Ids];
            if (step.Step == after) stop.Cancel();
            return StepResponse.Accept;
        }
    });

    [Fact]
    public Task ARunThatIsCutShortEndsBehindWhatIsWritten() => On(() =>
    {
        var result = Grow(FakeDenoiser.Wanting(i => 4 + i % 12, strength: i => 9 - i), [7], 4, 40, Plain(40) with { MaxForwards = 5 });
        Assert.Equal((SamplingEnd.MaxForwards, 5), (result.Reason, result.Forwards));
        Assert.Equal([7, 5, 6, 7, 8, 9, 10, 11, 12], result.Ids);
        Assert.Equal([0, 1, 1, 1, 1, 1, 2, 2, 2], result.Sources.Select(source => source.Kind switch { TokenSourceKind.Given => 0, TokenSourceKind.Committed => 1, _ => 2 }));
        Assert.Equal([7], Grow(Rising, [7], 4, 40, Plain(40) with { MaxForwards = 0 }).Ids);
    });

    [Fact]
    public Task TimeAndTheCallersStopEndARunToo() => On(() =>
    {
        var clock = new StepClock();
        var denoiser = Rising;
        denoiser.OnPass = () => clock.Seconds += 10;
        var timed = Fill(denoiser, Masks(9), Plain(9) with { TimeBudget = TimeSpan.FromSeconds(25), Clock = clock });
        Assert.Equal((SamplingEnd.TimeBudget, 3), (timed.Reason, timed.Forwards));
        var stopped = Fill(Rising, Masks(9), Plain(9) with { OnStep = step => step.Step == 2 ? StepResponse.Stop : StepResponse.Accept });
        Assert.Equal((SamplingEnd.Stopped, 2, 7), (stopped.Reason, stopped.Steps, stopped.Sources.Count(source => source.Kind == TokenSourceKind.Guessed)));
    });

    [Fact]
    public Task NoTensorIsLeftOfARun() => On(() =>
    {
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var options = new SamplingOptions { Temperature = 1, TopK = 3, TopP = 0.9, GuidanceScale = 1, Bias = [new LogitBias(0, 5, 1)], Remasking = new Remasking.Cap(), Acceptance = new Acceptance.EntropyBound(), Confidence = new Confidence.Margin() };
        Fill(Rising, [7, 0, 0, 0], options);
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    });

    [Fact]
    public void OptionsSayWhatTheyTake()
    {
        Assert.Contains("Steps must be 1 or more", Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { Steps = 0 }).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { Temperature = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopP = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TimeBudget = TimeSpan.FromSeconds(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Acceptance.Threshold { Least = 1.5 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RunRule.Marked { Length = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Remasking.Cap { Eta = -0.1 });
    }

    private sealed class StepClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
