using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Models;
using HybridGen.Scoring;
using HybridGen.Torch;
using HybridGen.Words;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Scoring;

public class ShadowMasksTests
{
    private const int Vocabulary = 20;

    private const int MostStrides = 64;

    private static readonly int[] Lengths = [1, 7, 3, 0, 40, 12];

    /// <summary>Where one layer reads what it sees and nothing has seen the word before, a twin is a masked word: strided masking of one word at a time says the same.</summary>
    [Fact]
    public void ATwinSaysWhatAMaskedWordSays()
    {
        LibTorch.EnsureLoaded();
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        var canvases = Lengths.Select(Canvas).ToArray();
        var (strided, shadows) = (new Predictor(new OneLayer()), new Predictor(new OneLayer()));
        var expected = new StridedMasking(strided, MostStrides).Score(canvases);
        var found = new ShadowMasks(shadows).Score(canvases);
        foreach (var (one, other) in expected.SelectMany(words => words).Zip(found.SelectMany(words => words)))
        {
            Assert.Equal(one.LogProbability, other.LogProbability, 1e-4f);
            Assert.Equal(one.Best, other.Best, 1e-4f);
            Assert.Equal(one.BestIds, other.BestIds);
        }

        Assert.Equal(expected.Select(words => words.Length), found.Select(words => words.Length));
        Assert.Equal((63, 5), (strided.Forwards, shadows.Forwards));
        Assert.Equal(1, ((OneLayer)shadows.Denoiser).Passes);
    }

    [Fact]
    public void WhoCannotIsRefused()
    {
        foreach (var descriptor in new[] { OneLayer.Sees with { SeesByMask = false }, OneLayer.Sees with { ShiftsLogits = true }, OneLayer.Sees with { Attention = AttentionPattern.BlockCausal } })
            Assert.Throws<RefiningException>(() => new ShadowMasks(new Predictor(new OneLayer { Descriptor = descriptor })));
    }

    /// <summary>Words of one to three tokens.</summary>
    private static Canvas Canvas(int words) => new([.. Enumerable.Range(0, words).Select(i => Word(i, [.. Enumerable.Range(0, 1 + (i % 3)).Select(token => 4 + (((7 * i) + token + words) % 16))]))], null!);

    private static CanvasWord Word(int start, int[] tokens) =>
        new(new Word("a", "a", new TextSpan(start, 1)), new CanvasForm(new Candidate("a", CandidateKind.Draft, 0, 0, []), tokens, 0), [], tokens.Length, false);

    /// <summary>Each place's logits are a sum over the tokens that it sees and where they stand.</summary>
    private sealed class OneLayer : IDenoiser
    {
        public static DenoiserDescriptor Sees { get; } = new() { Family = "one layer", MaskId = 0, EosId = 1, BosId = 2, SepId = 3, VocabularySize = Vocabulary, MaxPositions = 512, SeesByMask = true };

        public DenoiserDescriptor Descriptor { get; init; } = Sees;

        public Device Device => CPU;

        public int Passes { get; private set; }

        public Tensor Hidden(DenoiserInput input)
        {
            Passes++;
            var (batch, length) = (input.Ids.shape[0], input.Ids.shape[1]);
            var positions = (input.Positions ?? arange(length).expand(batch, length)).to(ScalarType.Float32);
            var sees = input.Attention ?? ones([batch, 1, length, length], ScalarType.Bool);
            var seen = (sees.shape.Length == 2 ? sees.view(batch, 1, 1, length) : sees).expand(batch, 1, length, length).squeeze(1).to(ScalarType.Float32); // (B, L, L)
            var near = (positions.unsqueeze(2) - positions.unsqueeze(1)).mul(0.7).cos().mul(seen);
            var written = positions.mul(0.3).sin().add(input.Ids).unsqueeze(2).mul(arange(1, Vocabulary + 1)).mul(0.37).sin();                              // (B, L, V)
            return near.matmul(written);
        }

        public Tensor Logits(Tensor hidden) => hidden.clone();

        public void Dispose() { }
    }
}
