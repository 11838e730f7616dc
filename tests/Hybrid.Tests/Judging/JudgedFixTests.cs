using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen.Hybrid.Tests.Judging;

/// <summary>The shipped pair: the mini drafter judges what the mini refiner proposes.</summary>
public class JudgedFixTests(MiniEngine mini)
{
    private static readonly (string Written, string Meant)[] Lines =
    [
        ("They lost there way in the dark forrest.", "They lost their way in the dark forest."),
        ("I have never herd such a strange storey.", "I have never heard such a strange story."),
        ("I think that sucess depends on hard wark.", "I think that success depends on hard work."),
        ("He sat down besides her and began to write.", "He sat down beside her and began to write."),
        ("She had no time but to leave.", "She had no time but to leave."),
        ("I hope you will except my apology.", "I hope you will accept my apology."),
        ("The dog ran threw the garden.", "The dog ran through the garden."),
        ("He walked quitely out of the room.", "He walked quietly out of the room."),
    ];

    private static ReviseOptions Alone { get; } = new() { Policies = [new EditPolicy.Spelling { Judge = null }] };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheJudgeMendsMoreThanTheRefinerAlone()
    {
        var (judged, alone) = (await RightAsync(ReviseOptions.Fix), await RightAsync(Alone));
        Assert.True(judged > alone, $"{judged} lines are right with the judge, {alone} without.");
    }

    [Fact]
    public async Task EachGainIsAboveTheLeastScoreAndTheTokensAreCounted()
    {
        var revision = await FixAsync(ReviseOptions.Fix);
        Assert.All(revision.Edits, edit => Assert.True(edit.Gain > 2));
        Assert.InRange(revision.JudgeTokens, 1, 100 * Lines.Length);
        Assert.Equal(0, (await FixAsync(Alone)).JudgeTokens);
    }

    [Fact]
    public async Task AWeightlessJudgeChangesNothingThatTheRefinerIsSureOf()
    {
        var options = new ReviseOptions { Policies = [new EditPolicy.Spelling { Judge = new() { Weight = 0, MinGain = 2 } }] };
        var revision = await FixAsync(options);
        Assert.Equal(0, revision.JudgeTokens);
        Assert.NotEmpty(revision.Edits);
    }

    [Fact]
    public async Task AMissingJudgeIsNamed()
    {
        await using var engine = new HybridGenEngine(new HybridGenOptions { RefinerPath = Repository.MiniModel, JudgePath = "no-such-file.gguf" });
        var failure = await Assert.ThrowsAnyAsync<DraftingException>(() => engine.ReviseAsync("a", cancellationToken: Token));
        Assert.Contains("no-such-file.gguf", failure.Message, StringComparison.Ordinal);
    }

    private async Task<int> RightAsync(ReviseOptions options) =>
        (await FixAsync(options)).Output.Split('\n').Zip(Lines).Count(line => line.First == line.Second.Meant);

    private Task<Revision> FixAsync(ReviseOptions options) =>
        mini.Engine.ReviseAsync(string.Join('\n', Lines.Select(line => line.Written)), options, cancellationToken: Token);
}
