using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using HybridGen.Drafting;
using HybridGen.Revising;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin;

/// <summary>Settings of one generation; what is <see langword="null"/> keeps the engine's default.</summary>
/// <remarks>Values are checked when the settings are used: one that is out of range, or not known here, is refused by name.</remarks>
[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed class HybridGenPromptExecutionSettings : PromptExecutionSettings
{
    private static readonly JsonSerializerOptions ReadPermissive = new()
    {
        AllowTrailingCommas = true,
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new LenientBoolJsonConverter() },
    };

    /// <summary>The longest draft, in tokens.</summary>
    /// <value>At least 1.</value>
    [JsonPropertyName("max_tokens")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxTokens { get; set => field = Thawed(value); }

    /// <summary>Sampling temperature; 0 always takes the most probable token.</summary>
    /// <value>0 to 10.</value>
    [JsonPropertyName("temperature")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Temperature { get; set => field = Thawed(value); }

    /// <summary>Probability mass that sampling keeps.</summary>
    /// <value>Above 0, at most 1.</value>
    [JsonPropertyName("top_p")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TopP { get; set => field = Thawed(value); }

    /// <summary>Number of most probable tokens that sampling keeps; 0 keeps all.</summary>
    /// <value>0 or more.</value>
    [JsonPropertyName("top_k")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TopK { get; set => field = Thawed(value); }

    /// <summary>Least probability that sampling keeps, as a share of the best token's.</summary>
    /// <value>0 to 1.</value>
    [JsonPropertyName("min_p")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MinP { get; set => field = Thawed(value); }

    /// <summary>Fixes the draft.</summary>
    /// <value>0 to 4,294,967,295.</value>
    [JsonPropertyName("seed")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Seed { get; set => field = Thawed(value); }

    /// <summary>Strings that end the draft; the text stops before the first of them.</summary>
    [JsonPropertyName("stop_sequences")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IList<string>? StopSequences { get; set => field = Thawed(value); }

    /// <summary>Whether the prompt is a text to go on with, instead of a user's turn in the model's chat template.</summary>
    /// <value>Default <see langword="false"/>.</value>
    [JsonPropertyName("raw")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Raw { get; set => field = Thawed(value); }

    /// <summary>Whether the refiner revises the draft.</summary>
    /// <value>Default <see langword="true"/>.</value>
    [JsonPropertyName("revise")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Revise { get; set => field = Thawed(value); }

    /// <summary>Names of the edit policies, applied in this order: <c>spelling</c>, <c>fluency</c>.</summary>
    /// <value>At least one.</value>
    [JsonPropertyName("policies")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IList<string>? Policies { get; set => field = Thawed(value); }

    /// <summary>Largest number of passes of each policy.</summary>
    /// <value>1 to 100.</value>
    [JsonPropertyName("passes")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Passes { get; set => field = Thawed(value); }

    /// <summary>Least gain of a change under every policy, in nats: higher changes less.</summary>
    /// <value>0 to 1000.</value>
    [JsonPropertyName("min_gain")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MinGain { get; set => field = Thawed(value); }

    /// <summary>Reads any settings as these: the same object where it is one already.</summary>
    /// <exception cref="ArgumentException">A value cannot be read as the setting's type; the message names the setting.</exception>
    public static HybridGenPromptExecutionSettings FromExecutionSettings(PromptExecutionSettings? settings)
    {
        if (settings is null) return new();
        if (settings is HybridGenPromptExecutionSettings own) return own;
        try
        {
            var json = JsonSerializer.Serialize(settings, settings.GetType());
            var read = JsonSerializer.Deserialize<HybridGenPromptExecutionSettings>(json, ReadPermissive)!;
            // Behaviours hold functions, which JSON drops.
            read.FunctionChoiceBehavior = settings.FunctionChoiceBehavior;
            return read;
        }
        catch (JsonException e)
        {
            var name = (e.Path ?? "$").Replace("$.", "", StringComparison.Ordinal);
            throw new ArgumentException($"The setting '{name}' has a value of the wrong type.", nameof(settings), e);
        }
    }

    /// <inheritdoc/>
    public override void Freeze()
    {
        if (IsFrozen) return;
        if (StopSequences is not null) StopSequences = new ReadOnlyCollection<string>([.. StopSequences]);
        if (Policies is not null) Policies = new ReadOnlyCollection<string>([.. Policies]);
        base.Freeze();
    }

    /// <inheritdoc/>
    public override PromptExecutionSettings Clone() => new HybridGenPromptExecutionSettings
    {
        ModelId = ModelId,
        ServiceId = ServiceId,
        FunctionChoiceBehavior = FunctionChoiceBehavior,
        ExtensionData = ExtensionData is null ? null : new Dictionary<string, object>(ExtensionData),
        MaxTokens = MaxTokens,
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        MinP = MinP,
        Seed = Seed,
        StopSequences = StopSequences?.ToList(),
        Raw = Raw,
        Revise = Revise,
        Policies = Policies?.ToList(),
        Passes = Passes,
        MinGain = MinGain,
    };

    internal DraftPrompt ToPrompt(string text) => Raw == true ? new DraftPrompt.Raw(text) : DraftPrompt.User(text);

    internal GenerateOptions ToOptions()
    {
        if (ExtensionData is { Count: > 0 } unknown)
            throw new ArgumentException($"Unknown setting: {string.Join(", ", unknown.Keys.Select(key => $"'{key}'"))}.");
        var draft = new DraftOptions { Sampling = ToSampling(), StopStrings = ToStopStrings() };
        var revise = ToReviseOptions();
        return new()
        {
            Draft = draft with { MaxTokens = MaxTokens ?? draft.MaxTokens },
            Revise = Revise == false ? null : revise,
        };
    }

    private Sampling ToSampling()
    {
        if (Seed is < 0 or > uint.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(Seed), Seed, $"Seed must be 0 to {uint.MaxValue}.");
        if (Temperature is not (null or >= 0 and <= 10))
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "Temperature must be 0 to 10.");
        var random = new Sampling.Random();
        random = random with
        {
            Temperature = Temperature is null or 0 ? random.Temperature : Temperature.Value,
            TopP = TopP ?? random.TopP,
            TopK = TopK ?? random.TopK,
            MinP = MinP ?? random.MinP,
            Seed = (uint?)Seed,
        };
        return Temperature == 0 ? new Sampling.Greedy() : random;
    }

    private string[] ToStopStrings()
    {
        if (StopSequences is null) return [];
        if (StopSequences.Any(string.IsNullOrEmpty))
            throw new ArgumentException("A string in StopSequences is empty; it would stop every draft at once.");
        return [.. StopSequences];
    }

    private ReviseOptions ToReviseOptions()
    {
        var options = new ReviseOptions();
        var policies = Policies?.Select(ToPolicy).ToList() ?? options.Policies;
        return options with { Policies = [.. policies.Select(WithMinGain)], Passes = Passes ?? options.Passes };
    }

    private static EditPolicy ToPolicy(string name) => name?.ToUpperInvariant() switch
    {
        "SPELLING" => new EditPolicy.Spelling(),
        "FLUENCY" => new EditPolicy.Fluency(),
        _ => throw new ArgumentException($"Unknown policy '{name}' in Policies; known are 'spelling' and 'fluency'."),
    };

    private EditPolicy WithMinGain(EditPolicy policy) => (policy, MinGain) switch
    {
        (_, null) => policy,
        (EditPolicy.Spelling spelling, { } gain) => spelling with { MinGain = gain },
        (EditPolicy.Fluency fluency, { } gain) => fluency with { MinGain = gain },
        _ => throw new ArgumentException($"MinGain does not apply to the policy {policy.GetType().Name}."),
    };

    private T Thawed<T>(T value)
    {
        ThrowIfFrozen();
        return value;
    }

    // Prompt files often write "true" for true.
    private sealed class LenientBoolJsonConverter : JsonConverter<bool>
    {
        public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.String when bool.TryParse(reader.GetString(), out var value) => value,
            _ => throw new JsonException(),
        };

        public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
    }
}
