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
}

/// <summary>An edit; offsets are UTF-16 code units of the input, lines and columns count from 1, the gain is in nats.</summary>
internal sealed record EditReport(long Start, int Length, int Line, int Column, string Before, string After, EditKind Kind, double Gain, int Pass)
{
    public static EditReport Of(Edit edit, long start, int line, int column) =>
        new(start, edit.Span.Length, line, column, edit.Before, edit.After, edit.Kind, Math.Round(edit.Gain, 4), edit.Pass);
}

/// <summary>A drafted token; log-probabilities and entropy are in nats, of the raw distribution.</summary>
internal sealed record TokenReport(int Id, string Text, int Start, int Length, float LogProbability, float Entropy, IReadOnlyList<TokenAlternative> Alternatives)
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
    string Draft,
    string Drafter,
    uint? Seed,
    StopReason StopReason,
    int PromptTokens,
    IReadOnlyList<TokenReport> Tokens,
    IReadOnlyList<EditReport> Edits,
    TimingsReport Timings);
