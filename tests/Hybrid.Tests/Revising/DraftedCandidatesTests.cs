using HybridGen.Drafting;
using HybridGen.Judging;
using HybridGen.Models;
using HybridGen.Protecting;
using HybridGen.Revising;
using HybridGen.Steering;
using HybridGen.Torch;
using HybridGen.Words;
using static TorchSharp.torch;

namespace HybridGen.Hybrid.Tests.Revising;

/// <summary>What the drafter considered competes with what it wrote.</summary>
public class DraftedCandidatesTests(MiniEngine mini)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The lexicon has no form of a common word that is two letters away; the caller's say stands for a refiner that is sure of it.</summary>
    [Theory]
    [InlineData(3, "I will see you in the morning before breakfast.")]
    [InlineData(0, "I will see you in the moving before breakfast.")]
    public async Task ANearWordOfTheDraftersMendsSpelling(int count, string expected)
    {
        const string Text = "I will see you in the moving before breakfast.";
        var policy = new EditPolicy.Spelling { Judge = new DrafterJudge { From = -100 } };
        var options = new ReviseOptions { Policies = [policy], Draft = Drafted(Text, " moving", " morning"), DraftAlternatives = count, Attribute = Prefer("morning") };
        Assert.Equal(expected, (await mini.Engine.ReviseAsync(Text, options, cancellationToken: Token)).Output);
    }

    /// <summary>Spelling leaves what is not near to free rewriting, which finds it where spelling has moved it.</summary>
    [Fact]
    public async Task AFarWordIsForFreeRewritingWhereverEditsMovedIt()
    {
        const string Text = "The town wich I saw was near the market and the sea.";
        var options = ReviseOptions.Fix with
        {
            Draft = Drafted(Text, " market", " lighthouse"),
            Attribute = Prefer("which", "lighthouse"),
            RemaskShare = 1,
            // Of neighbours only one is remasked; these leave it to the market.
            Protection = new Protection { Glossary = ["near", "the", "and"] },
        };
        Assert.Equal("The town which I saw was near the market and the sea.", (await mini.Engine.ReviseAsync(Text, options, cancellationToken: Token)).Output);
        options = options with { Policies = [new EditPolicy.Spelling(), new EditPolicy.Free()] };
        Assert.Equal("The town which I saw was near the lighthouse and the sea.", (await mini.Engine.ReviseAsync(Text, options, cancellationToken: Token)).Output);
    }

    /// <summary>A denoiser with random weights proposes nonsense; the caller allows one word only, which only the drafter knows.</summary>
    [Fact]
    public void AnyDenoiserIsToldOfThem()
    {
        LibTorch.EnsureLoaded();
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        using var refiner = Refiner.Load(Repository.Checkpoint("llada"), new DenoiserPlacement { Device = "cpu", Precision = DenoiserPrecision.F32 });
        const string Text = "She walked to the old market and bought some bread.";
        var options = new ReviseOptions
        {
            Policies = [new EditPolicy.Free { MinGain = 0 }],
            RemaskShare = 1,
            Draft = Drafted(Text, " bought", " lighthouse"),
            Attribute = Prefer("lighthouse"),
        };
        Assert.Equal("She walked to the old market and lighthouse some bread.", refiner.Revise(Text, options, null, null, CancellationToken.None).Output);
        Assert.Equal(Text, refiner.Revise(Text, options with { DraftAlternatives = 0 }, null, null, CancellationToken.None).Output);
        Assert.Equal(Text + " ", refiner.Revise(Text + " ", options, null, null, CancellationToken.None).Output);
    }

    private static Func<ProposedChange, double> Prefer(params string[] forms) => change => forms.Contains(change.After) ? 500 : double.NegativeInfinity;

    private static Draft Drafted(string text, string wrong, string right)
    {
        var at = 0;
        var tokens = text.Replace(wrong, "|" + wrong + "|", StringComparison.Ordinal).Split('|').SelectMany(part => part == wrong ? [part] : Words(part))
            .Select((token, i) => new DraftToken(i, token, new TextSpan((at += token.Length) - token.Length, token.Length), -1, 1, token == wrong ? [new TokenAlternative(999, right, -0.5f)] : [])).ToArray();
        return Draft.From(tokens, new DraftCompleted(StopReason.EndOfText, 0, TimeSpan.Zero, TimeSpan.Zero));

        static IEnumerable<string> Words(string part) => WordSplitter.Split(part).Select(word => word.Text);
    }
}
