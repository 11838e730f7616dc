using CsCheck;
using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Protecting;
using HybridGen.Tokens;
using HybridGen.Words;

namespace HybridGen.Hybrid.Tests.Canvases;

public class SegmenterTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Const("recieved"), Gen.Const(" the "), Gen.Const(". "), Gen.Const("\n"), Gen.Const("\r\n\r\n"), Gen.Const("`code`"), Gen.Const("漢字"), Gen.Const(" antidisestablishmentarianism"), Gen.Const(" a"), Gen.Const(string.Concat(Enumerable.Repeat("1,", 400))), Gen.Const(string.Concat(Enumerable.Repeat("漢", 100))), Gen.Const(string.Concat(Enumerable.Repeat("?!", 90))))
        .Array[0, 400].Select(string.Concat);

    private static CandidateSource Source { get; } = CandidateSource.Read(Repository.MiniModel);

    private static WordEncoder Encoder { get; } = new(Tokenizer.Load(Path.Combine(Repository.MiniModel, "tokenizer.json")));

    [Fact]
    public void CanvasesHoldEveryWordOnceAndFitTheWindow() => Texts.Sample(
        text =>
        {
            var guard = new ProtectedText(text);
            var lines = Segmenter.Lines(text, guard).ToList();
            var builder = new CanvasBuilder(Source, Encoder, lines.SelectMany(line => line));
            var canvases = Segmenter.Pack(lines, builder, guard).ToList();
            Assert.All(canvases, canvas => Assert.True(canvas.Length <= Segmenter.WindowSlots));
            Assert.Equal(lines.SelectMany(line => line).Where(word => Fits(word, builder)).Select(word => word.Span), canvases.SelectMany(canvas => canvas.Words).Select(word => word.Word.Span));
            Assert.All(canvases, canvas => Assert.False(canvas.Words[0].Word.Spaced));
        },
        iter: 60);

    private static bool Fits(Word word, CanvasBuilder builder) =>
        word.Text.Length < Segmenter.WindowSlots && builder.Build(word, isProtected: false).Slots < Segmenter.WindowSlots;

    [Fact]
    public void SectionsAreWholeLinesOfAboutADocument() => Texts.Sample(
        text =>
        {
            var lines = Segmenter.Lines(text, new ProtectedText(text)).ToList();
            var sections = Segmenter.Sections(lines).ToList();
            Assert.Equal(lines, sections.SelectMany(section => section));
            Assert.All(sections, section => Assert.True(section.Count == 1 || section.Sum(line => line.Count) <= Segmenter.SectionWords));
        },
        iter: 60);

    [Fact]
    public void AVeryLongLineIsCutBetweenItsSentencesAndLosesNothing()
    {
        var text = string.Concat(Enumerable.Repeat("I recieved it  there, and nothing else came. ", 400));
        var lines = Segmenter.Lines(text, new ProtectedText(text)).ToList();
        Assert.True(lines.Count > 4);
        Assert.All(lines, line => Assert.Equal((" I", "."), (line[0].Text, line[^1].Body)));
        Assert.All(lines, line => Assert.True(line[^1].Span.End - line[0].Span.Start <= Segmenter.LongestLine));
        Assert.Equal(WordSplitter.Split(text).Where(word => word.Body.Length > 0).Select(word => word.Span), lines.SelectMany(line => line).Select(word => word.Span));
    }
}
