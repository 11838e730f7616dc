using System.Text.RegularExpressions;
using HybridGen.Editing;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin.Revising;

/// <summary>Where a revised answer says what was changed in it.</summary>
public static partial class RevisedAnswer
{
    /// <summary>Key of additional properties, and of metadata: the changes, an <see cref="IReadOnlyList{T}"/> of <see cref="Edit"/>.</summary>
    public const string EditsKey = "hybridgen.edits";

    /// <summary>Key of additional properties, and of metadata: the text as it came.</summary>
    public const string DraftKey = "hybridgen.draft";

    /// <summary>Key of additional properties under which a HybridGen chat client says the log-probabilities of its text's tokens.</summary>
    internal const string LogProbabilitiesKey = "logprobs";

    /// <summary>Forgets log-probabilities, which are not those of a text that was changed.</summary>
    internal static void DropLogProbabilities(AdditionalPropertiesDictionary properties) => properties.Remove(LogProbabilitiesKey);

    /// <summary>The changes in a message, or in a part of a stream; empty where nothing was revised.</summary>
    public static IReadOnlyList<Edit> Edits(AdditionalPropertiesDictionary? properties) => properties is not null && properties.TryGetValue(EditsKey, out IReadOnlyList<Edit>? edits) ? edits! : [];

    /// <summary>Whether an answer must keep a structure that the refiner does not see.</summary>
    internal static bool IsStructured(ChatOptions? options) => options?.ResponseFormat is ChatResponseFormatJson;

    /// <summary>Whether a text that begins so is JSON, and no sentence behind a number in brackets; <see langword="null"/> where too little of it is there.</summary>
    internal static bool? IsJson(string beginning) => Json().IsMatch(beginning) ? true : Undecided().IsMatch(beginning) ? null : false;

    [GeneratedRegex(@"^\s*(\{\s*[""}]|\[\s*([\[\]{""]|(-?\d[\d.eE+-]*|true|false|null)\s*,))", RegexOptions.CultureInvariant)]
    private static partial Regex Json();

    [GeneratedRegex(@"^\s*(\{?\s*|\[\s*(-?[\d.eE+-]*|t(r(ue?)?)?|f(a(l(se?)?)?)?|n(u(ll?)?)?)\s*\]?\s*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Undecided();
}
