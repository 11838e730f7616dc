using HybridGen.Torch;
using TorchSharp;

namespace HybridGen.Hybrid.Tests.Torch;

public class TensorWorkerTests(MiniEngine mini)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkRunsOnOneThreadInInferenceModeAndLeavesNoTensor()
    {
        using var worker = new TensorWorker(1);
        var threads = new HashSet<int>();
        for (var i = 0; i < 3; i++) threads.Add(await worker.RunAsync(() => Environment.CurrentManagedThreadId, Token));
        Assert.Single(threads);
        Assert.True(await worker.RunAsync(torch.is_inference_mode_enabled, Token));
        var tensor = await worker.RunAsync(() => torch.ones(3), Token);
        Assert.True(tensor.IsInvalid);
    }

    [Fact]
    public async Task AFailureOfLibtorchIsTranslated()
    {
        using var worker = new TensorWorker(1);
        var failure = await Assert.ThrowsAsync<RefiningException>(() => worker.RunAsync(() => torch.ones(2, 3).mm(torch.ones(2, 3)), Token));
        Assert.Contains("libtorch failed", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, await worker.RunAsync(() => 1, Token));
    }

    [Fact]
    public async Task WorkThatWaitsCanBeCancelledAndDoesNotRun()
    {
        using var worker = new TensorWorker(1);
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var first = worker.RunAsync(() => gate.Wait(TimeSpan.FromMinutes(1)), Token);
        var ran = false;
        var second = worker.RunAsync(() => ran = true, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        Assert.True(await first);
        await worker.RunAsync(() => 1, Token);
        Assert.False(ran);
    }

    [Fact]
    public async Task DisposedOrCancelledWorkIsRefused()
    {
        var worker = new TensorWorker(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker.RunAsync(() => 1, new CancellationToken(canceled: true)));
        worker.Dispose();
        worker.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => worker.RunAsync(() => 1, Token));
    }

    [Fact]
    public async Task FiftyRevisionsLeaveAsManyTensorsAsOne()
    {
        const string Text = "I recieved teh packige yesterday, and it was wonderfull.";
        await mini.Engine.ReviseAsync(Text, cancellationToken: Token);
        var after1 = torch.Tensor.TotalCount;
        for (var i = 0; i < 50; i++) await mini.Engine.ReviseAsync(Text, cancellationToken: Token);
        Assert.Equal(after1, torch.Tensor.TotalCount);
    }
}
