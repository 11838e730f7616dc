using HybridGen.Revising;
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
    public async Task RevisionsLeaveNoTensorAndNoMemoryBehind()
    {
        const string Text = "I recieved teh packige yesterday, and it was wonderfull.";
        await Revise(20);
        var (tensors, bytes) = (torch.Tensor.TotalCount, GC.GetTotalMemory(forceFullCollection: true));
        await Revise(60);
        Assert.Equal(tensors, torch.Tensor.TotalCount);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - bytes, long.MinValue, 1 << 20);

        async Task Revise(int times)
        {
            for (var i = 0; i < times; i++) await mini.Engine.ReviseAsync(Text, cancellationToken: Token);
        }
    }

    [Fact]
    public async Task ACallThatIsCancelledOrFailsLeavesNoTensor()
    {
        var text = string.Concat(Enumerable.Repeat("I recieved teh packige yesterday, and it was wonderfull. ", 300));
        await mini.Engine.ReviseAsync(text, cancellationToken: Token);
        var tensors = torch.Tensor.TotalCount;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mini.Engine.ReviseAsync(text, progress: new Reporter(cancel.Cancel), cancellationToken: cancel.Token));
        Assert.Equal(tensors, torch.Tensor.TotalCount);
        await Assert.ThrowsAsync<TimeoutException>(() => mini.Engine.ReviseAsync(text, progress: new Reporter(() => throw new TimeoutException()), cancellationToken: Token));
        Assert.Equal(tensors, torch.Tensor.TotalCount);
    }

    private sealed class Reporter(Action report) : IProgress<ReviseProgress>
    {
        public void Report(ReviseProgress value) => report();
    }
}
