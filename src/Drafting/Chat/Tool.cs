using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>A function that a model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does, for the model to read.</param>
/// <param name="Parameters">Its parameters: a JSON Schema of type object.</param>
public sealed record Tool(string Name, string Description, JsonElement Parameters)
{
    /// <inheritdoc cref="Tool(string, string, JsonElement)" path="/param[@name='Name']"/>
    public string Name { get; init => field = NotEmpty(value); } = NotEmpty(Name);

    /// <inheritdoc cref="Tool(string, string, JsonElement)" path="/param[@name='Parameters']"/>
    public JsonElement Parameters { get; init => field = ToolCall.Object(value, nameof(Parameters)); } = ToolCall.Object(Parameters, nameof(Parameters));

    /// <summary>Whether the tools are the same; the order of the schema's members does not matter.</summary>
    public bool Equals(Tool? other) => other is not null && Name == other.Name && Description == other.Description && JsonElement.DeepEquals(Parameters, other.Parameters);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Description);

    internal static string NotEmpty(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, nameof(Name));
        return name;
    }
}

/// <summary>A call of a tool.</summary>
/// <param name="Id">What its answer refers to.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">A JSON object; not checked against the tool's parameters.</param>
public sealed record ToolCall(string Id, string Name, JsonElement Arguments)
{
    /// <inheritdoc cref="ToolCall(string, string, JsonElement)" path="/param[@name='Name']"/>
    public string Name { get; init => field = Tool.NotEmpty(value); } = Tool.NotEmpty(Name);

    /// <inheritdoc cref="ToolCall(string, string, JsonElement)" path="/param[@name='Arguments']"/>
    public JsonElement Arguments { get; init => field = Object(value, nameof(Arguments)); } = Object(Arguments, nameof(Arguments));

    /// <summary>Whether the calls are the same; the order of the arguments does not matter.</summary>
    public bool Equals(ToolCall? other) => other is not null && Id == other.Id && Name == other.Name && JsonElement.DeepEquals(Arguments, other.Arguments);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Name);

    /// <summary>An object that lives on when the document that it was read from does not.</summary>
    internal static JsonElement Object(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object ? json.Clone() : throw new ArgumentException($"{name} must be a JSON object.", name);
}
