using System.Text;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Judging;

namespace HybridGen.Hybrid.Tests.Judging;

public class JointJudgeTests
{
    private const string Text = "He sat by the see. It was nise.\nThe see was calm.";

    private static readonly DrafterJudge Options = new() { Weight = 1, MinGain = 3, MaxForms = 2 };

    [Fact]
    public void TheBestSumWinsAndTheGainIsTheSum()
    {
        var verdict = Judge(form => form == "sea" ? 4 : 0, Word("see", false, ("seed", 2), ("sea", 1)));
        Assert.Equal((1, 5.0), (verdict!.Value.Form, verdict.Value.Score));
    }

    [Fact]
    public void AWordStaysWhereNoFormReachesTheLeastGain() => Assert.Null(Judge(form => form == "sea" ? 2 : 0, Word("see", false, ("sea", 1))));

    [Fact]
    public void ASureCorrectionFallsWhereTheDrafterSpeaksForTheDraft()
    {
        Assert.NotNull(Judge(form => form == "see" ? 1 : 0, Word("see", true, ("sea", 5))));
        Assert.Null(Judge(form => form == "see" ? 3 : 0, Word("see", true, ("sea", 5))));
    }

    [Fact]
    public void OnlyAFewFormsCompete() => Assert.Null(Judge(form => form == "sew" ? 9 : 0, Word("see", false, ("a", 1), ("b", 0.5), ("sew", 0))));

    /// <summary>A form is worth reading from the log-ratio on with which it would win against the form that stands there.</summary>
    [Fact]
    public void TheDrafterIsAskedForWhatCouldTurnTheDecision()
    {
        var scorer = new FakeScorer(_ => 0);
        new JointJudge(scorer, Options).Judge(Text, [Word("see", true, ("sea", 5), ("seed", 1)), Word("nise", true, ("nice", 30))], TestContext.Current.CancellationToken);
        var asked = Assert.Single(scorer.Asked);
        Assert.Equal("\nHe sat by the sea. It was nice.", asked.Text);
        Assert.Equal([("see", 2.0), ("seed", 4.0)], asked.Variants.Select(variant => (variant.After, variant.Least)));
        Assert.All(asked.Variants, variant => Assert.Equal("sea", variant.Span.Of(asked.Text).ToString()));
    }

    [Fact]
    public void OfSettledWordsTheDrafterIsNotAsked()
    {
        var scorer = new FakeScorer(form => form == "see" ? 100 : 0);
        DoubtedWord[] words = [Word("see", true, ("sea", 5)) with { IsSettled = true }, Word("nise", false, ("nice", 1)) with { IsSettled = true }];
        var verdicts = new JointJudge(scorer, Options).Judge(Text, words, TestContext.Current.CancellationToken);
        Assert.Empty(scorer.Asked);
        Assert.Equal([new Verdict(0, 5), null], verdicts);
    }

    /// <summary>Each doubted word is asked once, in a passage that the drafter can read, whatever the text is like.</summary>
    [Theory]
    [InlineData("word ", 300)]
    [InlineData("word", 300)]
    [InlineData("漢字 ", 300)]
    [InlineData("👩‍👩‍👧", 200)]
    [InlineData("word\r\n", 300)]
    public void PassagesFitTheDrafterAndHoldEachWordOnce(string piece, int pieces)
    {
        var text = new StringBuilder();
        var words = new List<DoubtedWord>();
        for (var i = 0; i < pieces; i++)
        {
            if (i % 7 == 3 || i % 100 == 99)
            {
                text.Append(' ');
                words.Add(Word(new TextSpan(text.Length, 3), i % 2 == 0, ("sea", 4), ("seed", 2)));
                text.Append("see ");
            }

            text.Append(piece);
        }

        var scorer = new FakeScorer(form => form == "sea" ? 5 : 0, mostTokens: 800);
        var verdicts = new JointJudge(scorer, Options).Judge(text.ToString(), words, TestContext.Current.CancellationToken);
        Assert.All(verdicts, verdict => Assert.Equal(0, verdict!.Value.Form));
        Assert.Equal(2 * words.Count, scorer.Asked.Sum(asked => asked.Variants.Count));
        Assert.All(scorer.Asked, asked => Assert.InRange(Encoding.UTF8.GetByteCount(asked.Text), 1, 800));
        Assert.All(scorer.Asked, asked => Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(asked.Text))));
    }

    [Fact]
    public void ImpossibleOptionsAreRefusedByName()
    {
        Assert.Equal("Weight", Assert.Throws<ArgumentOutOfRangeException>(() => new DrafterJudge { Weight = -1 }).ParamName);
        Assert.Equal("MinGain", Assert.Throws<ArgumentOutOfRangeException>(() => new DrafterJudge { MinGain = double.NaN }).ParamName);
        Assert.Equal("From", Assert.Throws<ArgumentOutOfRangeException>(() => new DrafterJudge { From = double.NegativeInfinity }).ParamName);
        Assert.Equal("Tail", Assert.Throws<ArgumentOutOfRangeException>(() => new DrafterJudge { Tail = 65 }).ParamName);
        Assert.Equal("MaxForms", Assert.Throws<ArgumentOutOfRangeException>(() => new DrafterJudge { MaxForms = 0 }).ParamName);
    }

    private static Verdict? Judge(Func<string, double> logProbability, DoubtedWord word) =>
        new JointJudge(new FakeScorer(logProbability), Options).Judge(Text, [word], TestContext.Current.CancellationToken)[0];

    private static DoubtedWord Word(string word, bool isSure, params (string Form, double Gain)[] forms) =>
        Word(new TextSpan(Text.IndexOf(word, StringComparison.Ordinal), word.Length), isSure, forms);

    private static DoubtedWord Word(TextSpan span, bool isSure, params (string Form, double Gain)[] forms) =>
        new(span, [.. forms.Select(form => new DoubtedForm(form.Form, EditKind.Spelling, form.Gain))], isSure, IsSettled: false);
}
