using HybridGen.Drafting;

namespace HybridGen.Tokens;

/// <summary>A vocabulary: cuts texts into tokens that know their place, and joins ids to text again.</summary>
internal interface ITokenizer
{
    /// <summary>One more than the highest id.</summary>
    int VocabularySize { get; }

    /// <summary>The added tokens by their text, special or not.</summary>
    IReadOnlyDictionary<string, int> AddedTokens { get; }

    /// <summary>The tokens of a text, without template tokens.</summary>
    /// <param name="text">Any text; halves of surrogate pairs are read as U+FFFD.</param>
    /// <param name="readsAdded">
    /// Whether added tokens that stand in the text are read as such. False for a user's text: a control string in it stays text.
    /// </param>
    /// <returns>
    /// Ids with UTF-16 spans of the original text. Tokens that share a character share its span; what a normalizer dropped lies in no token.
    /// </returns>
    IReadOnlyList<Token> Tokenize(string text, bool readsAdded = false);

    /// <summary>The text of ids; U+FFFD stands for bytes that are no whole character.</summary>
    string Decode(IEnumerable<int> ids, bool skipSpecial = false);

    /// <summary>The ids with the template's own tokens around them (CLS, SEP, BOS), as the checkpoint expects a single text.</summary>
    IReadOnlyList<int> WithTemplate(IReadOnlyList<int> ids);
}

/// <summary>A token and where it lies in its text.</summary>
/// <param name="Id">The id in the vocabulary.</param>
/// <param name="Span">UTF-16 span in the original text.</param>
internal readonly record struct Token(int Id, TextSpan Span);
