using System.Text;
using CsCheck;

namespace HybridGen.Drafting.Tests;

public class DraftTextTests
{
    private static readonly Gen<string> Text =
        Gen.OneOf(Consts("a", "b", "ab", "é", "漢", "😀", "👩‍👩‍👧", "\n", "\r\n", " ", "n\u0303")).Array[0, 40].Select(string.Concat);

    [Fact]
    public void Add_BytesCutAnywhere_JoinsToTheTextUpToTheFirstStopString() =>
        Gen.Select(Text, Gen.OneOf(Consts("ab", "b", "aab", "\n", "😀", "漢a", "aba", "abé", "bé", "abab", "é漢", "👧")).Array[0, 4], Gen.Int[1, 6].Array[1, 20]).Sample((text, stops, sizes) =>
        {
            var tokens = Write(text, stops, sizes, out var stopString);
            var ends = stops.Select(stop => (At: text.IndexOf(stop, StringComparison.Ordinal), Stop: stop)).Where(stop => stop.At >= 0).Select(stop => (End: stop.At + stop.Stop.Length, stop.At, stop.Stop));
            var (_, end, first) = ends.DefaultIfEmpty((text.Length, text.Length, null!)).Min();
            Assert.Equal(text[..end], string.Concat(tokens.Select(token => token.Text)));
            Assert.Equal(first, stopString);
        });

    [Fact]
    public void Add_AnyText_SpansTileTheDraft() => Gen.Select(Text, Gen.Int[1, 6].Array[1, 20]).Sample((text, sizes) =>
    {
        var at = 0;
        foreach (var token in Write(text, ["b\n"], sizes, out _))
        {
            Assert.Equal(new TextSpan(at, token.Text.Length), token.Span);
            at = token.Span.End;
        }
    });

    [Fact]
    public void Add_NoStopString_HoldsNothingBack()
    {
        var text = new DraftText([]);
        Assert.Equal("a", Assert.Single(text.Add(Token(0), "a"u8)).Text);
    }

    /// <summary>Bytes of a character that no token finishes are no part of the text, and nothing stands for them.</summary>
    [Fact]
    public void End_InsideACharacter_LeavesItOut() => Gen.Select(Text, Gen.Int[1, 6].Array[1, 20], Gens.Choose("é", "漢", "😀"), Gen.Int[1, 3]).Sample((text, sizes, last, length) =>
    {
        var bytes = Encoding.UTF8.GetBytes(last);
        var written = new DraftText(["\0"]);
        var tokens = new List<DraftToken>();
        foreach (var part in Encoding.UTF8.GetBytes(text).Concat(bytes[..Math.Min(length, bytes.Length - 1)]).Chunk(sizes[0])) tokens.AddRange(written.Add(Token(0), part));
        tokens.AddRange(written.End());
        Assert.Equal(text, string.Concat(tokens.Select(token => token.Text)));
    });

    [Fact]
    public void StopStrings_OfNoText_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new DraftOptions { StopStrings = [""] });
        Assert.Throws<ArgumentException>(() => new DraftOptions { StopStrings = ["a\ud83d"] });
    }

    private static IGen<string>[] Consts(params string[] values) => [.. values.Select(Gen.Const)];

    private static List<DraftToken> Write(string text, string[] stops, int[] sizes, out string? stopString)
    {
        var written = new DraftText(stops);
        var tokens = new List<DraftToken>();
        var bytes = Encoding.UTF8.GetBytes(text);
        for (int at = 0, i = 0; at < bytes.Length && !written.IsStopped; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], bytes.Length - at);
            tokens.AddRange(written.Add(Token(i), bytes.AsSpan(at, size)));
            at += size;
        }

        stopString = written.StopString;
        if (stopString is null) tokens.AddRange(written.End());
        return tokens;
    }

    private static DraftToken Token(int id) => new(id, "", default, -1, 0, []);
}
