using System.Text;
using HybridGen.Drafting;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Denoising;

/// <summary>A vocabulary that a test writes: the longest known piece is a token, anything else one token a character.</summary>
/// <remarks>Ids 0 to 2 are the mask, the end and padding; characters follow behind the pieces.</remarks>
internal sealed class FakeTokenizer(params string[] pieces) : ITokenizer
{
    private const int First = 3;

    /// <summary>Around every text.</summary>
    public (int[] Before, int[] Behind) Template { get; init; } = ([], []);

    /// <summary>Whether pieces are joined by spaces, and those that begin with ## are not (WordPiece).</summary>
    public bool JoinsWords { get; init; }

    public int VocabularySize => First + pieces.Length + 128;

    public IReadOnlyDictionary<string, int> AddedTokens { get; } = new Dictionary<string, int> { ["<mask>"] = 0, ["<end>"] = 1, ["<pad>"] = 2 };

    public int Id(string piece) => Array.IndexOf(pieces, piece) is >= 0 and var index ? First + index : First + pieces.Length + piece[0];

    public IReadOnlyList<Token> Tokenize(string text, bool readsAdded = false)
    {
        var tokens = new List<Token>();
        for (var at = 0; at < text.Length;)
        {
            var rest = text[at..];
            var added = readsAdded ? AddedTokens.Keys.FirstOrDefault(rest.StartsWith) : null;
            var piece = added ?? pieces.Where(rest.StartsWith).MaxBy(piece => piece.Length) ?? rest[..1];
            if (!JoinsWords || piece != " ") tokens.Add(new Token(added is null ? Id(piece) : AddedTokens[added], new TextSpan(at, piece.Length)));
            at += piece.Length;
        }

        return tokens;
    }

    public string Decode(IEnumerable<int> ids, bool skipSpecial = false)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            if (id < First && skipSpecial) continue;
            var piece = id < First ? AddedTokens.Single(token => token.Value == id).Key : id < First + pieces.Length ? pieces[id - First] : $"{(char)(id - First - pieces.Length)}";
            if (JoinsWords && text.Length > 0) text.Append(piece.StartsWith("##", StringComparison.Ordinal) ? "" : " ");
            text.Append(JoinsWords && text.Length > 0 ? piece.Replace("##", "", StringComparison.Ordinal) : piece);
        }

        return text.ToString();
    }

    public IReadOnlyList<int> WithTemplate(IReadOnlyList<int> ids) => [.. Template.Before, .. ids, .. Template.Behind];
}
