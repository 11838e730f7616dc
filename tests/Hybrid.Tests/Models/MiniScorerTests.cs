using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Models.Mini;
using HybridGen.Tokens;
using HybridGen.Torch;
using HybridGen.Words;
using TorchSharp;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

public sealed class MiniScorerTests : IDisposable
{
    private static readonly string[] Texts = ["I recieved teh packige.", "It was wonderfull, but teh box is broken.", "Antidisestablishmentarianism!"];

    private readonly TensorWorker _worker = new(Environment.ProcessorCount);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static CandidateSource Candidates { get; } = CandidateSource.Read(Repository.MiniModel);

    private static WordEncoder Encoder { get; } = new(ByteLevelTokenizer.Load(Path.Combine(Repository.MiniModel, "tokenizer.json")));

    public void Dispose() => _worker.Dispose();

    [Fact]
    public Task WhatIsNotAskedForIsNotScoredAndChangesNothing() => _worker.RunAsync(() =>
    {
        using var scorer = Scorer();
        var canvases = new[] { Canvas("I recieved teh packige."), Canvas("It was wonderfull.") };
        var all = scorer.Score(canvases);
        var some = scorer.Score(canvases, isAsked: word => word.Word.Body == "packige");
        Assert.Equal(1, some.SelectMany(canvas => canvas).Count(forms => forms.Length > 0));
        var place = canvases[0].Words.ToList().FindIndex(word => word.Word.Body == "packige");
        Assert.All(all[0][place].Zip(some[0][place]), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal(4, scorer.Forwards);
        return true;
    }, Token);

    [Fact]
    public Task AfterACallOnlyWeightsAndKeptVectorsLive() => _worker.RunAsync(() =>
    {
        var before = torch.Tensor.TotalCount;
        using (var scorer = Scorer())
        {
            var loaded = torch.Tensor.TotalCount;
            foreach (var text in Texts)
            {
                scorer.Score([Canvas(text)]);
                scorer.Score([Canvas(text)], normalise: true);
                Assert.Equal(loaded, torch.Tensor.TotalCount);
            }
        }

        Assert.Equal(before, torch.Tensor.TotalCount);
        return true;
    }, Token);

    [Fact]
    public Task PaddingBetweenWindowsChangesNothing() => _worker.RunAsync(() =>
    {
        using var denoiser = MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel));
        int[] lengths = [3, 7, 5];
        var (padded, dense) = (Places(lengths, 7), Places(lengths, null));
        var expected = Hidden(denoiser, padded, lengths).index_select(0, tensor(dense.Select((_, i) => Place(lengths, i, 7)).ToArray()));
        Assert.InRange((expected - Hidden(denoiser, dense, lengths)).abs().max().item<float>(), 0, 1e-4f);
        return true;
    }, Token);

    [Fact]
    public Task AWindowThatIsLongerThanTheModelsPositionsIsRefused() => _worker.RunAsync(() =>
    {
        using var denoiser = MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel));
        Assert.Contains("2048 positions", Assert.Throws<ArgumentException>(() => Hidden(denoiser, Places([2049], null), [2049])).Message, StringComparison.Ordinal);
        return true;
    }, Token);

    private static MiniScorer Scorer() => new(MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel)));

    private static Canvas Canvas(string text)
    {
        var words = WordSplitter.Split(text);
        var builder = new CanvasBuilder(Candidates, Encoder, words);
        return new Canvas([.. words.Select(word => builder.Build(word, isProtected: false))], builder);
    }

    /// <summary>Token ids that differ by window and place; 0 in the padding.</summary>
    private static long[] Places(int[] lengths, int? width) =>
        [.. lengths.SelectMany((length, window) => Enumerable.Range(0, width ?? length).Select(i => i < length ? 100L + 50 * window + i : 0))];

    private static long Place(int[] lengths, int dense, int width)
    {
        var window = 0;
        for (; dense >= lengths[window]; window++) dense -= lengths[window];
        return window * width + dense;
    }

    private static Tensor Hidden(MiniDenoiser denoiser, long[] ids, int[] lengths)
    {
        var nothing = zeros(ids.Length, ScalarType.Int64);
        return denoiser.Hidden(tensor(ids), zeros(ids.Length, denoiser.Config.HiddenSize), nothing, nothing, lengths);
    }
}
