using System.Globalization;
using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>A call as it was written.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">A JSON object.</param>
/// <param name="Id">The model's own name for the call; <see langword="null"/> where it gives none.</param>
internal readonly record struct WrittenCall(string Name, JsonElement Arguments, string? Id = null);

/// <summary>Reads calls of tools as models write them.</summary>
internal static class ToolCallText
{
    /// <summary>The calls of a text.</summary>
    /// <param name="text">What stands between the marks, in any of the forms that are known: models do not keep to their own.</param>
    /// <param name="tools">The tools, for the types of their parameters.</param>
    /// <param name="before">Calls that were read before, so that ids differ.</param>
    /// <returns>None where the text, or a part of it, is something else.</returns>
    public static IReadOnlyList<ToolCall> Read(string text, IReadOnlyList<Tool> tools, int before)
    {
        return Numbered(JsonCalls.Read(text, tools) ?? NamedCalls.Read(text) ?? ParameterCalls.Read(text, tools) ?? LiteralCalls.Read(text) ?? [], before);
    }

    /// <summary>Calls with ids: nine letters and digits, which Mistral asks for.</summary>
    public static IReadOnlyList<ToolCall> Numbered(IEnumerable<WrittenCall> calls, int before) =>
        [.. calls.Select((call, i) => new ToolCall(call.Id ?? string.Create(CultureInfo.InvariantCulture, $"call{before + i + 1:00000}"), call.Name, call.Arguments))];
}
