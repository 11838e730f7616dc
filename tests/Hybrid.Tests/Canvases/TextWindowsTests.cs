using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Protecting;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Canvases;

public class TextWindowsTests
{
    private const string Plain = "The old town lies on both banks of the river, and its market is held on the first day of each week. ";

    private static CandidateSource Source { get; } = CandidateSource.Read(Repository.MiniModel);

    private static WordEncoder Encoder { get; } = new(ByteLevelTokenizer.Load(Path.Combine(Repository.MiniModel, "tokenizer.json")));

    [Theory]
    [InlineData("packige", "package")]
    [InlineData("alotof", "a lot of")]
    [InlineData("The", "the")]
    public void AnEditLeavesAllWindowsButItsOwnAsTheyWere(string before, string after)
    {
        var text = Document(6, before);
        var windows = new TextWindows(Source, Encoder, new Protection(), Segmenter.WindowSlots);
        var first = Prints(windows, text);
        var place = text.IndexOf($"Then {before} ", StringComparison.Ordinal) + 5;
        var edit = new Edit(new TextSpan(place, before.Length), before, after, EditKind.Spelling, 3, 1);
        windows.Move([edit]);
        var second = Prints(windows, Revision.Apply(text, [edit]));
        Assert.Equal(first.Count, second.Count);
        Assert.Single(first.Zip(second), pair => pair.First != pair.Second);
    }

    [Fact]
    public void WhatAnEditChangesInTheDocumentChangesTheWindowsThatReadIt()
    {
        var text = $"{string.Concat(Enumerable.Repeat(Plain, 6))}Marseillan is a name.\n{string.Concat(Enumerable.Repeat(Plain, 6))}Marseilan is one.\n";
        var windows = new TextWindows(Source, Encoder, new Protection(), Segmenter.WindowSlots);
        var first = Prints(windows, text);
        var edit = new Edit(new TextSpan(text.IndexOf("Marseilan ", StringComparison.Ordinal), 9), "Marseilan", "Marseillan", EditKind.Consistency, 3, 1);
        windows.Move([edit]);
        var second = Prints(windows, Revision.Apply(text, [edit]));
        Assert.Equal(2, first.Zip(second).Count(pair => pair.First != pair.Second));
    }

    [Fact]
    public void CanvasesAreBuiltAsTheyAreAskedFor()
    {
        var (small, large) = (Document(4, "packige"), Document(400, "packige"));
        Allocated(small);
        Assert.InRange(Allocated(large), 0, 2 * Allocated(small));

        static long Allocated(string text)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.NotEmpty(new TextWindows(Source, Encoder, new Protection(), Segmenter.WindowSlots).Read(text).First().Words);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static List<UInt128> Prints(TextWindows windows, string text) => windows.Read(text).Select(canvas => canvas.Fingerprint()).ToList();

    /// <summary>Paragraphs of some windows each; one word stands in the second.</summary>
    private static string Document(int paragraphs, string word)
    {
        var paragraph = string.Concat(Enumerable.Repeat(Plain, 12)) + "\n";
        return $"{paragraph}{Plain}Then {word} came. {string.Concat(Enumerable.Repeat(paragraph, paragraphs))}";
    }
}
