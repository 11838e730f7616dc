using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Models;
using HybridGen.Protecting;
using HybridGen.Revising;
using HybridGen.Schedules;
using HybridGen.Selecting;
using HybridGen.Steering;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Revising;

/// <summary>The loop over denoisers with random weights, which propose nonsense with conviction: what holds here holds for any checkpoint.</summary>
public class AnyDenoiserTests
{
    private const string Text = "She walked to the old market and bought some bread, a knife and 3 apples.";

    private static readonly string[] Kept = ["\"the old market\"", "Lindqvist", "12.50", "care"];

    private static readonly string[] Checkpoints = ["a2d-qwen3", "a2d-qwen2", "llada", "dream", "modernbert", "bert", "roberta", "gidd"];

    private static readonly EditPolicy[] Policies =
        [new EditPolicy.Spelling { MinGain = 0 }, new EditPolicy.Consistency { MinGain = 0 }, new EditPolicy.Fluency { MinGain = 0 }, new EditPolicy.Free { MinGain = 0 }];

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Const("She recieved teh letter"), Gen.Const(" from the old town"), Gen.Const(". "), Gen.Const("\n"), Gen.Const(" `teh code`"), Gen.Const(" 👩‍👩‍👧"),
        Gen.Const(" cafe\u0301s"), Gen.Const(" \uD800"), Gen.Const(" Mrs Lindqvist"), Gen.Const(" 漢字"), Gen.Const(" the the"), Gen.Const("  "))
        .Array[0, 5].Select(string.Concat);

    public static TheoryData<string> Families => new(Checkpoints);

    /// <summary>Whatever the family and policy: the edits account for the output and cut no grapheme.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void TheEditsOfAnyTextAccountForTheOutput(string family) => WithRefiner(family, refiner =>
    {
        Assert.NotEqual(Text, refiner.Revise(Text, Free(), null, null, CancellationToken.None).Output);
        Gen.Select(Texts, Gen.Int[0, Policies.Length - 1]).Sample(
            (text, policy) =>
            {
                var revision = refiner.Revise(text, new ReviseOptions { Policies = [Policies[policy]] }, null, null, CancellationToken.None);
                Assert.Equal(revision.Output, Revision.Apply(text, revision.Edits));
                var borders = StringInfo.ParseCombiningCharacters(text).Append(text.Length).ToHashSet();
                Assert.All(revision.Edits, edit => Assert.True(edit.Gain > 0 && borders.Contains(edit.Span.Start) && borders.Contains(edit.Span.End)));
            },
            iter: 6,
            threads: 1);
    });

    [Theory]
    [MemberData(nameof(Families))]
    public void TheSeedFixesWhatIsDrawn(string family) => WithRefiner(family, refiner =>
    {
        var options = new ReviseOptions { Policies = [new EditPolicy.Free { MinGain = 0 }], Temperature = 2, Seed = 7, Passes = 2, Strategy = new RemaskStrategy.Random() };
        Assert.Equal(Output(refiner, options), Output(refiner, options));
        Assert.Contains(Enumerable.Range(0, 5), seed => Output(refiner, options with { Seed = seed }) != Output(refiner, options));
    });

    [Fact]
    public void EveryStrategyAndScheduleRemasksAtMostItsShare() => WithRefiner("llada", refiner =>
    {
        foreach (var strategy in new RemaskStrategy[] { new RemaskStrategy.LowConfidence(), new RemaskStrategy.Margin(), new RemaskStrategy.Entropy(), new RemaskStrategy.Threshold { Suspicion = 1 }, new RemaskStrategy.Random() })
            foreach (var schedule in new NoiseSchedule[] { new NoiseSchedule.Linear(), new NoiseSchedule.Cosine(), new NoiseSchedule.Geometric(), new NoiseSchedule.Custom(t => 1 - t) })
            {
                var shares = new List<double>();
                refiner.Revise(Text, Free() with { Strategy = strategy, Schedule = schedule, RemaskShare = 0.3, Passes = 3, OnStep = step => shares.Add((double)step.Words.Count(word => word.IsRemasked) / step.Words.Count) }, null, null, CancellationToken.None);
                Assert.All(shares, share => Assert.True(share <= 0.3 + (1.0 / 17)));
                Assert.True(shares.Count < 2 || shares[^1] <= shares[0]);
            }
    });

    [Fact]
    public void WhatIsProtectedStays() => WithRefiner("llada", refiner =>
    {
        const string Quoted = "He said \"the old market\" and bought bread from Lindqvist for 12.50 at noon with care.";
        var output = refiner.Revise(Quoted, Free() with
        {
            Passes = 3,
            RemaskShare = 1,
            Protection = new Protection { Glossary = ["Lindqvist"], Quotations = true, Patterns = [new Regex("care")] },
        }, null, null, CancellationToken.None).Output;
        foreach (var kept in Kept) Assert.Contains(kept, output, StringComparison.Ordinal);
        Assert.NotEqual(Quoted, output);
    });

    [Fact]
    public void ConstraintsAndAttributesDecideWhatMayBeWritten() => WithRefiner("llada", refiner =>
    {
        var short2 = refiner.Revise(Text, Free() with { Constraints = [new SlotConstraint { Pattern = new Regex("[a-e]+"), MaxLength = 2 }] }, null, null, CancellationToken.None);
        Assert.All(short2.Edits, edit => Assert.Matches("^ ?[a-e]{0,2}$", edit.After));
        Assert.Empty(refiner.Revise(Text, Free() with { Constraints = [new SlotConstraint { AllowedWords = new HashSet<string>() }] }, null, null, CancellationToken.None).Edits);
        Assert.Empty(refiner.Revise(Text, Free() with { Attribute = _ => double.NegativeInfinity }, null, null, CancellationToken.None).Edits);
        var market = new TextSpan(Text.IndexOf("market", StringComparison.Ordinal), 6);
        Assert.DoesNotContain(refiner.Revise(Text, Free() with { Passes = 3, Constraints = [new SlotConstraint { Span = market, AllowedWords = new HashSet<string>() }] }, null, null, CancellationToken.None).Edits,
            edit => edit.Span.Start < market.End && edit.Span.End > market.Start);
    });

    [Fact]
    public void AStepCanBeSteered() => WithRefiner("llada", refiner =>
    {
        Edit? first = null;
        var revision = refiner.Revise(Text, Free() with
        {
            Passes = 5,
            OnStep = step =>
            {
                Assert.Equal(Text, step.Text);
                first = step.Edits[0];
                step.Replace(first, "replaced");
                foreach (var other in step.Edits.Skip(1).ToList()) step.Reject(other);
                Assert.Throws<ArgumentException>(() => step.Reject(first));
                step.Stop();
            },
        }, null, null, CancellationToken.None);
        var only = Assert.Single(revision.Edits);
        Assert.Equal((first!.Span, "replaced", EditKind.Caller, RevisionEnding.Stopped), (only.Span, only.After, only.Kind, revision.Ending));
    });

    [Fact]
    public void ARemaskedWordIsLookedAtInTheNextPass() => WithRefiner("llada", refiner =>
    {
        var steps = new List<RevisionStep>();
        refiner.Revise(Text, Free() with
        {
            Passes = 2,
            MaxRemasksPerStep = 1,
            Attribute = _ => double.NegativeInfinity,
            OnStep = step =>
            {
                if (steps.Count == 0) step.Remask(step.Words.First(word => word is { IsRemasked: false, IsProtected: false, Text: "bread" }));
                steps.Add(step);
            },
        }, null, null, CancellationToken.None);
        Assert.Equal(2, steps.Count);
        Assert.Contains(steps[1].Words, word => word is { Text: "bread", IsRemasked: true });
    });

    /// <summary>A word that is refused where it stands must not keep the next from its turn, nor end the revision.</summary>
    [Fact]
    public void ARefusedWordGivesWayToTheNext() => WithRefiner("llada", refiner =>
    {
        var looked = new List<string>();
        var options = Free() with { Passes = 5, MaxRemasksPerStep = 1, Attribute = _ => double.NegativeInfinity, OnStep = step => looked.Add(Assert.Single(step.Words, word => word.IsRemasked).Text) };
        Assert.Equal(Text, refiner.Revise(Text, options, null, null, CancellationToken.None).Output);
        Assert.Equal(5, looked.Distinct().Count());
    });

    [Fact]
    public void BudgetsEndARevisionWithWhatItHas() => WithRefiner("llada", refiner =>
    {
        var text = string.Join('\n', Enumerable.Repeat(Text, 60));
        var few = refiner.Revise(text, Free() with { MaxForwards = 1 }, null, null, CancellationToken.None);
        Assert.Equal((RevisionEnding.MaxForwards, true), (few.Ending, few.IsCutShort));
        Assert.Equal(few.Output, Revision.Apply(text, few.Edits));
        Assert.NotEmpty(few.Edits);
        var soon = refiner.Revise(text, Free() with { TimeBudget = TimeSpan.FromTicks(1) }, null, null, CancellationToken.None);
        Assert.Equal((RevisionEnding.TimeBudget, text), (soon.Ending, soon.Output));
    });

    [Theory]
    [InlineData("")]
    [InlineData("word")]
    [InlineData("`only code`")]
    [InlineData("\uD800\uDC00\uD800")]
    [InlineData("\uDC00 \uD800 a")]
    public void StrangeTextsAreTakenAsTheyAre(string text) => WithRefiner("bert", refiner =>
        Assert.Equal(text.Length == 0 ? "" : text, Revision.Apply(text, refiner.Revise(text, Free() with { Policies = [new EditPolicy.Spelling()] }, null, null, CancellationToken.None).Edits)));

    [Fact]
    public void AWordOfTenThousandLettersIsPassedOver() => WithRefiner("bert", refiner =>
        Assert.StartsWith(new string('a', 10_000), refiner.Revise(new string('a', 10_000) + " the old market", Free(), null, null, CancellationToken.None).Output, StringComparison.Ordinal));

    private static ReviseOptions Free() => new() { Policies = [new EditPolicy.Free { MinGain = 0 }] };

    private static string Output(Refiner refiner, ReviseOptions options) => refiner.Revise(Text, options, null, null, CancellationToken.None).Output;

    internal static void WithRefiner(string checkpoint, Action<Refiner> use) => WithRefiner(
        () => Refiner.Load(checkpoint == Repository.MiniModel ? checkpoint : Repository.Checkpoint(checkpoint), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 }),
        // Networks this small are slower on many threads.
        checkpoint == Repository.MiniModel ? Environment.ProcessorCount : 1,
        use);

    internal static void WithRefiner(Func<Refiner> load, int threads, Action<Refiner> use)
    {
        LibTorch.EnsureLoaded();
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        var usual = get_num_threads();
        set_num_threads(threads);
        using var refiner = load();
        use(refiner);
        set_num_threads(usual);
    }
}
