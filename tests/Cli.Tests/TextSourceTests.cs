using System.Text;
using CsCheck;
using HybridGen.Cli.Texts;

namespace HybridGen.Cli.Tests;

public sealed class TextSourceTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("word and\n", 90_000)]
    [InlineData("no line ends here ", 60_000)]
    [InlineData("😀", 300_000)]
    [InlineData("a😀", 200_001)]
    [InlineData("\r\n", 200_000)]
    [InlineData("漢字", 3)]
    public void Blocks_LongText_JoinToItWithoutACutCharacter(string piece, int times)
    {
        var text = string.Concat(Enumerable.Repeat(piece, times));
        using var source = TextSource.Open(_scratch.Write("long.txt", text));
        var blocks = source.Blocks().Select(block => block.Text).ToList();
        Assert.Equal(text, string.Concat(blocks));
        Assert.All(blocks, block => Assert.True(block.Length <= 1 << 18 && !char.IsHighSurrogate(block[^1]) && !char.IsLowSurrogate(block[0])));
        if (piece.Contains('\n', StringComparison.Ordinal)) Assert.All(blocks, block => Assert.EndsWith("\n", block, StringComparison.Ordinal));
    }

    /// <summary>No block begins or ends inside fenced code unless the code is longer than a block; then it is marked as such.</summary>
    [Theory]
    [InlineData(90, 3_000)]
    [InlineData(2_000, 300)]
    [InlineData(60_000, 20)]
    [InlineData(100_000, 9)]
    public void Blocks_FencedCode_IsNeverTakenForProse(int linesOfCode, int fences)
    {
        var code = "```cs\n" + string.Concat(Enumerable.Repeat("teh code\n", linesOfCode)) + "```\n";
        var text = string.Concat(Enumerable.Repeat("Some prose that is not code.\n" + code, fences)) + "The end.\n";
        using var source = TextSource.Open(_scratch.Write("fences.md", text));
        var blocks = source.Blocks().ToList();
        Assert.Equal(text, string.Concat(blocks.Select(block => block.Text)));
        Assert.All(blocks, block => Assert.True(block.IsCode ? !block.Text.Contains("prose", StringComparison.Ordinal) : Fences.OpenAtEnd(block.Text) is null));
        Assert.False(blocks[^1].IsCode);
    }

    [Fact]
    public void Open_ByteOrderMark_IsKeptApart()
    {
        using var source = TextSource.Open(_scratch.Write("bom.txt", "\uFEFFtext"));
        Assert.True(source.HasByteOrderMark);
        Assert.Equal([new Block("text", IsCode: false)], source.Blocks());
    }

    /// <summary>What is accepted is what a strict decoder accepts, and the place of the first bad byte is the decoder's.</summary>
    [Fact]
    public void Check_AnyBytes_AgreesWithTheDecoder() =>
        Gen.Select(Gen.OneOf(Gen.Byte[1, 127], Gen.Byte[0xC0, 0xF5], Gen.Byte[0x80, 0xBF]).Array[0, 12], Gen.OneOf(Gen.Int[0, 3], Gen.Int[65_530, 65_540])).Sample((tail, length) =>
        {
            byte[] bytes = [.. Enumerable.Repeat((byte)'x', length), .. tail];
            var failure = Record.Exception(() => TextCheck.Run("f", new MemoryStream(bytes)));
            try
            {
                new UTF8Encoding(false, true).GetCharCount(bytes);
                Assert.Null(failure);
            }
            catch (DecoderFallbackException expected)
            {
                Assert.EndsWith($"at offset {expected.Index}. Convert it first, for example with iconv.", Assert.IsType<InputException>(failure).Message, StringComparison.Ordinal);
            }
        });
}
