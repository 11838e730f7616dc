using System.Runtime.InteropServices;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Revising;
using HybridGen.Torch;
using HybridGen.Words;
using TorchSharp;

namespace HybridGen.Hybrid.Tests.Revising;

public class BatchesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void ABatchFillsItsSlotsAndTakesTheCanvasesInOrder()
    {
        var canvases = Enumerable.Range(0, 100).Select(i => Canvas(1 + 37 * i % 127)).ToList();
        var batches = Batches.Of(canvases).ToList();
        Assert.Equal(canvases, batches.SelectMany(batch => batch));
        Assert.All(batches, batch => Assert.True(batch.Sum(canvas => canvas.Length) <= Batches.Slots));
        Assert.All(batches.Zip(batches.Skip(1)), pair => Assert.True(pair.First.Sum(canvas => canvas.Length) + pair.Second[0].Length > Batches.Slots));
        Assert.Single(Batches.Of([Canvas(2 * Batches.Slots)]));
    }

    [Fact]
    public void WhereMemoryDoesNotSufficeHalvesAreTried()
    {
        var canvases = Enumerable.Range(1, 7).Select(Canvas).ToList();
        var sizes = new List<int>();
        var found = Batches.Run(canvases, batch =>
        {
            sizes.Add(batch.Count);
            return batch.Count > 2 ? throw new NativeFailure("CUDA out of memory. Tried to allocate 2.00 GiB") : batch.ConvertAll(canvas => canvas.Length);
        });
        Assert.Equal(canvases.ConvertAll(canvas => canvas.Length), found);
        Assert.Equal([7, 3, 1, 2, 4, 2, 2], sizes);
    }

    [Fact]
    public void AnotherFailureIsNotTriedAgain()
    {
        var tries = 0;
        Assert.Throws<NativeFailure>(() => Batches.Run<int>([Canvas(1), Canvas(2)], _ =>
        {
            tries++;
            throw new NativeFailure("shapes cannot be multiplied");
        }));
        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task WhereNotEvenOneWindowFitsASentenceSaysSo()
    {
        using var worker = new TensorWorker(1);
        var failure = await Assert.ThrowsAsync<RefiningException>(() => worker.RunAsync(
            () => Batches.Run([Canvas(11), Canvas(5)], _ => new List<torch.Tensor> { torch.empty(1L << 46) }), Token));
        Assert.Equal("There is not enough memory to refine a single window of 12 slots.", failure.Message);
    }

    private static Canvas Canvas(int slots)
    {
        var form = new CanvasForm(new Candidate("a", CandidateKind.Draft, 15, 0, EditOperations.Same), [5], 0);
        return new Canvas([new CanvasWord(new Word("a", "a", new TextSpan(0, 1)), form, [], slots, IsProtected: false)], null!);
    }

    /// <summary>As TorchSharp throws it.</summary>
    private sealed class NativeFailure(string message) : ExternalException(message);
}
