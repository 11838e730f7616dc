using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Cli.Outputs;

/// <summary>What <c>--json</c> writes; the names are part of the program's interface (docs/cli.md).</summary>
internal static class Reports
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        // A forbidden token has a log-probability of minus infinity.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Writes a report to standard output as one line.</summary>
    public static void Print<T>(T report) => Console.Out.WriteLine(JsonSerializer.Serialize(report, Json));
}

/// <summary>An edit; offsets are UTF-16 code units of the input, lines and columns count from 1, the gain is in nats.</summary>
internal sealed record EditReport(long Start, int Length, int Line, int Column, string Before, string After, EditKind Kind, double Gain, int Pass)
{
    /// <summary>The edits of a text, or of one that goes on with this one.</summary>
    /// <param name="text">The text that the edits index.</param>
    /// <param name="edits">Its edits, in order.</param>
    /// <param name="place">Where the text begins; then where it ends.</param>
    public static List<EditReport> All(string text, IReadOnlyList<Edit> edits, ref TextPlace place)
    {
        var begin = place;
        place = begin.After(text);
        return [.. edits.Zip(begin.Each(text, edits.Select(edit => edit.Span.Start)), (edit, at) =>
            new EditReport(at.Offset, edit.Span.Length, at.Line, at.Column, edit.Before, edit.After, edit.Kind, Math.Round(edit.Gain, 4), edit.Pass))];
    }
}

/// <summary>A place in a text: its offset in UTF-16 code units, its line from 1, and where that line begins.</summary>
internal readonly record struct TextPlace(long Offset, int Line, long LineStart)
{
    public static TextPlace Start { get; } = new(0, 1, 0);

    public int Column => (int)(Offset - LineStart) + 1;

    /// <summary>Places in a text that begins here.</summary>
    /// <param name="text">The text.</param>
    /// <param name="starts">Their offsets in the text, in order.</param>
    public IEnumerable<TextPlace> Each(string text, IEnumerable<int> starts)
    {
        var (place, passed) = (this, 0);
        foreach (var start in starts)
        {
            place = place.After(text.AsSpan(passed, start - passed));
            passed = start;
            yield return place;
        }
    }

    public TextPlace After(ReadOnlySpan<char> text)
    {
        var lastEnd = text.LastIndexOf('\n');
        return new TextPlace(Offset + text.Length, Line + text.Count('\n'), lastEnd < 0 ? LineStart : Offset + lastEnd + 1);
    }
}

/// <summary>A drafted token; log-probabilities and entropy are in nats, of the raw distribution.</summary>
internal sealed record TokenReport(int? Id, string Text, int Start, int Length, float? LogProbability, float? Entropy, IReadOnlyList<TokenAlternative> Alternatives)
{
    public static TokenReport Of(DraftToken token) =>
        new(token.Id, token.Text, token.Span.Start, token.Span.Length, token.LogProbability, token.Entropy, token.Alternatives);
}

/// <summary>Times in seconds; revising is null where nothing was revised.</summary>
internal sealed record TimingsReport(double Load, double Prompt, double Draft, double? Revise, double Total, double DraftTokensPerSecond);

/// <summary>A generation.</summary>
internal sealed record GenerationReport(
    string Prompt,
    string Text,
    string Content,
    string? Thinking,
    string Draft,
    string Drafter,
    uint? Seed,
    StopReason StopReason,
    string? StopString,
    int PromptTokens,
    [property: JsonPropertyName("prompt_ids")] IReadOnlyList<int> PromptIds,
    [property: JsonPropertyName("draft_ids")] IReadOnlyList<int?> DraftIds,
    [property: JsonPropertyName("log_probabilities")] IReadOnlyList<float?> LogProbabilities,
    IReadOnlyList<TokenReport> Tokens,
    IReadOnlyList<EditReport> Edits,
    IReadOnlyList<DraftReport> Drafts,
    TimingsReport Timings);

/// <summary>One of several drafts, what it was worth to drafter and refiner, in nats, and whether it was kept.</summary>
internal sealed record DraftReport(string Text, double? LogProbability, double? Doubt, double Score, bool IsKept);
