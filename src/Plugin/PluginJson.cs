using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HybridGen.Plugin.Functions;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin;

/// <summary>What is written and read as JSON, known when it is compiled, so that programs can be trimmed and compiled ahead of time.</summary>
[JsonSerializable(typeof(PromptExecutionSettings))]
[JsonSerializable(typeof(HybridGenPromptExecutionSettings))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(FoundList<DoubtfulWord>))]
[JsonSerializable(typeof(FoundList<ExplainedEdit>))]
[JsonSerializable(typeof(IReadOnlyList<DoubtfulWord>))]
[JsonSerializable(typeof(IReadOnlyList<ExplainedEdit>))]
internal sealed partial class PluginJson : JsonSerializerContext
{
    /// <summary>
    /// These types first, then what Microsoft.Extensions.AI knows: all that a function takes, and the settings of other services, where the program
    /// was not trimmed.
    /// </summary>
    public static JsonSerializerOptions Known { get; } = new()
    {
        Converters = { new RequestedFormat.TypeConverter() },
        Encoder = AIJsonUtilities.DefaultOptions.Encoder,
        // Default may not be there yet: it is set in a file of its own.
        TypeInfoResolver = JsonTypeInfoResolver.Combine(new PluginJson(), AIJsonUtilities.DefaultOptions.TypeInfoResolver)
            .WithAddedModifier(WithoutBehavior),
    };

    // A behaviour holds functions, which are no JSON.
    private static void WithoutBehavior(JsonTypeInfo type)
    {
        if (!type.Type.IsAssignableTo(typeof(PromptExecutionSettings))) return;
        foreach (var property in type.Properties)
            if (property.PropertyType == typeof(FunctionChoiceBehavior)) property.ShouldSerialize = static (_, _) => false;
    }
}
