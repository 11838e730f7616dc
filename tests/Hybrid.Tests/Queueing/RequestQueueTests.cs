using HybridGen.Queueing;

namespace HybridGen.Hybrid.Tests.Queueing;

public class RequestQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhoComesFirstIsServedFirst()
    {
        var queue = new RequestQueue(null);
        var station = queue.Open(1);
        var turn = await queue.EnterAsync(station, isNew: true, Token);
        var served = new List<int>();
        var waiters = Enumerable.Range(0, 5).Select(i => WaitAsync(i, queue.EnterAsync(station, isNew: i % 2 == 0, Token))).ToList();
        Assert.Equal(5, queue.Waiting);
        turn.Dispose();
        await Task.WhenAll(waiters);
        Assert.Equal([0, 1, 2, 3, 4], served);
        Assert.Equal(0, queue.Waiting);

        async Task WaitAsync(int number, Task<Turn> place)
        {
            using (await place) served.Add(number);
        }
    }

    [Fact]
    public async Task OneTooManyIsRefusedAtOnceAndToldHowManyWait()
    {
        var queue = new RequestQueue(1);
        var station = queue.Open(1);
        var turn = await queue.EnterAsync(station, isNew: true, Token);
        var waiting = queue.EnterAsync(station, isNew: true, Token);
        var refused = await Assert.ThrowsAsync<EngineBusyException>(() => queue.EnterAsync(station, isNew: true, Token));
        Assert.Equal((1, 1), (refused.Waiting, refused.Limit));
        turn.Dispose();
        using (await waiting) Assert.Equal(0, queue.Waiting);
        using var next = await queue.EnterAsync(station, isNew: true, Token);
    }

    [Fact]
    public async Task WithoutWaitingPlacesAFreePlaceIsStillGiven()
    {
        var queue = new RequestQueue(0);
        var station = queue.Open(1);
        using (await queue.EnterAsync(station, isNew: true, Token)) await Assert.ThrowsAsync<EngineBusyException>(() => queue.EnterAsync(station, isNew: true, Token));
        using var again = await queue.EnterAsync(station, isNew: true, Token);
    }

    [Fact]
    public async Task WhatIsAtWorkGoesOnWhoeverWaits()
    {
        var queue = new RequestQueue(0);
        var (first, second) = (queue.Open(null), queue.Open(1));
        var busy = await queue.EnterAsync(second, isNew: true, Token);
        var goesOn = queue.EnterAsync(second, isNew: false, Token);
        await Assert.ThrowsAsync<EngineBusyException>(() => queue.EnterAsync(first, isNew: true, Token));
        busy.Dispose();
        (await goesOn).Dispose();
    }

    [Fact]
    public async Task WhoGivesUpLeavesTheLine()
    {
        var queue = new RequestQueue(null);
        var station = queue.Open(1);
        var turn = await queue.EnterAsync(station, isNew: true, Token);
        using var cancel = new CancellationTokenSource();
        var gone = queue.EnterAsync(station, isNew: true, cancel.Token);
        var stays = queue.EnterAsync(station, isNew: true, Token);
        await cancel.CancelAsync();
        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone)).CancellationToken);
        Assert.Equal(1, queue.Waiting);
        turn.Dispose();
        turn.Dispose();
        var served = await stays;
        var next = queue.EnterAsync(station, isNew: true, Token);
        Assert.False(next.IsCompleted);
        served.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task AClosedQueueRefusesWhatWaitsAndWhatComes()
    {
        var queue = new RequestQueue(null);
        var station = queue.Open(1);
        using var turn = await queue.EnterAsync(station, isNew: true, Token);
        var waits = queue.EnterAsync(station, isNew: true, Token);
        queue.Close();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waits);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.EnterAsync(station, isNew: true, Token));
    }

    [Fact]
    public async Task PlacesAreNeitherLostNorMadeUnderLoad()
    {
        var queue = new RequestQueue(null);
        var station = queue.Open(3);
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            var random = new Random(i);
            for (var j = 0; j < 50; j++)
            {
                using var cancel = new CancellationTokenSource();
                if (random.Next(3) == 0) cancel.CancelAfter(TimeSpan.FromMicroseconds(random.Next(200)));
                try
                {
                    using var turn = await queue.EnterAsync(station, isNew: true, cancel.Token);
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                }
                catch (OperationCanceledException)
                {
                    // It gave up while it waited.
                }
            }
        }, Token)));
        Assert.Equal((0, 3), (queue.Waiting, station.Free));
        Assert.InRange(most, 1, 3);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; seen < value && Interlocked.CompareExchange(ref most, value, seen) != seen; seen = most) { }
    }
}
