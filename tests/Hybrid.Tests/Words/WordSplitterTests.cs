using CsCheck;
using HybridGen.Words;

namespace HybridGen.Hybrid.Tests.Words;

public class WordSplitterTests
{
    [Fact]
    public void WordsTileAnyText() => Gen.String[Gen.OneOf(Gen.Char, Gen.Char["ab1 _.’'\r\n\té\u0301"]), 0, 40].Sample(text =>
    {
        var at = 0;
        foreach (var word in WordSplitter.Split(text))
        {
            Assert.Equal(at + (word.Spaced ? 1 : 0), word.Span.Start);
            Assert.Equal(word.Text, text[at..word.Span.End]);
            at = word.Span.End;
        }

        Assert.Equal(text.Length, at);
    });

    [Theory]
    [InlineData("I don't know 1,000.5 _x_ don’t!?", "I|don't|know|1,000.5||_|x|_|don’t|!?")]
    [InlineData("naïve café\n\nend", "naïve|café||end")]
    public void WordsAreLettersNumbersOrSigns(string text, string bodies) =>
        Assert.Equal(bodies, string.Join('|', WordSplitter.Split(text).Select(word => word.Body)));
}
