using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace HybridGen.Plugin;

/// <summary>Settings of one generation; what is <see langword="null"/> keeps the engine's default.</summary>
/// <remarks>Values are checked when the settings are used: one that is out of range, or not known here, is refused by name.</remarks>
[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed class HybridGenPromptExecutionSettings : PromptExecutionSettings
{
    private static readonly JsonSerializerOptions ReadPermissive = new(PluginJson.Known)
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
    /// <remarks>Of a chat that is one message of the user; a longer conversation, instructions and tools are refused.</remarks>
    /// <value>Default <see langword="false"/>.</value>
    [JsonPropertyName("raw")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Raw { get; set => field = Thawed(value); }

    /// <summary>Whether the refiner revises the draft.</summary>
    /// <value>Default <see langword="true"/>.</value>
    [JsonPropertyName("revise")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Revise { get; set => field = Thawed(value); }

    /// <summary>Names of the edit policies, applied in this order: <c>spelling</c>, <c>consistency</c>, <c>fluency</c>.</summary>
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

    /// <summary>Divides the logits of tokens that occurred before; above 1 fewer repetitions.</summary>
    /// <value>Above 0, at most 10.</value>
    [JsonPropertyName("repetition_penalty")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RepetitionPenalty { get; set => field = Thawed(value); }

    /// <summary>Taken off a token's logit for each time that it occurred.</summary>
    /// <value>-10 to 10.</value>
    [JsonPropertyName("frequency_penalty")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FrequencyPenalty { get; set => field = Thawed(value); }

    /// <summary>Taken off a token's logit once if it occurred.</summary>
    /// <value>-10 to 10.</value>
    [JsonPropertyName("presence_penalty")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PresencePenalty { get; set => field = Thawed(value); }

    /// <summary>What the text must look like: <c>text</c>, <c>json_object</c> for any object, <c>json</c> for any value, or a JSON Schema as a <see cref="JsonElement"/>. JSON is never revised.</summary>
    /// <remarks>
    /// The schema can also be that of a <see cref="Type"/>, and the format a <see cref="ChatResponseFormat"/>, or as OpenAI's API has it:
    /// <c>{"type": "json_object"}</c>, <c>{"type": "json_schema", "json_schema": {"schema": ...}}</c>.
    /// </remarks>
    [JsonPropertyName("response_format")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public object? ResponseFormat { get; set => field = Thawed(value); }

    /// <summary>What a chat model is told before the conversation.</summary>
    [JsonPropertyName("chat_system_prompt")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ChatSystemPrompt { get; set => field = Thawed(value); }

    /// <summary>Whether a chat model that can do both thinks before it answers.</summary>
    /// <value>Default: as its template does by itself.</value>
    [JsonPropertyName("thinking")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Thinking { get; set => field = Thawed(value); }

    /// <summary>How many texts or answers are returned, each drafted and revised by itself.</summary>
    /// <remarks>
    /// Where a seed is given, text <c>i</c>, from 0, has the seed <c>seed + i * drafts</c>, so that no two write the same draft. With a temperature of 0
    /// all are the same. A chat client's response is one answer, so that it refuses more.
    /// </remarks>
    /// <value>1 to 128; default 1.</value>
    [JsonPropertyName("results_per_prompt")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ResultsPerPrompt { get; set => field = Thawed(value); }

    /// <summary>Drafts that are written for one text; the best is revised.</summary>
    /// <value>1 to 64.</value>
    [JsonPropertyName("drafts")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Drafts { get; set => field = Thawed(value); }

    /// <summary>Whether the oldest turns of a conversation are left out where it is longer than the drafter's context; else it is refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    [JsonPropertyName("drop_oldest_turns")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? DropOldestTurns { get; set => field = Thawed(value); }

    /// <summary>When the draft is revised: <c>whole</c>, <c>interleaved</c> or <c>overlapped</c>.</summary>
    /// <value>Default <c>whole</c>.</value>
    [JsonPropertyName("pipeline")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pipeline { get; set => field = Thawed(value); }

    /// <summary>Whether the tokens of the final text are reported with their log-probabilities.</summary>
    /// <value>Default <see langword="false"/>.</value>
    [JsonPropertyName("logprobs")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Logprobs { get; set => field = Thawed(value); }

    /// <summary>How many of the most probable tokens the drafter reports at each position.</summary>
    /// <value>0 to 64.</value>
    [JsonPropertyName("top_logprobs")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TopLogprobs { get; set => field = Thawed(value); }

    /// <summary>
    /// Whether a stream of chat also tells of the draft while it is written, and of the revision's steps: updates without contents, whose raw representation
    /// (the inner content of chat completion) is a <see cref="HybridGen.Drafting.DraftToken"/> or a <see cref="HybridGen.Revising.ReviseProgress"/>.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    [JsonPropertyName("show_draft")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? ShowDraft { get; set => field = Thawed(value); }

    /// <summary>Reads any settings as these: the same object where it is one already.</summary>
    /// <exception cref="ArgumentException">A value cannot be read as the setting's type; the message names the setting.</exception>
    public static HybridGenPromptExecutionSettings FromExecutionSettings(PromptExecutionSettings? settings)
    {
        if (settings is null) return new();
        if (settings is HybridGenPromptExecutionSettings own) return own;
        try
        {
            var json = JsonSerializer.Serialize(settings, PluginJson.Known.GetTypeInfo(settings.GetType()));
            var read = (HybridGenPromptExecutionSettings)JsonSerializer.Deserialize(json, ReadPermissive.GetTypeInfo(typeof(HybridGenPromptExecutionSettings)))!;
            read.FunctionChoiceBehavior = settings.FunctionChoiceBehavior;
            return read;
        }
        catch (JsonException e)
        {
            var name = (e.Path ?? "$").Replace("$.", "", StringComparison.Ordinal);
            throw new ArgumentException($"The setting '{name}' has a value of the wrong type.", nameof(settings), e);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException($"These settings ({settings.GetType().Name}) cannot be read where JSON has no reflection, as in a trimmed program: {e.Message}", nameof(settings), e);
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
        RepetitionPenalty = RepetitionPenalty,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
        ResponseFormat = ResponseFormat,
        ChatSystemPrompt = ChatSystemPrompt,
        Thinking = Thinking,
        ResultsPerPrompt = ResultsPerPrompt,
        Drafts = Drafts,
        Pipeline = Pipeline,
        DropOldestTurns = DropOldestTurns,
        Logprobs = Logprobs,
        TopLogprobs = TopLogprobs,
        ShowDraft = ShowDraft,
    };

    /// <summary>Hands the settings to a <see cref="Chat.HybridGenChatClient"/> as they are.</summary>
    protected override void PrepareChatOptionsForRequest(ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.RawRepresentationFactory = _ => this;
    }

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
