using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>Calls whose name stands before their arguments, which are JSON: those of Mistral since 2025, DeepSeek, Kimi and Functionary.</summary>
internal static partial class NamedCalls
{
    /// <summary>The calls; null where the text is something else.</summary>
    public static List<WrittenCall>? Read(string text)
    {
        var (at, calls) = (0, new List<WrittenCall>());
        for (var match = Marked().Match(text); match.Success; match = match.NextMatch())
        {
            if (!string.IsNullOrWhiteSpace(text[at..match.Index]) || Call(match) is not { } call) return null;
            calls.Add(call);
            at = match.Index + match.Length;
        }

        if (at > 0) return string.IsNullOrWhiteSpace(text[at..]) ? calls : null;
        return Bare().Match(text) is { Success: true } only && Call(only) is { } one ? [one] : null;
    }

    private static WrittenCall? Call(Match match) =>
        JsonCalls.Object(match.Groups["arguments"].Value) is { } arguments ? new WrittenCall(match.Groups["name"].Value, arguments) : null;

    // DeepSeek: …begin｜>function<｜tool▁sep｜>name, a fenced object, <｜tool▁call▁end｜>; since V3.1 begin｜>name<｜tool▁sep｜>{…}. Kimi: functions.name:0 between its marks.
    [GeneratedRegex(@"<(?<mark>｜tool▁call▁begin｜|\|tool_call_begin\|)>\s*(?:function<｜tool▁sep｜>)?(?:functions\.)?(?<name>[\w.-]+)(?::\d+)?\s*(?:<｜tool▁sep｜>|<\|tool_call_argument_begin\|>|```json)\s*(?<arguments>\{.*?)\s*(?:```\s*)?<(?:｜tool▁call▁end｜|\|tool_call_end\|)>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Marked();

    // Mistral: name[ARGS]{…}, or without the mark between; Functionary: name>{…}.
    [GeneratedRegex(@"^\s*(?<name>[\w.-]+)\s*(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\]|>)?\s*(?<arguments>\{.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Bare();
}
