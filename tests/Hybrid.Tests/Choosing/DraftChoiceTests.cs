using System.Runtime.CompilerServices;
using HybridGen.Choosing;
using HybridGen.Drafting;
using HybridGen.Pipelines;
using HybridGen.Scoring;

namespace HybridGen.Hybrid.Tests.Choosing;

public class DraftChoiceTests(MiniEngine mini)
{
    private const string Right = "The children went to the old house by the sea and stayed there.";
    private const string Wrong = "The childern went to the old hause by the sea and staid their.";

    private static readonly DraftPrompt Prompt = DraftPrompt.User("Write.");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Of texts that the drafter likes as well, the one that the refiner doubts less; it alone is revised, and streamed.</summary>
    [Fact]
    public async Task Generate_SeveralDrafts_KeepsTheOneThatTheRefinerDoubtsLess()
    {
        await using var engine = Engine(new ListDrafter((Wrong, -1), (Right, -1), (Wrong, -1)));
        var updates = await engine.StreamAsync(Prompt, new() { Drafts = 3 }, Token).ToListAsync(Token);
        var generation = Assert.IsType<GenerationUpdate.Completed>(updates[^1]).Generation;
        Assert.Equal((Right, Right, Right), (generation.Draft.Text, generation.Revision!.Input, string.Concat(updates.OfType<GenerationUpdate.Drafted>().Select(update => update.Token.Text))));
        Assert.Equal([Wrong, Right, Wrong], generation.Drafts.Select(draft => draft.Draft.Text));
        Assert.All(generation.Drafts, draft => Assert.Equal(-1, draft.LogProbability!.Value, 1e-6));
        var expected = (await mini.Engine.ScoreAsync(Wrong, cancellationToken: Token)).Words.Average(word => (double)word.Suspicion);
        Assert.Equal(expected, generation.Drafts[0].Doubt!.Value, 1e-3);
        Assert.True(generation.Drafts[1].Doubt < expected);
    }

    [Theory]
    [InlineData(-1.0, 2.0, -2.0, 0.5, 1)]
    [InlineData(-1.0, 2.0, -3.0, 0.5, 0)]
    [InlineData(null, 2.0, null, 0.5, 1)]
    [InlineData(-3.0, 0.5, -3.0, 0.5, 0)]
    public async Task Rank_Drafts_WeighsBothModelsInNats(double? first, double firstDoubt, double? second, double secondDoubt, int best)
    {
        var choice = new DraftChoice((text, _) => Task.FromResult(Score(text == "one two" ? firstDoubt : secondDoubt)));
        var ranked = await choice.RankAsync(new ListDrafter(("one two", first), ("six ten", second)), Prompt, new() { Drafts = 2 }, Token);
        Assert.Equal(ranked[best].Draft, DraftChoice.Best(ranked));
        Assert.Equal([(first ?? 0) - firstDoubt, (second ?? 0) - secondDoubt], ranked.Select(draft => draft.Score));
    }

    [Fact]
    public async Task Rank_AnEmptyDraft_LosesToAnyOther()
    {
        var choice = new DraftChoice((text, _) => Task.FromResult(text.Length == 0 ? new TextScore([], 0) : Score(9)));
        var ranked = await choice.RankAsync(new ListDrafter(("", null), ("one two", -9)), Prompt, new() { Drafts = 2 }, Token);
        Assert.Equal("one two", DraftChoice.Best(ranked).Text);
    }

    /// <summary>What must have a form is judged by the drafter alone: the refiner, which is not even there, does not see structure.</summary>
    [Fact]
    public async Task Generate_ConstrainedDrafts_KeepsTheMostProbable()
    {
        await using var engine = new HybridGenEngine(new ListDrafter(("[1]", -2), ("[2]", -1)), new() { RefinerPath = "no-such-folder", JudgePath = null });
        var generation = await engine.GenerateAsync(Prompt, new() { Drafts = 2, Draft = new() { Constraint = OutputConstraint.JsonSchema.Parse("{}") } }, Token);
        Assert.Equal("[2]", generation.Text);
        Assert.All(generation.Drafts, draft => Assert.Null(draft.Doubt));
    }

    [Fact]
    public async Task Generate_WithWhatHasNoUseForDrafts_IsRefused()
    {
        await using var engine = Engine(new ListDrafter(("a", -1)));
        foreach (var pipeline in new Pipeline[] { new Pipeline.Interleaved(), new Pipeline.Overlapped() })
            Assert.Contains(pipeline.GetType().Name, (await Assert.ThrowsAsync<ArgumentException>(() => engine.GenerateAsync(Prompt, new() { Drafts = 2, Pipeline = pipeline }, Token))).Message, StringComparison.Ordinal);
        var greedy = new GenerateOptions { Drafts = 2, Draft = new() { Sampling = new Sampling.Greedy() } };
        Assert.Contains("greedy", (await Assert.ThrowsAsync<ArgumentException>(() => engine.GenerateAsync(Prompt, greedy, Token))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new GenerateOptions { Drafts = 0 });
    }

    [Fact]
    public async Task DraftMany_ADrafterThatWritesOneAtATime_NumbersTheSeeds()
    {
        var drafter = new ListDrafter(("a", -1), ("b", -1));
        var drafts = await ((IDrafter)drafter).DraftManyAsync(Prompt, 2, new() { Sampling = new Sampling.Random { Seed = 7 } }, Token);
        Assert.Equal(["a", "b"], drafts.Select(draft => draft.Text));
        Assert.Equal([7u, 8u], drafter.Seeds);
    }

    private static HybridGenEngine Engine(IDrafter drafter) => new(drafter, new() { RefinerPath = Repository.MiniModel, JudgePath = null });

    private static TextScore Score(double doubt) => new([Word(doubt - 0.25), Word(doubt + 0.25)], 1);

    private static ScoredWord Word(double suspicion) => new(default, "", 0, (float)suspicion, 0, "");

    /// <summary>Writes one text after the other, each with one log-probability for all of its tokens.</summary>
    private sealed class ListDrafter(params (string Text, double? LogProbability)[] drafts) : IDrafter
    {
        private int _next;

        public string ModelId => "list";

        public List<uint?> Seeds { get; } = [];

        public async IAsyncEnumerable<DraftUpdate> DraftAsync(DraftPrompt prompt, DraftOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Seeds.Add((options.Sampling as Sampling.Random)?.Seed);
            var (text, logProbability) = drafts[_next++];
            for (var at = 0; at < text.Length; at++) yield return new DraftToken(at, text[at..(at + 1)], new TextSpan(at, 1), (float?)logProbability, 1, []);
            yield return new DraftCompleted(StopReason.EndOfText, 1, TimeSpan.Zero, TimeSpan.Zero);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
