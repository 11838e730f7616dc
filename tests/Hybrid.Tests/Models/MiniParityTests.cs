using System.Text.Json;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Checkpoints;
using HybridGen.Models.Mini;
using HybridGen.Tokens;
using HybridGen.Torch;
using HybridGen.Words;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Models;

/// <summary>The mini refiner against what its reference implementation computed.</summary>
public sealed class MiniParityTests : IDisposable
{
    private readonly TensorWorker _worker = new(Environment.ProcessorCount);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public Task TensorsAreTheExpectedOnes() => _worker.RunAsync(() =>
    {
        using var denoiser = MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel));
        using var file = SafetensorsFile.Open(Repository.Fixture("expected.safetensors"));
        for (var i = 0; i < 5; i++) CheckCase(denoiser, name => file.Load($"case{i}.{name}"));
        return true;
    }, Token);

    [Fact]
    public Task WordsSlotsCandidatesAndLogProbabilitiesAreTheExpectedOnes() => _worker.RunAsync(() =>
    {
        using var scorer = new MiniScorer(MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel)));
        var (candidates, encoder) = (CandidateSource.Read(Repository.MiniModel), Encoder());
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Fixture("sentences.json")));
        foreach (var sentence in document.RootElement.EnumerateArray())
        {
            var canvas = Canvas(sentence.GetProperty("text").GetString()!, candidates, encoder);
            var scores = scorer.Score([canvas], normalise: true)[0];
            Assert.Equal(sentence.GetProperty("words").EnumerateArray().Select(Describe), canvas.Words.Select(Describe));
            foreach (var (word, found) in sentence.GetProperty("words").EnumerateArray().Zip(scores)) CheckLogProbabilities(word, found);
        }

        return true;
    }, Token);

    [Fact]
    public Task AWindowScoresTheSameAloneAndBesideLongerOnes() => _worker.RunAsync(() =>
    {
        using var scorer = new MiniScorer(MiniDenoiser.Load(Repository.MiniModel, MiniConfig.Read(Repository.MiniModel)));
        var (candidates, encoder) = (CandidateSource.Read(Repository.MiniModel), Encoder());
        Canvas[] canvases =
        [
            Canvas("I recieved it.", candidates, encoder),
            Canvas("The packige that I was waiting for came yesterday, and teh box was broken.", candidates, encoder),
            Canvas("Wich one?", candidates, encoder),
        ];
        var together = scorer.Score(canvases, normalise: true);
        for (var i = 0; i < canvases.Length; i++)
            foreach (var (alone, beside) in scorer.Score([canvases[i]], normalise: true)[0].Zip(together[i]))
                Assert.All(alone.Zip(beside), pair => Assert.True(pair.First == pair.Second || Math.Abs(pair.First - pair.Second) < 1e-3));
        return true;
    }, Token);

    private static void CheckCase(MiniDenoiser denoiser, Func<string, Tensor> load)
    {
        var (ids, ngrams) = (load("ids"), load("ngrams"));
        var length = (int)ids.shape[1];
        var words = denoiser.WordVectors(ngrams.view(length, -1));
        var hidden = denoiser.Hidden(ids.view(-1), words, load("slots").view(-1), load("freqs").view(-1), [length]);
        AssertClose(load("hidden").squeeze(0), hidden);
        AssertClose(load("logits").squeeze(0), denoiser.Logits(hidden));

        var tokens = load("candidate_tokens");
        var (rows, choices) = (tokens.shape[0], tokens.shape[1]);
        var keys = denoiser.PointerKeys(denoiser.WordVectors(load("candidate_ngrams").view(rows * choices, -1)));
        var (described, biases) = denoiser.DescribeCandidates(keys, load("candidate_features").view(rows * choices, -1), load("candidate_ops").view(rows * choices, -1));
        var points = MiniDenoiser.PointerScores(denoiser.PointerQueries(hidden.narrow(0, 0, rows)), described.view(rows, choices, -1), biases.view(rows, choices));
        var meant = tokens.ge(0);
        AssertClose(load("pointer").masked_select(meant), points.masked_select(meant));
    }

    private static void AssertClose(Tensor expected, Tensor found)
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange((expected - found).abs().max().item<float>(), 0, 1e-3f);
    }

    private static void CheckLogProbabilities(JsonElement word, float[] found)
    {
        var expected = word.GetProperty("log_p").EnumerateArray().ToList();
        Assert.Equal(expected.Count, found.Length);
        foreach (var (value, log) in expected.Zip(found))
        {
            if (value.ValueKind == JsonValueKind.Null) Assert.Equal(float.NegativeInfinity, log);
            else Assert.Equal(value.GetDouble(), log, 1e-3);
        }
    }

    private static string Describe(JsonElement word) =>
        $"{word.GetProperty("word").GetString()}/{word.GetProperty("slots").GetInt32()}: {string.Join(", ", word.GetProperty("candidates").EnumerateArray().Select(candidate => $"{candidate.GetProperty("form").GetString()}/{candidate.GetProperty("kind").GetInt32()}"))}";

    private static string Describe(CanvasWord word) =>
        $"{word.Word.Text}/{word.Slots}: {string.Join(", ", word.Candidates.Select(form => $"{form.Candidate.Form}/{(int)form.Candidate.Kind}"))}";

    private static Canvas Canvas(string text, CandidateSource candidates, WordEncoder encoder)
    {
        var words = WordSplitter.Split(text);
        var builder = new CanvasBuilder(candidates, encoder, words);
        return new Canvas([.. words.Select(word => builder.Build(word, isProtected: false))], builder);
    }

    private static WordEncoder Encoder() => new(Tokenizer.Load(Path.Combine(Repository.MiniModel, "tokenizer.json")));
}
