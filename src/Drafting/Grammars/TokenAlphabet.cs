using System.Text;
using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What each of a model's tokens writes.</summary>
/// <param name="Bytes">The tokens' bytes by id; none for control tokens.</param>
/// <param name="Ends">Whether a token ends the text, by id.</param>
internal sealed record TokenAlphabet(byte[][] Bytes, bool[] Ends)
{
    /// <summary>The tokens that begin with a whole character.</summary>
    private (int Number, Utf8Piece Piece)[] Whole { get; init; } =
        [.. Numbered(Bytes, Ends).Where(token => !IsContinuation(token.Bytes[0])).Select(token => (token.Id, Utf8Piece.Read(token.Bytes))).Where(token => token.Item2 is not null)!];

    /// <summary>The tokens that go on with a character which an earlier one began.</summary>
    private readonly (int Id, byte[] Bytes)[] _continuing = [.. Numbered(Bytes, Ends).Where(token => IsContinuation(token.Bytes[0]))];

    public static TokenAlphabet Of(LLamaWeights weights, LlamaVocabulary vocabulary)
    {
        var ids = Enumerable.Range(0, weights.Vocab.Count);
        return new TokenAlphabet([.. ids.Select(id => vocabulary.Bytes(id))], [.. ids.Select(id => ((LLamaToken)id).IsEndOfGeneration(weights.Vocab))]);
    }

    /// <summary>The alphabet in which some control tokens write what they are called.</summary>
    public TokenAlphabet With(IReadOnlyDictionary<LLamaToken, string> marks)
    {
        var (bytes, written) = ((byte[][])Bytes.Clone(), marks.Where(mark => !Ends[(int)mark.Key] && Bytes[(int)mark.Key].Length == 0).ToList());
        foreach (var (token, text) in written) bytes[(int)token] = Encoding.UTF8.GetBytes(text);
        return this with { Bytes = bytes, Whole = [.. Whole, .. written.Select(mark => ((int)mark.Key, Utf8Piece.Read(bytes[(int)mark.Key])!))] };
    }

    /// <summary>The pieces that may come after the bytes of an unfinished character.</summary>
    public IReadOnlyList<(int Number, Utf8Piece Piece)> After(ReadOnlySpan<byte> rest)
    {
        if (rest.Length == 0) return Whole;
        var pieces = new List<(int, Utf8Piece)>();
        foreach (var (id, bytes) in _continuing)
            if (Utf8Piece.Read([.. rest, .. bytes]) is { } piece) pieces.Add((id, piece));
        return pieces;
    }

    private static IEnumerable<(int Id, byte[] Bytes)> Numbered(byte[][] bytes, bool[] ends) =>
        bytes.Index().Where(token => token.Item.Length > 0 && !ends[token.Index]).Select(token => (token.Index, token.Item));

    private static bool IsContinuation(byte first) => (first & 0xC0) == 0x80;
}
