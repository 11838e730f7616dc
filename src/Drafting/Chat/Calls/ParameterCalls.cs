using System.Text.Json;
using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>Calls whose parameters stand in tags of their own, texts as they are and all else as JSON: those of Qwen's coders, Seed, GLM, MiniMax, DeepSeek since V3.2 and MiniCPM5.</summary>
internal static partial class ParameterCalls
{
    /// <summary>The calls; null where the text is something else.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tools">The tools: what is a text by its parameter's schema is read as one.</param>
    public static List<WrittenCall>? Read(string text, IReadOnlyList<Tool> tools) =>
        Read(text, Function(), Parameter(), tools) ?? Read(text, Invocation(), NamedParameter(), tools) ?? ReadNamed(text, tools);

    /// <summary>A call in GLM's form. A word alone is one only where there is such a tool.</summary>
    private static List<WrittenCall>? ReadNamed(string text, IReadOnlyList<Tool> tools) =>
        Read(text, Named(), Pair(), tools) is [var call] && (call.Arguments.GetPropertyCount() > 0 || tools.Any(tool => tool.Name == call.Name)) ? [call] : null;

    private static List<WrittenCall>? Read(string text, Regex function, Regex parameter, IReadOnlyList<Tool> tools)
    {
        var (at, calls) = (0, new List<WrittenCall>());
        for (var match = function.Match(text); match.Success; match = match.NextMatch())
        {
            if (!string.IsNullOrWhiteSpace(text[at..match.Index])) return null;
            at = match.Index + match.Length;
            var name = match.Groups[1].Value;
            if (name.Length == 0 || Arguments(match.Groups[2].Value, parameter, tools.FirstOrDefault(tool => tool.Name == name)) is not { } arguments) return null;
            calls.Add(new WrittenCall(name, arguments));
        }

        return at > 0 && string.IsNullOrWhiteSpace(text[at..]) ? calls : null;
    }

    private static JsonElement? Arguments(string text, Regex parameter, Tool? tool)
    {
        var (at, arguments) = (0, new Dictionary<string, object?>());
        for (var match = parameter.Match(text); match.Success; match = match.NextMatch())
        {
            if (!string.IsNullOrWhiteSpace(text[at..match.Index])) return null;
            at = match.Index + match.Length;
            arguments[match.Groups[1].Value] = Value(match.Groups[2].Value, ParameterSchema.Of(tool, match.Groups[1].Value) is not { } schema || ParameterSchema.IsText(schema));
        }

        return string.IsNullOrWhiteSpace(text[at..]) ? JsonSerializer.SerializeToElement(arguments, DraftingJson.Default.DictionaryStringObject) : null;
    }

    private static object Value(string text, bool isText)
    {
        if (CharacterData().Match(text) is { Success: true } data) text = data.Groups[1].Value;
        return !isText && JsonCalls.Values(text) is [var value] ? value : text;
    }

    [GeneratedRegex(@"<function=([^>\n]*)>(.*?)</function>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Function();

    [GeneratedRegex(@"<parameter=([^>\n]+)>\n?(.*?)\n?</parameter>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    // MiniMax, and DeepSeek with its mark; of MiniCPM5's the outer tags are those of the message.
    [GeneratedRegex(@"(?:<(?:｜DSML｜)?invoke|^)\s+name=""([^""\n]+)""\s*>(.*?)(?:</(?:｜DSML｜)?invoke>|$)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Invocation();

    [GeneratedRegex(@"<(?:｜DSML｜)?param(?:eter)? name=""([^""\n]+)""[^>\n]*>\n?(.*?)\n?</(?:｜DSML｜)?param(?:eter)?>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex NamedParameter();

    [GeneratedRegex(@"^<!\[CDATA\[(.*)\]\]>$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex CharacterData();

    // GLM: the name, and then pairs.
    [GeneratedRegex(@"^\s*([\w.-]+)\s*((?:<arg_key>.*)?)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Named();

    [GeneratedRegex(@"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Pair();
}
