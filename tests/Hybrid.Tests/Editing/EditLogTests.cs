using CsCheck;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Hybrid.Tests.Editing;

public class EditLogTests
{
    private static readonly Gen<(int Skip, int Length, string After)[]> Steps =
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.String[Gen.Char["abé\n"], 0, 4]).Array[0, 6];

    [Fact]
    public void AComposedLogDoesWhatItsTwoPartsDo() =>
        Gen.Select(Gen.String[Gen.Char["abcé \r\n"], 0, 30], Steps, Steps).Sample((input, first, second) =>
        {
            var a = Edits(input, first);
            var middle = Revision.Apply(input, a);
            var b = Edits(middle, second);
            Assert.Equal(Revision.Apply(middle, b), Revision.Apply(input, EditLog.Compose(input, middle, a, b)));
        });

    [Fact]
    public void EditsOfAnotherTextOrOutOfOrderAreRefused()
    {
        var (one, two) = (new Edit(new TextSpan(0, 2), "ab", "x", EditKind.Spelling, 1, 1), new Edit(new TextSpan(1, 1), "b", "y", EditKind.Spelling, 1, 1));
        Assert.Equal("xc", Revision.Apply("abc", [one]));
        Assert.Throws<ArgumentException>(() => Revision.Apply("abc", [one, two]));
        Assert.Throws<ArgumentException>(() => Revision.Apply("xbc", [one]));
        Assert.Throws<ArgumentException>(() => Revision.Apply("a", [one]));
    }

    [Fact]
    public void AnInsertionAtTheStartIsApplied() => Assert.Equal("xab", Revision.Apply("ab", [new Edit(new TextSpan(0, 0), "", "x", EditKind.Refill, 1, 1)]));

    private static List<Edit> Edits(string text, (int Skip, int Length, string After)[] steps)
    {
        var edits = new List<Edit>();
        var at = 0;
        foreach (var (skip, length, after) in steps)
        {
            at += skip;
            if (at + length > text.Length) break;
            edits.Add(new Edit(new TextSpan(at, length), text.Substring(at, length), after, EditKind.Spelling, 1, 1));
            at += Math.Max(length, 1);
        }

        return edits;
    }
}
