using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Queueing;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Queueing;

public class EngineUnderLoadTests(MiniEngine mini)
{
    private static readonly GenerateOptions DraftOnly = new() { Revise = null };
    private static readonly string Long = string.Concat(Enumerable.Repeat("I recieved teh packige yesterday, and it was wonderfull. ", 300));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SixtyFourCallersAtOnceGetWhatEachGetsAlone()
    {
        var alone = new List<string>();
        for (var i = 0; i < 64; i++) alone.Add((await GenerateAsync(i)).Text);
        Assert.True(alone.Distinct().Count() > 50);
        var together = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => GenerateAsync(i), Token)));
        Assert.Equal(alone, together.Select(generation => generation.Text));

        Task<Generation> GenerateAsync(int number) => mini.Engine.GenerateAsync(
            new DraftPrompt.Raw($"On day {number} the old town"),
            new GenerateOptions { Draft = new DraftOptions { MaxTokens = 8, Sampling = new Sampling.Random { Seed = (uint)number } } }, Token);
    }

    [Fact]
    public async Task OneTooManyIsRefusedAndTheOthersAreServedInTheirOrder()
    {
        var drafter = new GatedDrafter();
        await using var engine = Engine(drafter, new HybridGenOptions { QueueLimit = 2 });
        var first = GenerateAsync(engine, "first");
        await drafter.BegunAsync(Token);
        var (second, third) = (GenerateAsync(engine, "second"), GenerateAsync(engine, "third"));
        var refused = await Assert.ThrowsAsync<EngineBusyException>(() => GenerateAsync(engine, "fourth"));
        Assert.Equal((2, 2), (refused.Waiting, refused.Limit));
        drafter.Open();
        Assert.Equal(["first", "second", "third"], (await Task.WhenAll(first, second, third)).Select(generation => generation.Text));
        Assert.Equal(["first", "second", "third"], drafter.Begun);
        Assert.Equal("fifth", (await GenerateAsync(engine, "fifth")).Text);
    }

    [Fact]
    public async Task AReaderThatTakesItsTimeKeepsNoPlace()
    {
        var drafter = new GatedDrafter();
        drafter.Open();
        await using var engine = Engine(drafter);
        await using var slow = engine.StreamAsync(new DraftPrompt.Raw("slow"), DraftOnly, Token).GetAsyncEnumerator(Token);
        Assert.True(await slow.MoveNextAsync());
        Assert.Equal("quick", (await GenerateAsync(engine, "quick")).Text);
        while (slow.Current is not GenerationUpdate.Completed) Assert.True(await slow.MoveNextAsync());
        Assert.Equal("slow", Assert.IsType<GenerationUpdate.Completed>(slow.Current).Generation.Text);
    }

    [Fact]
    public async Task WhileOneIsRevisedTheNextIsDrafted()
    {
        var drafter = new GatedDrafter();
        drafter.Open();
        await using var engine = Engine(drafter);
        using var gate = new ManualResetEventSlim();
        var first = engine.GenerateAsync(new DraftPrompt.Raw("I recieved teh packige."), new GenerateOptions { Revise = ReviseOptions.Fix with { OnStep = _ => gate.Wait(TimeSpan.FromMinutes(1)) } }, Token);
        Assert.Equal("next", (await GenerateAsync(engine, "next")).Text);
        Assert.False(first.IsCompleted);
        gate.Set();
        Assert.Equal("I received the package.", (await first).Text);
    }

    [Fact]
    public async Task AfterItsTimeARequestEndsWithATypeOfItsOwn()
    {
        var (drafter, clock) = (new GatedDrafter(), new Clock());
        await using var engine = Engine(drafter, new HybridGenOptions { RequestTimeout = TimeSpan.FromSeconds(5) }, clock);
        var (atWork, waits) = (GenerateAsync(engine, "at work"), GenerateAsync(engine, "waits"));
        await drafter.BegunAsync(Token);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), (await Assert.ThrowsAsync<EngineTimeoutException>(() => atWork)).Timeout);
        await Assert.ThrowsAsync<EngineTimeoutException>(() => waits);
        drafter.Open();
        Assert.Equal("next", (await GenerateAsync(engine, "next")).Text);
        Assert.Equal(0, drafter.AtWork);
    }

    [Fact]
    public async Task TheCallersOwnWishIsACancellationWhereThereIsATimeoutToo()
    {
        var (drafter, cancel) = (new GatedDrafter(), new CancellationTokenSource());
        await using var engine = Engine(drafter, new HybridGenOptions { RequestTimeout = TimeSpan.FromDays(1) });
        var cancelled = engine.GenerateAsync(new DraftPrompt.Raw("a"), DraftOnly, cancel.Token);
        await drafter.BegunAsync(Token);
        await cancel.CancelAsync();
        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled)).CancellationToken);
        cancel.Dispose();
    }

    [Fact]
    public async Task ARevisionThatTakesTooLongSaysWhatItHadDone()
    {
        var clock = new Clock();
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = null, RequestTimeout = TimeSpan.FromSeconds(5) }, null, clock);
        var late = await Assert.ThrowsAsync<EngineTimeoutException>(() => engine.ReviseAsync(Long, progress: new Reporter(() => clock.Advance(TimeSpan.FromSeconds(5))), cancellationToken: Token));
        Assert.NotEmpty(Assert.IsType<RevisionCanceledException>(late.InnerException).SoFar!.Edits);
        Assert.Equal("I received the package.", (await engine.ReviseAsync("I recieved teh packige.", cancellationToken: Token)).Output);
    }

    [Fact]
    public async Task AModelIsLoadedOnWhenTheTimeOfWhoAskedForItEnds()
    {
        var (clock, load, loads) = (new Clock(), new TaskCompletionSource(), 0);
        await using var engine = new HybridGenEngine(
            new HybridGenOptions { JudgePath = null, RequestTimeout = TimeSpan.FromSeconds(5) },
            async (_, _, cancellationToken) =>
            {
                Interlocked.Increment(ref loads);
                await load.Task.WaitAsync(cancellationToken);
                return new TextDrafter("a");
            },
            1, null, clock);
        var late = engine.GenerateAsync(DraftPrompt.User("a"), DraftOnly, Token);
        clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<EngineTimeoutException>(() => late);
        var next = engine.GenerateAsync(DraftPrompt.User("a"), DraftOnly, Token);
        load.SetResult();
        Assert.Equal("a", (await next).Text);
        Assert.Equal(1, loads);
    }

    /// <summary>Wherever a request is when it is cancelled, the next one finds the engine free.</summary>
    [Fact]
    public async Task CancelledInTheQueueNothingIsLeft()
    {
        var drafter = new GatedDrafter();
        await using var engine = Engine(drafter);
        var first = GenerateAsync(engine, "first");
        await drafter.BegunAsync(Token);
        using var cancel = new CancellationTokenSource();
        var waits = engine.GenerateAsync(new DraftPrompt.Raw("waits"), DraftOnly, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.Equal(0, engine.Waiting);
        drafter.Open();
        await first;
        Assert.Equal(["first"], drafter.Begun);
        Assert.Equal("next", (await GenerateAsync(engine, "next")).Text);
    }

    [Fact]
    public async Task CancelledWhileItLoadsTheNextLoadsAgain()
    {
        using var cancel = new CancellationTokenSource();
        var loads = 0;
        await using var engine = new HybridGenEngine(new HybridGenOptions { JudgePath = null }, async (_, _, cancellationToken) =>
        {
            if (++loads == 1)
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return new TextDrafter("a");
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.GenerateAsync(DraftPrompt.User("a"), DraftOnly, cancel.Token));
        Assert.Equal("a", (await engine.GenerateAsync(DraftPrompt.User("a"), DraftOnly, Token)).Text);
        Assert.Equal((2, 0), (loads, engine.Waiting));
    }

    [Fact]
    public async Task CancelledWhileItReadsAPromptOrWritesTheNextWorks()
    {
        var prompt = new DraftPrompt.Raw(string.Concat(Enumerable.Repeat("The old town by the sea. ", 60)));
        var options = DraftOnly with { Draft = new DraftOptions { MaxTokens = 200, Sampling = new Sampling.Greedy() } };
        using (var reading = new CancellationTokenSource())
        {
            var read = mini.Engine.GenerateAsync(prompt, options, reading.Token);
            await reading.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        }

        using var writing = new CancellationTokenSource();
        var tokens = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in mini.Engine.StreamAsync(prompt, options, writing.Token))
                if (++tokens == 2) await writing.CancelAsync();
        });
        Assert.Equal((2, 0), (tokens, mini.Engine.Waiting));
        Assert.NotEqual("", (await mini.Engine.GenerateAsync(prompt, DraftOnly with { Draft = new DraftOptions { MaxTokens = 2 } }, Token)).Text);
    }

    [Fact]
    public async Task CancelledWhileItScoresOrRefinesTheNextWorks()
    {
        using (var refining = new CancellationTokenSource())
            await Assert.ThrowsAsync<RevisionCanceledException>(() => mini.Engine.ReviseAsync(Long, progress: new Reporter(refining.Cancel), cancellationToken: refining.Token));
        using (var scoring = new CancellationTokenSource())
        {
            var scores = mini.Engine.ScoreAsync(Long, cancellationToken: scoring.Token);
            await scoring.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scores);
        }

        Assert.Equal(0, mini.Engine.Waiting);
        Assert.Equal("I received the package.", (await mini.Engine.ReviseAsync("I recieved teh packige.", ReviseOptions.Fix, cancellationToken: Token)).Output);
    }

    [Fact]
    public async Task DisposedUnderLoadWorkEndsOrIsRefusedAndNothingElseHappens()
    {
        var engine = new HybridGenEngine(new HybridGenOptions { DrafterPath = Repository.MiniDrafter, RefinerPath = Repository.MiniModel });
        await engine.LoadAsync(cancellationToken: Token);
        var work = Enumerable.Range(0, 12).Select(i => i % 3 == 0
            ? Task.Run(() => engine.ReviseAsync(Long[..2000], cancellationToken: Token), Token) as Task
            : Task.Run(() => engine.GenerateAsync(DraftPrompt.User($"Write about the sea {i}"), new GenerateOptions { Draft = new DraftOptions { MaxTokens = 30 } }, Token), Token)).ToList();
        await Task.WhenAny(work);
        await Task.WhenAll(engine.DisposeAsync().AsTask(), engine.DisposeAsync().AsTask());
        await Task.WhenAll(work).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.All(work.Where(task => !task.IsCompletedSuccessfully), task => Assert.True(task.IsCanceled || task.Exception!.InnerException is ObjectDisposedException or OperationCanceledException, task.Exception?.ToString()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.ReviseAsync("a", cancellationToken: Token));
        engine.Dispose();
    }

    [Fact]
    public async Task WhatWaitsWhenTheEngineIsDisposedIsRefused()
    {
        var drafter = new GatedDrafter();
        var engine = Engine(drafter);
        var atWork = GenerateAsync(engine, "at work");
        await drafter.BegunAsync(Token);
        var waits = GenerateAsync(engine, "waits");
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waits);
        Assert.Equal("at work", (await atWork).Text);
    }

    private static HybridGenEngine Engine(GatedDrafter drafter, HybridGenOptions? options = null, TimeProvider? clock = null) =>
        new((options ?? new()) with { JudgePath = null, RefinerPath = Repository.MiniModel }, (_, _, _) => Task.FromResult<IDrafter>(drafter), 1, null, clock);

    private static Task<Generation> GenerateAsync(HybridGenEngine engine, string prompt) => engine.GenerateAsync(new DraftPrompt.Raw(prompt), DraftOnly, Token);

    private sealed class Reporter(Action report) : IProgress<ReviseProgress>
    {
        public void Report(ReviseProgress value) => report();
    }
}
