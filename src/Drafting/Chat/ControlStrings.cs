using System.Text.RegularExpressions;
using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>The texts of control tokens, and where they stand in what a template wrote.</summary>
internal sealed class ControlStrings
{
    private readonly Dictionary<string, LLamaToken> _tokens;
    private readonly Regex? _pattern;

    private ControlStrings(Dictionary<string, LLamaToken> tokens)
    {
        _tokens = tokens;
        // As llama.cpp: where one begins with another, the longer one counts.
        if (tokens.Count > 0) _pattern = new Regex(string.Join('|', tokens.Keys.OrderByDescending(text => text.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }

    /// <summary>Those of a vocabulary.</summary>
    public static ControlStrings Of(LLamaWeights weights)
    {
        var tokens = new Dictionary<string, LLamaToken>(StringComparer.Ordinal);
        for (var id = 0; id < weights.Vocab.Count; id++)
            if (((LLamaToken)id).IsControl(weights.Vocab) && weights.Vocab.LLamaTokenToString(id, true) is { Length: > 0 } text) tokens.TryAdd(text, id);
        return new ControlStrings(tokens);
    }

    /// <summary>Those of them that are among some tags.</summary>
    public ControlStrings Only(IEnumerable<string> tags) => new(tags.Where(_tokens.ContainsKey).Distinct().ToDictionary(tag => tag, tag => _tokens[tag], StringComparer.Ordinal));

    /// <summary>The control tokens and their texts.</summary>
    public IReadOnlyDictionary<string, LLamaToken> Tokens => _tokens;

    /// <summary>Cuts a text into control tokens and what stands between them.</summary>
    public IEnumerable<(string Text, LLamaToken? Token)> Split(string text)
    {
        var at = 0;
        for (var match = _pattern?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            if (match.Index > at) yield return (text[at..match.Index], null);
            yield return (match.Value, _tokens[match.Value]);
            at = match.Index + match.Length;
        }

        if (at < text.Length) yield return (text[at..], null);
    }
}
