using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Hybrid.Tests.Denoising;
using HybridGen.Judging;
using HybridGen.Protecting;
using HybridGen.Scoring;
using HybridGen.Tokens;
using HybridGen.Torch;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Judging;

public class PseudoLikelihoodTests
{
    private const int Vocabulary = 400;

    /// <summary>A row for each token of a form has what is near its place, and nothing that is further away.</summary>
    [Theory]
    [InlineData(0, 0, 17)]
    [InlineData(20, 4, 37)]
    [InlineData(39, 23, 40)]
    public void OnlyWhatIsNearIsRead(int place, int first, int end)
    {
        LibTorch.EnsureLoaded();
        using var scope = NewDisposeScope();
        var canvas = Canvas(string.Join(' ', Enumerable.Range(0, 40).Select(i => $"{(char)('a' + (i % 26))}{(char)('a' + (i / 26))}")));
        using var denoiser = new FakeDenoiser((_, _) => new float[Vocabulary], Vocabulary);
        var own = canvas.Words[place].Draft.Tokens;
        var scores = new PseudoLikelihood(new Predictor(denoiser)).Score([new SlotContest(canvas, place, 1, [own])]);
        var rows = denoiser.Seen.SelectMany(batch => batch).ToList();
        Assert.Equal(own.Length, rows.Count);
        Assert.All(rows, row => Assert.Equal(Near(canvas, first, end).Count(), row.Length));
        Assert.Contains(rows, row => row.Zip(Near(canvas, first, end)).All(token => token.First == token.Second || token.First == FakeDenoiser.Mask));
        Assert.Equal(-own.Length * Math.Log(Vocabulary), scores[0][0], 1e-3);
    }

    private static IEnumerable<long> Near(Canvas canvas, int first, int end) => canvas.Words.Take(end).Skip(first).SelectMany(word => word.Draft.Tokens).Select(id => (long)id);

    private static Canvas Canvas(string text) =>
        Assert.Single(new TextWindows(CandidateSource.ReadFirst([Repository.MiniModel]), new WordEncoder(Tokenizer.Load(Repository.Checkpoint("llada"))), new Protection(), 1024).Read(text));
}
