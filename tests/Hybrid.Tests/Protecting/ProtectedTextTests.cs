using HybridGen.Drafting;
using HybridGen.Protecting;
using HybridGen.Words;

namespace HybridGen.Hybrid.Tests.Protecting;

public class ProtectedTextTests
{
    /// <summary>Words between ‹ and › must be protected, all others not.</summary>
    [Theory]
    [InlineData("See ‹https›://‹example›.‹org›/‹catalouge› now")]
    [InlineData("Write to ‹jon›@‹exmaple›.‹com› today")]
    [InlineData("the ‹recieved›_‹at› column")]
    [InlineData("use `‹recieve› ‹teh› ‹it›` twice")]
    [InlineData("an ‹iPhone› and a McDonald and NASA")]
    [InlineData("in /‹usr›/‹lokal›/‹bin› and ~/‹documnets›")]
    [InlineData("call ‹recieve›() or ‹C›:\\‹Progams›")]
    [InlineData("a #‹hashtga› costs $‹fivve› and <‹dvi›>")]
    [InlineData("plain words, and/or (in brackets) \"quoted\"; well-known -- 'single'")]
    [InlineData("www.‹exampel›.‹com› is ‹exampel›.‹com›")]
    public void CodeAddressesAndIdentifiersAreProtected(string marked)
    {
        var text = marked.Replace("‹", "", StringComparison.Ordinal).Replace("›", "", StringComparison.Ordinal);
        var guard = new ProtectedText(text);
        var found = text;
        foreach (var word in WordSplitter.Split(text).Where(word => word.StartsWithLetter && guard.Protects(word.Span)).Reverse())
            found = found[..word.Span.Start] + "‹" + word.Body + "›" + found[word.Span.End..];
        // The scheme of an address and its "www" may be marked or not: they are no words that anyone would change.
        Assert.Equal(marked, found.Replace("‹www›", "www", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("before\n```\nteh code\n```\nafter teh", "teh code", true)]
    [InlineData("before\n```\nteh code\n```\nafter teh", "after teh", false)]
    [InlineData("~~~ py\nteh code", "teh code", true)]
    [InlineData("a `teh` b", "b", false)]
    public void FencedCodeIsCode(string text, string part, bool isCode) =>
        Assert.Equal(isCode, new ProtectedText(text).IsCode(new TextSpan(text.IndexOf(part, StringComparison.Ordinal), part.Length)));

    [Fact]
    public void AWordThatEndsInsideAGraphemeIsProtected()
    {
        const string Text = "teh\u20E3 end"; // An enclosing keycap joins the last letter.
        Assert.True(new ProtectedText(Text).Protects(new TextSpan(0, 3)));
        Assert.False(new ProtectedText(Text).Protects(new TextSpan(5, 3)));
    }
}
