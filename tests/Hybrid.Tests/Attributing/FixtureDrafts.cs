using System.Text.Json;
using HybridGen.Attributing;
using HybridGen.Drafting;
using HybridGen.Tokens;

namespace HybridGen.Hybrid.Tests.Attributing;

/// <summary>Drafts as a drafter with one of the fixtures' tokenizers would write them.</summary>
internal static class FixtureDrafts
{
    public static IReadOnlyDictionary<string, Tokenizer> Tokenizers { get; } =
        new[] { "gpt2", "qwen", "wordpiece" }.ToDictionary(name => name, name => Tokenizer.Load(Path.Combine(Folder, $"{name}.json")));

    public static IReadOnlyList<string> Texts { get; } =
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "cases.json"))).RootElement.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("text").GetString()!)];

    private static string Folder => Path.Combine(Repository.Root, "tests", "fixtures", "tokenizers");

    /// <summary>A draft; its tokens' ids are their indices. WordPiece has no tokens for some texts: then it is null.</summary>
    public static Draft? Of(string text, Tokenizer tokenizer, Random random)
    {
        var tokens = tokenizer.Tokenize(text, readsAdded: true);
        if (tokens.Count == 0 && text.Length > 0) return null;
        var spans = Tiling.Of(text.Length, [.. tokens.Select(token => token.Span)]);
        return new Draft(text, [.. spans.Select((span, i) => new DraftToken(i, span.Of(text).ToString(), span, -10 * random.NextSingle(), 0, []))], new(StopReason.EndOfText, 0, default, default));
    }
}
