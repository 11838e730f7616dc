using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HybridGen.Tokens;

/// <summary>The tokens that a <c>tokenizer.json</c> adds to its model: they are cut out of a text before anything else reads it.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly Cutter[] _cutters;

    private AddedVocabulary(List<AddedToken> tokens, Normalizer normalizer)
    {
        foreach (var token in tokens) Ids[token.Content] = token.Id;
        foreach (var token in tokens) _tokens[token.Id] = token.Normalized ? token with { Content = normalizer.Normalize(new AlignedText(token.Content)).Text } : token;
        var byStage = _tokens.Values.ToLookup(token => token.Normalized);
        _cutters = [new(byStage[false], false), new(byStage[false], true), new(byStage[true], false), new(byStage[true], true)];
    }

    /// <summary>Ids by text.</summary>
    public Dictionary<string, int> Ids { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether some are runs of white space, which are read in any text.</summary>
    public bool HasSpaces => _tokens.Values.Any(token => !token.IsControl);

    /// <summary>The added tokens of a <c>tokenizer.json</c>.</summary>
    public static AddedVocabulary Read(JsonElement root, Normalizer normalizer) =>
        new(root.Part("added_tokens")?.EnumerateArray().Select(AddedToken.Read).ToList() ?? [], normalizer);

    /// <summary>The text of an added token, normalized where it is found in normalized texts; null for other ids.</summary>
    public string? Name(int id) => _tokens.TryGetValue(id, out var token) ? token.Content : null;

    /// <summary>Whether an id is a special token.</summary>
    public bool IsSpecial(int id) => _tokens.TryGetValue(id, out var token) && token.Special;

    /// <summary>Cuts a text into added tokens and what lies between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="normalized">Whether it is normalized: each added token belongs to one of the two.</param>
    /// <param name="all">Whether every added token counts, or only the runs of white space that some vocabularies add for program text.</param>
    public IEnumerable<(int? Id, AlignedText Text)> Cut(AlignedText text, bool normalized, bool all) =>
        _cutters[(normalized ? 2 : 0) + (all ? 1 : 0)].Cut(text);

    private sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
    {
        public bool IsControl => Special || !string.IsNullOrWhiteSpace(Content);

        public static AddedToken Read(JsonElement token) => new(
            token.GetProperty("id").GetInt32(),
            token.Text("content"),
            token.Flag("single_word"),
            token.Flag("lstrip"),
            token.Flag("rstrip"),
            token.Flag("normalized", !token.Flag("special")),
            token.Flag("special"));
    }

    /// <summary>Finds tokens, the leftmost and of these the longest first.</summary>
    private sealed class Cutter
    {
        private readonly AddedToken[] _tokens;
        private readonly SearchValues<string> _contents;

        public Cutter(IEnumerable<AddedToken> tokens, bool all)
        {
            _tokens = [.. tokens.Where(token => (all || !token.IsControl) && token.Content.Length > 0).OrderByDescending(token => token.Content.Length)];
            _contents = SearchValues.Create([.. _tokens.Select(token => token.Content)], StringComparison.Ordinal);
        }

        public IEnumerable<(int? Id, AlignedText Text)> Cut(AlignedText text)
        {
            var done = 0;
            if (_tokens.Length > 0)
            {
                foreach (var (token, start, end) in Matches(text.Text))
                {
                    if (end <= done) continue;
                    var (from, to) = Strip(text.Text, token, Math.Max(start, done), end, done);
                    if (from > done) yield return (null, text.Slice(done, from - done));
                    yield return (token.Id, text.Slice(from, to - from));
                    done = to;
                }
            }

            if (done < text.Text.Length) yield return (null, text.Slice(done, text.Text.Length - done));
        }

        private IEnumerable<(AddedToken Token, int Start, int End)> Matches(string text)
        {
            for (var at = 0; text.AsSpan(at).IndexOfAny(_contents) is >= 0 and var found;)
            {
                var start = at + found;
                var token = Array.Find(_tokens, token => text.AsSpan(start).StartsWith(token.Content, StringComparison.Ordinal))!;
                at = start + token.Content.Length;
                if (!token.SingleWord || StandsAlone(text, start, at)) yield return (token, start, at);
            }
        }

        private static (int From, int To) Strip(string text, AddedToken token, int start, int end, int done)
        {
            var (from, to) = (start, end);
            if (token.LeftStrip) while (from > done && char.IsWhiteSpace(text[from - 1])) from--;
            if (token.RightStrip) while (to < text.Length && char.IsWhiteSpace(text[to])) to++;
            return (from, to);
        }

        private static bool StandsAlone(string text, int start, int end) =>
            (Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _) != OperationStatus.Done || !IsWord(before))
            && (Rune.DecodeFromUtf16(text.AsSpan(end), out var after, out _) != OperationStatus.Done || !IsWord(after));

        private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
            _ => rune.Value is 0x200C or 0x200D,
        };
    }
}
