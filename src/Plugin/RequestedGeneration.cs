using System.Text.Json;
using HybridGen.Drafting;
using HybridGen.Pipelines;
using HybridGen.Revising;

namespace HybridGen.Plugin;

/// <summary>What settings ask of the engine.</summary>
internal static class RequestedGeneration
{
    /// <summary>The prompt that a text is.</summary>
    public static DraftPrompt ToPrompt(this HybridGenPromptExecutionSettings settings, string text)
    {
        if (settings.Raw == true) return new DraftPrompt.Raw(text);
        ChatTurn[] system = settings.ChatSystemPrompt is { } told ? [new ChatTurn("system", told)] : [];
        return new DraftPrompt.Chat([.. system, new ChatTurn("user", text)]) { IsThinking = settings.Thinking };
    }

    /// <summary>How to draft and revise.</summary>
    /// <exception cref="ArgumentException">A setting is unknown or out of range; the message names it.</exception>
    public static GenerateOptions ToOptions(this HybridGenPromptExecutionSettings settings)
    {
        // Other services' settings have names of their own, which say nothing while they are null.
        var unknown = (settings.ExtensionData ?? new Dictionary<string, object>()).Where(setting => setting.Value is not (null or JsonElement { ValueKind: JsonValueKind.Null })).ToList();
        if (unknown.Count > 0) throw new ArgumentException($"Unknown setting: {string.Join(", ", unknown.Select(setting => $"'{setting.Key}'"))}.");
        var draft = new DraftOptions { Sampling = Sampling(settings), StopStrings = StopStrings(settings), Constraint = Constraint(settings.ResponseFormat), Overflow = settings.DropOldestTurns == true ? PromptOverflow.DropOldestTurns : PromptOverflow.Refuse };
        var revise = Revise(settings);
        return new()
        {
            Draft = draft with { MaxTokens = settings.MaxTokens ?? draft.MaxTokens, Alternatives = settings.TopLogprobs ?? draft.Alternatives },
            Revise = settings.Revise == false ? null : revise,
            Pipeline = Pipeline(settings.Pipeline),
            Drafts = settings.Drafts ?? 1,
        };
    }

    /// <summary>The settings of each of the texts that are asked for, seeds apart by as many as each text has drafts; those of a single one are its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">So many texts cannot be asked for.</exception>
    public static IEnumerable<HybridGenPromptExecutionSettings> Each(this HybridGenPromptExecutionSettings settings)
    {
        var count = settings.ResultsPerPrompt ?? 1;
        if (count is < 1 or > 128) throw OutOfRange(nameof(settings.ResultsPerPrompt), count, "1 to 128");
        settings = settings.WithPlainFormat();
        return count == 1 ? [settings] : Enumerable.Range(0, count).Select(settings.Numbered);
    }

    private static HybridGenPromptExecutionSettings Numbered(this HybridGenPromptExecutionSettings settings, int number)
    {
        var one = (HybridGenPromptExecutionSettings)settings.Clone();
        one.ResultsPerPrompt = null;
        // One that is out of range is refused as it is.
        if (settings.Seed is >= 0 and <= uint.MaxValue) one.Seed = (settings.Seed + ((long)number * (settings.Drafts ?? 1))) % (1L << 32);
        return one;
    }

    private static Sampling Sampling(HybridGenPromptExecutionSettings settings)
    {
        if (settings.Seed is < 0 or > uint.MaxValue) throw OutOfRange(nameof(settings.Seed), settings.Seed, $"0 to {uint.MaxValue}");
        if (settings.Temperature is not (null or >= 0 and <= 10)) throw OutOfRange(nameof(settings.Temperature), settings.Temperature, "0 to 10");
        var random = new Sampling.Random();
        random = random with
        {
            Temperature = settings.Temperature is null or 0 ? random.Temperature : settings.Temperature.Value,
            TopP = settings.TopP ?? random.TopP,
            TopK = settings.TopK ?? random.TopK,
            MinP = settings.MinP ?? random.MinP,
            Seed = (uint?)settings.Seed,
            Penalties = Penalties(settings),
        };
        return settings.Temperature == 0 ? new Sampling.Greedy { Penalties = random.Penalties } : random;
    }

    private static Penalties? Penalties(HybridGenPromptExecutionSettings settings)
    {
        if (settings is { RepetitionPenalty: null, FrequencyPenalty: null, PresencePenalty: null }) return null;
        try
        {
            return new Penalties { Repetition = settings.RepetitionPenalty ?? 1, Frequency = settings.FrequencyPenalty ?? 0, Presence = settings.PresencePenalty ?? 0 };
        }
        catch (ArgumentOutOfRangeException wrong)
        {
            throw new ArgumentOutOfRangeException($"{wrong.ParamName}Penalty", wrong.ActualValue, $"{wrong.ParamName}Penalty is out of range: {wrong.Message.Split(" (Parameter", 2)[0]}");
        }
    }

    private static string[] StopStrings(HybridGenPromptExecutionSettings settings)
    {
        if (settings.StopSequences is null) return [];
        if (settings.StopSequences.Any(string.IsNullOrEmpty))
            throw new ArgumentException("A string in StopSequences is empty; it would stop every draft at once.");
        return [.. settings.StopSequences];
    }

    private static OutputConstraint? Constraint(object? format) => RequestedFormat.Plain(format) switch
    {
        null or "text" => null,
        // A bare number is JSON too, but what is asked for is an object, as other services answer it.
        "json_object" => OutputConstraint.JsonSchema.Parse("""{"type": "object"}"""),
        "json" => new OutputConstraint.AnyJson(),
        JsonElement { ValueKind: JsonValueKind.Object } schema => new OutputConstraint.JsonSchema(schema),
        _ => throw new ArgumentException($"Unknown response format '{format}' in ResponseFormat; known are 'text', 'json_object', 'json', a JSON Schema as a JsonElement, a type, and a ChatResponseFormat."),
    };

    private static Pipeline Pipeline(string? name) => name?.ToUpperInvariant() switch
    {
        null or "WHOLE" => new Pipeline.DraftThenRevise(),
        "INTERLEAVED" => new Pipeline.Interleaved(),
        "OVERLAPPED" => new Pipeline.Overlapped(),
        _ => throw new ArgumentException($"Unknown pipeline '{name}' in Pipeline; known are 'whole', 'interleaved' and 'overlapped'."),
    };

    private static ReviseOptions Revise(HybridGenPromptExecutionSettings settings)
    {
        var options = new ReviseOptions();
        var policies = settings.Policies?.Select(Policy).ToList() ?? options.Policies;
        return options with { Policies = [.. policies.Select(policy => WithMinGain(policy, settings.MinGain))], Passes = settings.Passes ?? options.Passes };
    }

    private static EditPolicy Policy(string name) => name?.ToUpperInvariant() switch
    {
        "SPELLING" => new EditPolicy.Spelling(),
        "CONSISTENCY" => new EditPolicy.Consistency(),
        "FLUENCY" => new EditPolicy.Fluency(),
        _ => throw new ArgumentException($"Unknown policy '{name}' in Policies; known are 'spelling', 'consistency' and 'fluency'."),
    };

    private static EditPolicy WithMinGain(EditPolicy policy, double? minGain) => (policy, minGain) switch
    {
        (_, null) => policy,
        (EditPolicy.Spelling spelling, { } gain) => spelling with { MinGain = gain },
        (EditPolicy.Consistency consistency, { } gain) => consistency with { MinGain = gain },
        (EditPolicy.Fluency fluency, { } gain) => fluency with { MinGain = gain },
        _ => throw new ArgumentException($"MinGain does not apply to the policy {policy.GetType().Name}."),
    };

    private static ArgumentOutOfRangeException OutOfRange(string name, object? value, string range) => new(name, value, $"{name} must be {range}.");
}
