using CsCheck;
using HybridGen.Candidates;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Hybrid.Tests.Judging;
using HybridGen.Judging;
using HybridGen.Revising;
using HybridGen.Schedules;
using HybridGen.Scoring;
using HybridGen.Selecting;
using HybridGen.Tokens;
using HybridGen.Words;

namespace HybridGen.Hybrid.Tests.Revising;

/// <summary>The score that the loop maximises never falls, whatever finds the words and chooses among them.</summary>
/// <remarks>Texts are dense with places to change and every change is worth a try, so that many win one by one that lose together.</remarks>
public class ScoreTests
{
    private static readonly Dictionary<string, SuspicionScoring> Scorings = new()
    {
        ["strided"] = new SuspicionScoring.StridedMasking(),
        ["shadow"] = new SuspicionScoring.ShadowMasks(),
        ["visible"] = new SuspicionScoring.VisibleErrors(),
        ["snapshot"] = new SuspicionScoring.DrafterSnapshot(),
    };

    private static readonly RemaskStrategy[] Selections =
        [new RemaskStrategy.LowConfidence(), new RemaskStrategy.Margin(), new RemaskStrategy.Entropy(), new RemaskStrategy.Threshold { Suspicion = 1 }, new RemaskStrategy.Random()];

    private static readonly NoiseSchedule[] Schedules = [new NoiseSchedule.Linear(), new NoiseSchedule.Cosine(), new NoiseSchedule.Geometric(), new NoiseSchedule.Custom(t => 1 - t)];

    private static readonly string[] Parts =
        ["She recieved teh letter", " from the old town", ".", "\n", " `teh code`", " cafe\u0301s", " Mrs Lindqvist", " 漢字", " the the", " bread and a knife", " went to market with him"];

    private static readonly Gen<string> Texts = Gen.Int[0, Parts.Length - 1].Select(part => Parts[part]).Array[4, 10].Select(string.Concat);

    public static TheoryData<string> Ways => [.. Scorings.Keys];

    [Theory]
    [MemberData(nameof(Ways))]
    public void WhateverFindsAndChoosesTheWords(string scoring) => AnyDenoiserTests.WithRefiner(OfPairs, threads: 1, refiner =>
    {
        foreach (var selection in Selections)
            foreach (var schedule in Schedules)
                Texts.Sample(text => Check(refiner, text, new EditPolicy.Spelling { MinGain = 0 }, new ReviseOptions
                {
                    Scoring = Scorings[scoring],
                    Strategy = selection,
                    Schedule = schedule,
                    Draft = Drafted(text),
                    RemaskShare = 1,
                    Passes = 2,
                }), iter: 3, threads: 1);
    });

    private static readonly Dictionary<string, EditPolicy> PoliciesByName = new()
    {
        ["spelling"] = new EditPolicy.Spelling { MinGain = 0 },
        ["fluency"] = new EditPolicy.Fluency { MinGain = 0 },
        ["free"] = new EditPolicy.Free { MinGain = 0 },
    };

    public static TheoryData<string, string> Policies => new()
    {
        { "llada", "spelling" }, { "modernbert", "spelling" }, { "roberta", "fluency" }, { "a2d-qwen2", "fluency" }, { "dream", "free" }, { "gidd", "free" },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void WhateverThePolicy(string family, string policy) => AnyDenoiserTests.WithRefiner(family, refiner => Texts.Sample(
        text => Check(refiner, text, PoliciesByName[policy], new ReviseOptions { RemaskShare = 1 }),
        iter: 20,
        threads: 1));

    private static readonly string[] Slips = [" teh", " form", " there", " then", " quite", " loose", " wich", " were", " town", " i", " herd", " storey", " of", " off", " bye", " thier", " lead", " plane"];

    /// <summary>
    /// Words that could all be others, so that each change makes its neighbours look different. A window with a change that is less than sure, by 3
    /// nats, is read again and must not have become more doubtful.
    /// </summary>
    [Fact]
    public void MiniDoubtsItsOutputNoMoreThanItsInput() => AnyDenoiserTests.WithRefiner(Repository.MiniModel, refiner =>
        Gen.Int[0, Slips.Length - 1].Select(slip => Slips[slip]).Array[8, 20].Select(string.Concat).Sample(
            text =>
            {
                var policy = new EditPolicy.Spelling { MinGain = 0 };
                var revision = refiner.Revise(text, new ReviseOptions { Policies = [policy], RemaskShare = 1 }, null, null, CancellationToken.None);
                if (revision.Edits.All(edit => edit.Gain >= 3)) return;
                var rise = refiner.RiseAsRead(revision, policy);
                Assert.True(rise >= -0.01f, $"{rise} in '{text}' -> '{revision.Output}'");
            },
            iter: 120,
            threads: 1));

    /// <summary>The same with the mini refiner as a plain denoiser.</summary>
    [Fact]
    public void MiniRewritesNothingForTheWorse() => AnyDenoiserTests.WithRefiner(Repository.MiniModel, refiner =>
        Gen.Int[0, Slips.Length - 1].Select(slip => Slips[slip]).Array[8, 20].Select(string.Concat).Sample(
            text => Check(refiner, text, new EditPolicy.Fluency { MinGain = 0 }, new ReviseOptions { RemaskShare = 1, Scoring = Scorings["strided"] }),
            iter: 20,
            threads: 1));

    /// <summary>The score that a drafter has a say in: the refiner's part, and the drafter's of all changed lines as a whole.</summary>
    [Fact]
    public void WithAJudgeTheJointScoreNeverFalls() => AnyDenoiserTests.WithRefiner("llada", refiner => Texts.Sample(
        text =>
        {
            foreach (var policy in new EditPolicy[] { new EditPolicy.Spelling { MinGain = 0, Judge = Judge }, new EditPolicy.Fluency { MinGain = 0, Judge = Judge } })
            {
                var revision = refiner.Revise(text, new ReviseOptions { Policies = [policy] }, new PairScorer(), null, CancellationToken.None);
                // The drafter is asked about rewritten words only, with the others already added or dropped.
                if (revision.Edits.Any(edit => edit.Kind is EditKind.Insertion or EditKind.Deletion)) continue;
                var rise = refiner.Rise(revision, policy) + Say(text, revision.Edits);
                Assert.True(rise >= -0.01, $"{rise} in '{text}' -> '{revision.Output}'");
            }
        },
        iter: 30,
        threads: 1));

    [Fact]
    public void MinisScoreNeverFallsWhoeverJudges() => AnyDenoiserTests.WithRefiner(Repository.MiniModel, refiner => Gen.OneOf(
        Gen.Const("She recieved teh letter"), Gen.Const(" frim teh olde twon"), Gen.Const("\n"), Gen.Const(" and i herd thier storey"), Gen.Const(" Mrs Lindqvist wrot")).Array[1, 6].Select(string.Concat).Sample(
        text =>
        {
            var alone = refiner.Revise(text, new ReviseOptions { Policies = [new EditPolicy.Spelling { MinGain = 0 }] }, null, null, CancellationToken.None);
            Assert.True(refiner.PointerGain(text, alone.Edits) >= 0, $"'{text}' -> '{alone.Output}'");
            var revision = refiner.Revise(text, new ReviseOptions { Policies = [new EditPolicy.Spelling { Judge = Judge }] }, new PairScorer(), null, CancellationToken.None);
            var heard = revision.Edits.Where(edit => edit.Kind is not (EditKind.Consistency or EditKind.Case));
            var rise = refiner.PointerGain(text, revision.Edits) + Say(text, heard);
            Assert.True(rise >= -0.01, $"{rise} in '{text}' -> '{revision.Output}'");
        },
        iter: 60,
        threads: 1));

    private static DrafterJudge Judge { get; } = new() { Weight = 1, MinGain = 0.1, From = -8, Tail = PairScorer.Reach };

    /// <summary>The drafter's say in changes, line by line, at most what it may be.</summary>
    private static double Say(string text, IEnumerable<Edit> edits) => edits.GroupBy(edit => text.AsSpan(0, edit.Span.Start).Count('\n')).Sum(line =>
    {
        var ratio = PairScorer.LogProbability(Revision.Apply(text, [.. line]).Split('\n')[line.Key]) - PairScorer.LogProbability(text.Split('\n')[line.Key]);
        return Math.Clamp(ratio, -Contest.MostLogRatio * line.Count(), Contest.MostLogRatio * line.Count());
    });

    private static Refiner OfPairs() =>
        new(new PairDenoiser(), null, CandidateSource.ReadFirst([Repository.MiniModel]), new WordEncoder(Tokenizer.Load(Repository.Checkpoint("llada"))));

    private static void Check(Refiner refiner, string text, EditPolicy policy, ReviseOptions options)
    {
        var revision = refiner.Revise(text, options with { Policies = [policy] }, null, null, CancellationToken.None);
        var rise = refiner.Rise(revision, policy);
        Assert.True(rise >= -0.01f, $"{rise} in '{text}' -> '{revision.Output}'");
    }

    /// <summary>A draft whose tokens are words, each as probable as its length has it.</summary>
    private static Draft Drafted(string text)
    {
        var (at, tokens) = (0, new List<DraftToken>());
        foreach (var end in WordSplitter.Split(text).Select(word => word.Span.End).Append(text.Length).Distinct())
        {
            tokens.Add(new DraftToken(tokens.Count, text[at..end], TextSpan.Between(at, end), -(end - at) % 5, 1, []));
            at = end;
        }

        return Draft.From([.. tokens], new DraftCompleted(StopReason.EndOfText, 0, TimeSpan.Zero, TimeSpan.Zero));
    }
}
