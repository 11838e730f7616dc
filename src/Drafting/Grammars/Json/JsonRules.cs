using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>Rules for JSON that need no schema.</summary>
internal static class JsonRules
{
    /// <summary>Where JSON allows white space, little of it: a model could otherwise write it without end.</summary>
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["ws"] = "| \" \" | \"\\n\" [ \\t]{0,20}",
        ["value"] = "object | array | string | number | boolean | null",
        ["object"] = "\"{\" ws (member (ws \",\" ws member)* ws)? \"}\"",
        ["member"] = "string ws \":\" ws value",
        ["array"] = "\"[\" ws (value (ws \",\" ws value)* ws)? \"]\"",
        ["string"] = "\"\\\"\" char* \"\\\"\"",
        ["char"] = "[^\"\\\\\\x01-\\x1F] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" unit)",
        // No halves of surrogate pairs: they are no characters, and a pair would count twice.
        ["unit"] = "[0-9a-cA-CefEF] hex{3} | [dD] [0-7] hex{2}",
        ["hex"] = "[0-9a-fA-F]",
        ["plain"] = "[^\"\\\\\\x01-\\x1F]",
        ["number"] = "\"-\"? (\"0\" | [1-9] [0-9]{0,15}) (\".\" [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?",
        ["integer"] = "\"-\"? (\"0\" | [1-9] [0-9]{0,15})",
        ["boolean"] = "\"true\" | \"false\"",
        ["null"] = "\"null\"",
        ["date"] = "year \"-\" (long | short | february) | leap \"-02-29\"",
        ["long"] = "(\"0\" [13578] | \"1\" [02]) \"-\" (\"0\" [1-9] | [12] [0-9] | \"3\" [01])",
        ["short"] = "(\"0\" [469] | \"11\") \"-\" (\"0\" [1-9] | [12] [0-9] | \"30\")",
        ["february"] = "\"02-\" (\"0\" [1-9] | \"1\" [0-9] | \"2\" [0-8])",
        ["year"] = "[1-9] [0-9]{3}",
        ["leap"] = "[1-9] [0-9] (\"0\" [48] | [2468] [048] | [13579] [26]) | (\"1\" [26] | [2468] [048] | [3579] [26]) \"00\"",
        ["time"] = "hour \":\" [0-5] [0-9] \":\" [0-5] [0-9] (\".\" [0-9]{1,6})? (\"Z\" | [-+] (\"0\" [0-9] | \"1\" [0-3]) \":\" [0-5] [0-9])",
        ["hour"] = "[01] [0-9] | \"2\" [0-3]",
        ["date-time"] = "date \"T\" time",
        ["uuid"] = "hex{8} \"-\" hex{4} \"-\" hex{4} \"-\" hex{4} \"-\" hex{12}",
    };

    /// <summary>The names of formats that can be honoured.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["date", "time", "date-time", "uuid"];

    /// <summary>Rules and all that they name, each on a line.</summary>
    public static string Write(IEnumerable<string> names)
    {
        var written = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var open = new Stack<string>(names);
        while (open.TryPop(out var name))
        {
            if (!Bodies.TryGetValue(name, out var body) || !written.TryAdd(name, body)) continue;
            foreach (var word in Outside(body).Split([' ', '(', ')', '|', '*', '?', '{', '}', ','], StringSplitOptions.RemoveEmptyEntries)) open.Push(word);
        }

        return string.Concat(written.Select(rule => $"{rule.Key} ::= {rule.Value}\n"));
    }

    /// <summary>A body without its literals and classes.</summary>
    private static string Outside(string body) => Regex.Replace(body, @"""(\\.|[^""\\])*""|\[(\\.|[^\]\\])*\]", " ");
}
