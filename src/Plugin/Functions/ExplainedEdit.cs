using System.Globalization;
using System.Text.Json.Serialization;
using HybridGen.Editing;

namespace HybridGen.Plugin.Functions;

/// <summary>A change that would make a text better, and why.</summary>
/// <param name="Position">Where it is in the text, a UTF-16 index.</param>
/// <param name="Before">What stands there.</param>
/// <param name="After">What should stand there.</param>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="Gain">How much more probable the text is with it, in nats.</param>
public sealed record ExplainedEdit(
    [property: JsonPropertyName("position")] int Position,
    [property: JsonPropertyName("before")] string Before,
    [property: JsonPropertyName("after")] string After,
    [property: JsonPropertyName("reason")] string Reason,
    [property: JsonPropertyName("gain")] double Gain)
{
    /// <summary>A line for people and prompts.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Position}: {Before} -> {After}. {Reason}");

    internal static ExplainedEdit Of(Edit edit) => new(edit.Span.Start, edit.Before, edit.After, Why(edit), Math.Round(edit.Gain, 2));

    private static string Why(Edit edit) => edit.Kind switch
    {
        EditKind.Spelling => $"'{edit.Before}' is misspelled, or not the word that was meant; '{edit.After}' fits the text.",
        EditKind.Confusion => $"'{edit.Before}' is often confused with '{edit.After}', which fits here.",
        EditKind.Consistency => $"The rest of the text writes '{edit.After}'.",
        EditKind.Case => $"The usual capitals are '{edit.After}'.",
        EditKind.Split => $"'{edit.Before}' is two words.",
        EditKind.Insertion => "A word is missing.",
        EditKind.Deletion => "A word is too much.",
        EditKind.Alternative => $"The drafter also considered '{edit.After}', which fits the whole text better.",
        _ => $"'{edit.After}' is more probable here, from what stands on both sides.",
    };
}
