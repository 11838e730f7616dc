using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>Parts of a grammar's text, all of it ASCII.</summary>
internal static class GbnfText
{
    /// <summary>A literal.</summary>
    public static string Literal(string text) => $"\"{string.Concat(text.EnumerateRunes().Select(rune => Character(rune.Value)))}\"";

    /// <summary>A character class.</summary>
    public static string Class(CharacterSet set) =>
        $"[{string.Concat(set.Ranges.Select(range => range.First == range.Last ? Character(range.First) : $"{Character(range.First)}-{Character(range.Last)}"))}]";

    /// <summary>Any of several parts; <see langword="null"/> if there is none.</summary>
    public static string? Any(IEnumerable<string?> parts)
    {
        var some = parts.OfType<string>().Distinct().ToList();
        return some.Count switch { 0 => null, 1 => some[0], _ => $"({string.Join(" | ", some)})" };
    }

    /// <summary>A part so many times.</summary>
    public static string Times(string part, int least, int? most) => (least, most) switch
    {
        (0, null) => $"{part}*",
        (1, null) => $"{part}+",
        (0, 1) => $"{part}?",
        (1, 1) => part,
        _ => $"{part}{{{least},{most}}}",
    };

    /// <summary>A JSON value as compact text.</summary>
    public static string Json(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonString(value.GetString()!),
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Json))}]",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(member => $"{JsonString(member.Name)}:{Json(member.Value)}"))}}}",
        _ => value.GetRawText(),
    };

    /// <summary>A string as JSON writes it, without an escape that it can do without.</summary>
    public static string JsonString(string text) => $"\"{string.Concat(text.EnumerateRunes().Select(rune => JsonCharacter(rune.Value)))}\"";

    /// <summary>A character as it stands in a JSON string.</summary>
    public static string JsonCharacter(int character) => character switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{character:x4}"),
        _ => new Rune(character).ToString(),
    };

    private static string Character(int character) => character switch
    {
        _ when character < 0x7F && (char.IsAsciiLetterOrDigit((char)character) || " _.,:;/+*?!@#$%&'()=<>|{}~`".Contains((char)character, StringComparison.Ordinal)) => ((char)character).ToString(),
        '\n' => "\\n",
        '"' => "\\\"",
        '\\' => "\\\\",
        <= 0xFF => string.Create(CultureInfo.InvariantCulture, $"\\x{character:X2}"),
        <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{character:X4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{character:X8}"),
    };
}
