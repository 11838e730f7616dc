using CsCheck;
using HybridGen.Drafting;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Tokens;

/// <summary>Unicode Standard Annex 15, in a process that has no ICU.</summary>
public class CanonicalFormsTests
{
    [Theory]
    [InlineData("e\u0301", "\u00e9", "e\u0301")]
    [InlineData("\u00e9", "\u00e9", "e\u0301")]
    [InlineData("\u212b", "\u00c5", "A\u030a")]
    [InlineData("\u2126", "\u03a9", "\u03a9")]
    [InlineData("\u1e9b\u0323", "\u1e9b\u0323", "\u017f\u0323\u0307")]
    [InlineData("d\u0307\u0323", "\u1e0d\u0307", "d\u0323\u0307")]
    [InlineData("\u1e0b\u0323", "\u1e0d\u0307", "d\u0323\u0307")]
    [InlineData("a\u0323\u0302", "\u1ead", "a\u0323\u0302")]
    [InlineData("\u1100\u1161\u11a8", "\uac01", "\u1100\u1161\u11a8")]
    [InlineData("\uac00\u11a8", "\uac01", "\u1100\u1161\u11a8")]
    [InlineData("\u0958", "\u0915\u093c", "\u0915\u093c")]
    [InlineData("\u0344", "\u0308\u0301", "\u0308\u0301")]
    [InlineData("\u0374", "\u02b9", "\u02b9")]
    [InlineData("\uf900", "\u8c48", "\u8c48")]
    [InlineData("\U0001d15e", "\U0001d157\U0001d165", "\U0001d157\U0001d165")]
    [InlineData("\U00011099\U000110ba", "\U0001109a", "\U00011099\U000110ba")]
    [InlineData("\u20d2\u20d0", "\u20d2\u20d0", "\u20d2\u20d0")]
    [InlineData("\u20d0\u20d2", "\u20d2\u20d0", "\u20d2\u20d0")]
    [InlineData("\u0b47\u0300\u0b3e", "\u0b47\u0300\u0b3e", "\u0b47\u0300\u0b3e")]
    [InlineData("\ufb01\u2460", "\ufb01\u2460", "\ufb01\u2460")]
    [InlineData("“don’t” — 10 €…", "“don’t” — 10 €…", "“don’t” — 10 €…")]
    public void FormsAreThoseOfTheStandard(string text, string composed, string decomposed)
    {
        Assert.Equal(composed, Composed(text));
        Assert.Equal(decomposed, Decomposed(text));
    }

    [Fact]
    public void FormsAgreeWithEachOther() => AnyText.Whole.Sample(text =>
    {
        var (composed, decomposed) = (Composed(text), Decomposed(text));
        Assert.Equal(composed, Composed(composed));
        Assert.Equal(composed, Composed(decomposed));
        Assert.Equal(decomposed, Decomposed(decomposed));
        Assert.Equal(decomposed, Decomposed(composed));
    });

    [Fact]
    public void AComposedCharacterStandsForItsBaseAndItsPartsForIt()
    {
        var composed = CanonicalForms.Compose(new AlignedText("xe\u0301y"));
        Assert.Equal([new(0, 1), new(1, 1), new(3, 1)], composed.Runes().Select(rune => rune.Origin));
        var decomposed = CanonicalForms.Decompose(new AlignedText("x\u00e9y").Runes());
        Assert.Equal([new TextSpan(0, 1), new(1, 1), new(1, 1), new(2, 1)], decomposed.Select(rune => rune.Origin));
    }

    private static string Composed(string text) => CanonicalForms.Compose(new AlignedText(text)).Text;

    private static string Decomposed(string text) => new AlignedText(CanonicalForms.Decompose(new AlignedText(text).Runes())).Text;
}
