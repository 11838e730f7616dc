using System.Globalization;
using CsCheck;
using HybridGen.Editing;
using HybridGen.Judging;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Revising;

public class ReviseTests(MiniEngine mini)
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Const("I recieved teh packige"), Gen.Const(" wich was wonderfull"), Gen.Const(". "), Gen.Const("\n"), Gen.Const("\r\n\r\n"), Gen.Const("\t"), Gen.Const(" `teh code`"),
        Gen.Const(" https://exmaple.org/catalouge"), Gen.Const(" <|mask|>"), Gen.Const("<|blank|>"), Gen.Const(" 👩‍👩‍👧"), Gen.Const("teh\u20E3"), Gen.Const(" cafe\u0301s"), Gen.Const(" \uD800"),
        Gen.Const(" Mrs Lindqvist"), Gen.Const(" Mrs Lindqist"), Gen.Const(" 漢字"), Gen.Const(" alot"), Gen.Const(" the town is not importent"), Gen.Const("  "))
        .Array[0, 40].Select(string.Concat);

    private static readonly string[] Kept = ["`teh code`", "https://exmaple.org/catalouge", "<|mask|>", "<|blank|>", "\r\n"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MisspelledWordsAreFixedAndTheRestComesBack()
    {
        const string Text = "I recieved teh packige yesterday.\r\n\t<|mask|> and <|blank|> stay.\r\n";
        var revision = await mini.Engine.ReviseAsync(Text, ReviseOptions.Fix, cancellationToken: Token);
        Assert.Equal("I received the package yesterday.\r\n\t<|mask|> and <|blank|> stay.\r\n", revision.Output);
        Assert.Equal(revision.Output, Revision.Apply(Text, revision.Edits));
    }

    [Theory]
    [InlineData("The community garden opened in Febuary. Every family has a small bed, and most of them grow tomatos and beans.\nOur neighbour, Mr Okonkwo, showed us how to seperate the seedlings without hurting their roots. He has been a\ngardener for thirty years, and he says that patience is the most usefull tool of all.\n\nIn the summer Mr Okonkwo brings his grandchildren. Last week Mr Okonwko found a hedgehog under the compost, and\neverybody came to look at it. It was asleep, so we left it alone untill the evening.\n", "Okonwko")]
    [InlineData("Dear Ms Lindqvist, I received the parcel yesterday. Thank you, Ms Lindkvist!", "Lindqvist")]
    public async Task TwoWaysOfWritingAName_AreNotSwapped(string text, string lesser)
    {
        var revision = await mini.Engine.ReviseAsync(text, ReviseOptions.Fix, cancellationToken: Token);
        Assert.Equal(lesser, Assert.Single(revision.Edits, edit => edit.Kind == EditKind.Consistency).Before);
        Assert.DoesNotContain(lesser, revision.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t ")]
    [InlineData("She walked to the market and bought some bread.")]
    public async Task CleanTextComesBackAsTheSameString(string text)
    {
        var revision = await mini.Engine.ReviseAsync(text, cancellationToken: Token);
        Assert.Same(text, revision.Output);
        Assert.Empty(revision.Edits);
    }

    /// <summary>
    /// The edits do exactly what was done: they lie in order, gain something, cut no grapheme, leave code, addresses and line ends alone,
    /// and applying them to the input gives the output.
    /// </summary>
    [Fact]
    public void TheEditsOfAnyTextAccountForTheOutput() => Texts.Sample(
        text =>
        {
            var revision = mini.Engine.ReviseAsync(text, new ReviseOptions { Passes = 2 }, cancellationToken: Token).GetAwaiter().GetResult();
            Assert.Equal(revision.Output, Revision.Apply(text, revision.Edits));
            var borders = StringInfo.ParseCombiningCharacters(text).Append(text.Length).ToHashSet();
            Assert.All(revision.Edits, edit => Assert.True(edit.Gain > 0 && edit.Before != edit.After && borders.Contains(edit.Span.Start) && borders.Contains(edit.Span.End)));
            Assert.DoesNotContain(revision.Edits, edit => edit.Before.AsSpan().IndexOfAny('\r', '\n') >= 0 || edit.After.AsSpan().IndexOfAny('\r', '\n') >= 0);
            foreach (var kept in Kept) Assert.Equal(Count(text, kept), Count(revision.Output, kept));
        },
        iter: 60,
        threads: 1);

    /// <summary>Neither a word that no window holds nor code at a line's start keeps the rest of the line from being looked at.</summary>
    [Theory]
    [InlineData("1,2,")]
    [InlineData("漢字")]
    [InlineData("?!")]
    [InlineData("aaaa")]
    [InlineData("`code` ")]
    public async Task WhatCannotBeRevisedIsPassedOver(string piece)
    {
        var strange = string.Concat(Enumerable.Repeat(piece, piece[0] == '`' ? 1 : 4000));
        var revision = await mini.Engine.ReviseAsync($"{strange} I recieved teh letter.\n", ReviseOptions.Fix, cancellationToken: Token);
        Assert.Equal($"{strange} I received the letter.\n", revision.Output);
    }

    [Fact]
    public async Task EachEditCanBeRejected()
    {
        var revision = await mini.Engine.ReviseAsync("I recieved teh packige.", ReviseOptions.Fix, cancellationToken: Token);
        Assert.Equal("I received teh package.", revision.With(edit => edit.Before != "teh"));
        Assert.Same(revision.Input, revision.With(_ => false));
    }

    [Fact]
    public async Task ProgressIsReportedAndACancellationKeepsWhatWasDone()
    {
        var text = string.Concat(Enumerable.Repeat("I recieved teh packige and it was wonderfull. ", 800));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var seen = new List<ReviseProgress>();
        var progress = new Reporter(step =>
        {
            seen.Add(step);
            cancel.Cancel();
        });
        var cancelled = await Assert.ThrowsAsync<RevisionCanceledException>(() => mini.Engine.ReviseAsync(text, ReviseOptions.Fix, progress, cancel.Token));
        Assert.Equal((cancel.Token, RevisionEnding.Cancelled, true), (cancelled.CancellationToken, cancelled.SoFar!.Ending, cancelled.SoFar.IsCutShort));
        Assert.Equal(cancelled.SoFar.Output, Revision.Apply(text, cancelled.SoFar.Edits));
        Assert.Contains("received", cancelled.SoFar.Output, StringComparison.Ordinal);
        Assert.EndsWith("I recieved teh packige and it was wonderfull. ", cancelled.SoFar.Output, StringComparison.Ordinal);
        var step = Assert.Single(seen);
        Assert.True(step.Done > 0 && step.Done < step.Total && step.Edits > 0);
    }

    [Fact]
    public async Task ASecondPassReadsOnlyTheWindowThatTheFirstChanged()
    {
        var text = $"{Lines(0, 40)}I recieved the box there.\n{Lines(40, 80)}";
        var once = await mini.Engine.ReviseAsync(text, ReviseOptions.Fix, cancellationToken: Token);
        var twice = await mini.Engine.ReviseAsync(text, ReviseOptions.Fix with { Passes = 2 }, cancellationToken: Token);
        Assert.Equal(("recieved", "received"), (Assert.Single(once.Edits).Before, once.Edits[0].After));
        Assert.Equal(once.Output, twice.Output);
        Assert.True(once.Forwards > 10);
        Assert.Equal(once.Forwards + 1, twice.Forwards);
    }

    [Fact]
    public async Task AShareOfTheWordsIsMendedInAPassTheSurestFirst()
    {
        const string Text = "I recieved teh packige and it was wonderfull. ";
        foreach (var judge in new[] { null, new DrafterJudge() })
        {
            var options = ReviseOptions.Fix with { Policies = [new EditPolicy.Spelling { Judge = judge }] };
            var all = await mini.Engine.ReviseAsync(Text, options, cancellationToken: Token);
            var one = await mini.Engine.ReviseAsync(Text, options with { RemaskShare = 0.01 }, cancellationToken: Token);
            var three = await mini.Engine.ReviseAsync(Text, options with { RemaskShare = 0.01, Passes = 3 }, cancellationToken: Token);
            Assert.Equal(4, all.Edits.Count);
            Assert.Equal(all.Edits.MaxBy(edit => edit.Gain), Assert.Single(one.Edits));
            Assert.Equal([1, 2, 3], three.Edits.Select(edit => edit.Pass).Order());
        }
    }

    /// <summary>A change that is refused does not use up the share of the passes that follow.</summary>
    [Fact]
    public async Task ARefusedChangeGivesWayToTheNextSurest()
    {
        const string Text = "I recieved teh packige and it was wonderfull. ";
        string? refused = null;
        var revision = await mini.Engine.ReviseAsync(Text, ReviseOptions.Fix with
        {
            RemaskShare = 0.01,
            Passes = 10,
            OnStep = step =>
            {
                refused ??= step.Edits[0].Before;
                if (step.Edits.FirstOrDefault(edit => edit.Before == refused) is { } again) step.Reject(again);
            },
        }, cancellationToken: Token);
        Assert.Equal(3, revision.Edits.Count);
        Assert.DoesNotContain(refused, revision.Edits.Select(edit => edit.Before));
    }

    [Fact]
    public async Task AWindowIsReadOnceHoweverOftenItOccurs()
    {
        var revision = await mini.Engine.ReviseAsync(string.Concat(Enumerable.Repeat(Lines(0, 20), 40)), ReviseOptions.Fix, cancellationToken: Token);
        Assert.True(revision.Words > 10_000);
        Assert.InRange(revision.Forwards, 3, 40);
    }

    [Fact]
    public async Task OnlyWindowsWithAnUncertainDoubtAreLookedAtAgain()
    {
        var clean = await Fix(Lines(0, 40), 2);
        var text = "I recieved the box there.\n" + Lines(0, 40);
        var gain = Assert.Single((await Fix(text, 2)).Edits).Gain;
        Assert.InRange(gain, 6, 100);
        Assert.Equal(clean.Forwards, (await Fix(text, gain - 4)).Forwards);
        Assert.Equal(clean.Forwards + 1, (await Fix(text, gain - 1)).Forwards);
        Assert.Equal(clean.Forwards, (await Fix(text, gain + 1)).Forwards);

        Task<Revision> Fix(string text, double minGain) =>
            mini.Engine.ReviseAsync(text, new ReviseOptions { Policies = [new EditPolicy.Spelling { MinGain = minGain, Judge = null }] }, cancellationToken: Token);
    }

    [Fact]
    public void ImpossibleOptionsAreRefusedByName()
    {
        Assert.Equal("Passes", Assert.Throws<ArgumentOutOfRangeException>(() => new ReviseOptions { Passes = 0 }).ParamName);
        Assert.Equal("Policies", Assert.Throws<ArgumentException>(() => new ReviseOptions { Policies = [] }).ParamName);
        Assert.Equal("MinGain", Assert.Throws<ArgumentOutOfRangeException>(() => new EditPolicy.Spelling { MinGain = double.NaN }).ParamName);
        Assert.Equal("RemaskShare", Assert.Throws<ArgumentOutOfRangeException>(() => new ReviseOptions { RemaskShare = 0 }).ParamName);
        Assert.Equal("Threads", Assert.Throws<ArgumentOutOfRangeException>(() => new HybridGenOptions { Threads = 0 }).ParamName);
        Assert.Equal("ContextSize", Assert.Throws<ArgumentOutOfRangeException>(() => new HybridGenOptions { ContextSize = 0 }).ParamName);
    }

    /// <summary>Lines without an error, no two alike.</summary>
    private static string Lines(int first, int last) => string.Concat(Enumerable.Range(first, last - first)
        .Select(i => $"The old town lies on both banks of the river, and its market {i} is held on the first day of each week.\n"));

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private sealed class Reporter(Action<ReviseProgress> report) : IProgress<ReviseProgress>
    {
        public void Report(ReviseProgress value) => report(value);
    }
}
