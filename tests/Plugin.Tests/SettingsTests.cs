using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using HybridGen.Drafting;
using HybridGen.Pipelines;
using HybridGen.Plugin.Chat;
using HybridGen.Revising;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace HybridGen.Plugin.Tests;

public sealed class SettingsTests
{
    private static readonly PropertyInfo[] Properties =
        [.. typeof(HybridGenPromptExecutionSettings).GetProperties().Where(property => property.CanWrite)];

    public static TheoryData<string> Own { get; } =
        [.. Properties.Where(property => property.DeclaringType == typeof(HybridGenPromptExecutionSettings)).Select(property => property.Name)];

    [Fact]
    public void Clone_EveryPropertySet_IsCopied()
    {
        var settings = Full();
        var clone = settings.Clone();

        Assert.IsType<HybridGenPromptExecutionSettings>(clone);
        Assert.All(Properties, property => Assert.Equivalent(property.GetValue(settings), property.GetValue(clone), strict: true));
        Assert.NotSame(settings.StopSequences, ((HybridGenPromptExecutionSettings)clone).StopSequences);
        Assert.NotSame(settings.Policies, ((HybridGenPromptExecutionSettings)clone).Policies);
        Assert.NotSame(settings.ExtensionData, clone.ExtensionData);
    }

    [Fact]
    public void Clone_OfFrozen_IsNotFrozen()
    {
        var settings = Full();
        settings.Freeze();
        var clone = (HybridGenPromptExecutionSettings)settings.Clone();
        clone.MaxTokens = 3;
        clone.StopSequences!.Add("x");
        Assert.False(clone.IsFrozen);
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void Freeze_EveryProperty_RefusesItsSetter(string name)
    {
        var settings = Full();
        settings.Freeze();
        settings.Freeze();
        var property = typeof(HybridGenPromptExecutionSettings).GetProperty(name)!;
        var exception = Assert.Throws<TargetInvocationException>(() => property.SetValue(settings, property.GetValue(settings)));
        Assert.IsType<InvalidOperationException>(exception.InnerException);
    }

    [Fact]
    public void Freeze_Lists_AreReadOnly()
    {
        var settings = Full();
        settings.Freeze();
        Assert.Throws<NotSupportedException>(() => settings.StopSequences!.Add("x"));
        Assert.Throws<NotSupportedException>(() => settings.Policies!.Add("x"));
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void Property_Name_IsSnakeCaseNullableAndLeftOutWhenNull(string name)
    {
        var property = typeof(HybridGenPromptExecutionSettings).GetProperty(name)!;
        var snake = string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
        Assert.Equal(snake, property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name);
        Assert.Equal(JsonIgnoreCondition.WhenWritingNull, property.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition);
        Assert.Null(property.GetValue(new HybridGenPromptExecutionSettings()));
    }

    public sealed record Person(string Name, int Age);

    public static TheoryData<string> Formats { get; } = ["type", "chat", "named", "openai"];

    /// <summary>In each of the forms in which first-party connectors take it, over each face.</summary>
    [Theory]
    [MemberData(nameof(Formats))]
    public async Task ResponseFormat_EachForm_HoldsTheTextToTheSchema(string form)
    {
        var schema = AIJsonUtilities.CreateJsonSchema(typeof(Person), serializerOptions: JsonSerializerOptions.Default);
        PromptExecutionSettings settings = form switch
        {
            "type" => new HybridGenPromptExecutionSettings { ResponseFormat = typeof(Person) },
            "chat" => new HybridGenPromptExecutionSettings { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) },
            "named" => new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["response_format"] = new { type = "json_schema", json_schema = new { name = "person", schema } } } },
            _ => new OpenAIPromptExecutionSettings { ResponseFormat = typeof(Person) },
        };
        List<OutputConstraint?> seen = [];
        var (text, chat) = (new HybridGenTextGenerationService(See, "m"), new HybridGenChatCompletionService(new HybridGenChatClient(See, "m"), 1));
        await text.GetTextContentsAsync("p", settings, cancellationToken: TestContext.Current.CancellationToken);
        await chat.GetChatMessageContentsAsync(new ChatHistory("p", AuthorRole.User), settings, cancellationToken: TestContext.Current.CancellationToken);
        var expected = new OutputConstraint.JsonSchema(schema).Text;
        Assert.Equal([expected, expected], seen.Select(constraint => Assert.IsType<OutputConstraint.JsonSchema>(constraint).Text));

        async IAsyncEnumerable<GenerationUpdate> See(DraftPrompt prompt, GenerateOptions options, [EnumeratorCancellation] CancellationToken token)
        {
            await Task.CompletedTask;
            seen.Add(options.Draft.Constraint);
            yield return new GenerationUpdate.Completed(Samples.Revised);
        }
    }

    [Theory]
    [InlineData("""{"type": "json_object"}""", true)]
    [InlineData("""{"type": "text"}""", false)]
    public void ResponseFormat_OfAPromptFile_IsRead(string format, bool isJson)
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["response_format"] = JsonElement.Parse(format) } };
        Assert.Equal(isJson, HybridGenPromptExecutionSettings.FromExecutionSettings(settings).ToOptions().Draft.Constraint is OutputConstraint.JsonSchema);
    }

    /// <summary>They have settings of their own, which are null.</summary>
    [Fact]
    public void FromExecutionSettings_OfOpenAI_IsReadAndUsed()
    {
        var read = HybridGenPromptExecutionSettings.FromExecutionSettings(new OpenAIPromptExecutionSettings { MaxTokens = 5, Temperature = 0, StopSequences = ["."] });
        var options = read.ToOptions();
        Assert.Equal((5, new Sampling.Greedy(), "."), (options.Draft.MaxTokens, options.Draft.Sampling, options.Draft.StopStrings.Single()));
        var told = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["user"] = "me" } };
        Assert.Contains("'user'", Assert.Throws<ArgumentException>(() => HybridGenPromptExecutionSettings.FromExecutionSettings(told).ToOptions()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromExecutionSettings_ExtensionData_IsReadAlsoFromStrings()
    {
        var behavior = FunctionChoiceBehavior.None();
        var settings = HybridGenPromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings
        {
            ModelId = "m",
            ServiceId = "s",
            FunctionChoiceBehavior = behavior,
            ExtensionData = new Dictionary<string, object>
            {
                ["max_tokens"] = "11",
                ["temperature"] = 0.5,
                ["TOP_P"] = "0.75",
                ["top_k"] = 3,
                ["min_p"] = 0.25,
                ["seed"] = "42",
                ["stop_sequences"] = new List<string> { "\n" },
                ["raw"] = "true",
                ["revise"] = false,
                ["policies"] = new List<string> { "fluency" },
                ["passes"] = "2",
                ["min_gain"] = "1.5",
            },
        });

        Assert.Equal((11, 0.5, 0.75, 3), (settings.MaxTokens, settings.Temperature, settings.TopP, settings.TopK));
        Assert.Equal((0.25, 42L, true, false), (settings.MinP, settings.Seed, settings.Raw, settings.Revise));
        Assert.Equal(["\n"], settings.StopSequences);
        Assert.Equal(["fluency"], settings.Policies);
        Assert.Equal((2, 1.5), (settings.Passes, settings.MinGain));
        Assert.Equal(("m", "s"), (settings.ModelId, settings.ServiceId));
        Assert.Same(behavior, settings.FunctionChoiceBehavior);
    }

    [Fact]
    public void FromExecutionSettings_NullOrOwn_IsNewOrItself()
    {
        var own = new HybridGenPromptExecutionSettings();
        Assert.Same(own, HybridGenPromptExecutionSettings.FromExecutionSettings(own));
        Assert.NotNull(HybridGenPromptExecutionSettings.FromExecutionSettings(null));
    }

    [Theory]
    [InlineData("max_tokens", "many")]
    [InlineData("raw", "perhaps")]
    [InlineData("stop_sequences", 3)]
    public void FromExecutionSettings_WrongType_NamesTheSetting(string name, object value)
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { [name] = value } };
        var exception = Assert.Throws<ArgumentException>(() => HybridGenPromptExecutionSettings.FromExecutionSettings(settings));
        Assert.Contains($"'{name}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToOptions_UnknownKey_IsRefusedByName()
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["max_token"] = 3, ["seed"] = 1 } };
        var exception = Assert.Throws<ArgumentException>(() => HybridGenPromptExecutionSettings.FromExecutionSettings(settings).ToOptions());
        Assert.Equal("Unknown setting: 'max_token'.", exception.Message);
    }

    [Theory]
    [InlineData(nameof(HybridGenPromptExecutionSettings.MaxTokens), 0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Temperature), -0.1)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Temperature), 10.5)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Temperature), double.NaN)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.TopP), 0.0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.TopK), -1)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.MinP), 1.5)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Seed), -1L)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Seed), 4294967296L)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Passes), 0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.MinGain), -1.0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.RepetitionPenalty), 0.0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.FrequencyPenalty), 11.0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.PresencePenalty), -11.0)]
    [InlineData(nameof(HybridGenPromptExecutionSettings.Drafts), 65)]
    public void ToOptions_OutOfRange_NamesTheSetting(string name, object value)
    {
        var settings = new HybridGenPromptExecutionSettings();
        typeof(HybridGenPromptExecutionSettings).GetProperty(name)!.SetValue(settings, value);
        var exception = Assert.Throws<ArgumentOutOfRangeException>(settings.ToOptions);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToOptions_EmptyStopSequenceOrNoPolicy_IsRefused()
    {
        Assert.Contains("StopSequences", Assert.Throws<ArgumentException>(() => new HybridGenPromptExecutionSettings { StopSequences = [""] }.ToOptions()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new HybridGenPromptExecutionSettings { Policies = [] }.ToOptions());
        Assert.Contains("'slow'", Assert.Throws<ArgumentException>(() => new HybridGenPromptExecutionSettings { Pipeline = "slow" }.ToOptions()).Message, StringComparison.Ordinal);
        Assert.Contains("'xml'", Assert.Throws<ArgumentException>(() => new HybridGenPromptExecutionSettings { ResponseFormat = "xml" }.ToOptions()).Message, StringComparison.Ordinal);
        Assert.Contains("ResultsPerPrompt", Assert.Throws<ArgumentOutOfRangeException>(() => new HybridGenPromptExecutionSettings { ResultsPerPrompt = 0 }.Each().ToList()).Message, StringComparison.Ordinal);
        Assert.Contains("'poetry'", Assert.Throws<ArgumentException>(() => new HybridGenPromptExecutionSettings { Policies = ["poetry"] }.ToOptions()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToOptions_NothingSet_IsTheEnginesDefault() =>
        Assert.Equivalent(new GenerateOptions(), new HybridGenPromptExecutionSettings().ToOptions(), strict: true);

    [Fact]
    public void ToOptions_EverythingSet_ReachesTheEngine()
    {
        var settings = Full();
        settings.ExtensionData = null;
        var options = settings.ToOptions();

        Assert.Equal(17, options.Draft.MaxTokens);
        Assert.Equal(["stop"], options.Draft.StopStrings);
        var penalties = new Penalties { Repetition = 1.5, Frequency = 0.5, Presence = 0.25 };
        Assert.Equal(new Sampling.Random { Temperature = 0.5, TopP = 0.75, TopK = 7, MinP = 0.25, Seed = 42, Penalties = penalties }, options.Draft.Sampling);
        Assert.Equal((2, 3), (options.Draft.Alternatives, options.Drafts));
        Assert.Equal(OutputConstraint.JsonSchema.Parse("""{"type": "object"}""").Text, Assert.IsType<OutputConstraint.JsonSchema>(options.Draft.Constraint).Text);
        Assert.IsType<Pipeline.Interleaved>(options.Pipeline);
        Assert.Equal([new EditPolicy.Fluency { MinGain = 4 }, new EditPolicy.Spelling { MinGain = 4 }], options.Revise!.Policies);
        Assert.Equal(3, options.Revise.Passes);
        Assert.Equal(new DraftPrompt.Raw("t"), settings.ToPrompt("t"));
    }

    [Fact]
    public void Each_OfSeveral_HasItsOwnSeed() =>
        Assert.Equal([7L, 8L, 9L], new HybridGenPromptExecutionSettings { Seed = 7, ResultsPerPrompt = 3 }.Each().Select(settings => settings.Seed!.Value));

    [Fact]
    public void ToOptions_ReviseFalse_ReturnsTheDraft() =>
        Assert.Null(new HybridGenPromptExecutionSettings { Revise = false }.ToOptions().Revise);

    [Fact]
    public void Full_EveryProperty_IsSet() =>
        Assert.All(Properties, property => Assert.NotNull(property.GetValue(Full())));

    private static HybridGenPromptExecutionSettings Full() => new()
    {
        ModelId = "model",
        ServiceId = "service",
        FunctionChoiceBehavior = FunctionChoiceBehavior.None(),
        ExtensionData = new Dictionary<string, object> { ["other"] = 1 },
        MaxTokens = 17,
        Temperature = 0.5,
        TopP = 0.75,
        TopK = 7,
        MinP = 0.25,
        Seed = 42,
        StopSequences = ["stop"],
        Raw = true,
        Revise = true,
        Policies = ["fluency", "Spelling"],
        Passes = 3,
        MinGain = 4,
        RepetitionPenalty = 1.5,
        FrequencyPenalty = 0.5,
        PresencePenalty = 0.25,
        ResponseFormat = "json_object",
        ChatSystemPrompt = "Be brief.",
        Thinking = false,
        ResultsPerPrompt = 2,
        Drafts = 3,
        Pipeline = "Interleaved",
        Logprobs = true,
        TopLogprobs = 2,
        ShowDraft = true,
        DropOldestTurns = true,
    };
}
