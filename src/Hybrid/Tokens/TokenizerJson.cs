using System.Text.Json;

namespace HybridGen.Tokens;

/// <summary>Reads the parts of a <c>tokenizer.json</c>, which may be missing or null.</summary>
internal static class TokenizerJson
{
    /// <summary>A member of an object; null where it is missing or null.</summary>
    public static JsonElement? Part(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The <c>type</c> of a part.</summary>
    public static string Kind(this JsonElement part) => part.GetProperty("type").GetString()!;

    /// <summary>A member that is a string.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new InvalidDataException($"{name} is null; a string was expected.");

    /// <summary>A member that is true or false.</summary>
    public static bool Flag(this JsonElement element, string name, bool otherwise = false) => element.Part(name)?.GetBoolean() ?? otherwise;

    /// <summary>Refuses a file that asks for what is not known here.</summary>
    public static void Require(bool holds, string otherwise)
    {
        if (!holds) throw Unknown(otherwise);
    }

    /// <summary>The failure of a file that asks for what is not known here.</summary>
    public static InvalidDataException Unknown(string what) => new(what + ".");
}
