using System.Collections.ObjectModel;
using HybridGen.Attributing;
using HybridGen.Editing;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin;

/// <summary>How a text came about: under the keys that Semantic Kernel reads, and as properties.</summary>
public sealed class HybridGenMetadata : ReadOnlyDictionary<string, object?>
{
    internal HybridGenMetadata(Generation generation, FinalText text, bool hasTokens = false) : base(Entries(generation, text, hasTokens)) { }

    /// <summary>Name of this generation, unlike any other's.</summary>
    public string Id => (string)this[nameof(Id)]!;

    /// <summary>Why the draft ended: <c>stop</c> for an end of the model's own or a stop string, <c>length</c> for a limit.</summary>
    public string FinishReason => (string)this[nameof(FinishReason)]!;

    /// <summary>The stop string that ended the text; <see langword="null"/> where something else did.</summary>
    public string? StopString => (string?)this[nameof(StopString)];

    /// <summary>The tokens of the final text with their log-probabilities; empty unless <see cref="HybridGenPromptExecutionSettings.Logprobs"/> asks for them.</summary>
    public IReadOnlyList<RevisedToken> Tokens => (IReadOnlyList<RevisedToken>)this[nameof(Tokens)]!;

    /// <summary>
    /// Tokens of the prompt and of the draft, as the drafter counts them; the refiner's work stands apart, under <c>hybridgen.refiner_forwards</c>
    /// and <c>hybridgen.judge_tokens</c>.
    /// </summary>
    public UsageDetails Usage => (UsageDetails)this[nameof(Usage)]!;

    /// <summary>The text as the drafter wrote it.</summary>
    public string Draft => (string)this[nameof(Draft)]!;

    /// <summary>What the refiner changed, in the draft's order; empty where nothing was changed or no revision was asked for.</summary>
    public IReadOnlyList<Edit> Edits => (IReadOnlyList<Edit>)this[nameof(Edits)]!;

    /// <summary>Time to read the prompt.</summary>
    public TimeSpan PromptDuration => (TimeSpan)this[nameof(PromptDuration)]!;

    /// <summary>Time to write the draft.</summary>
    public TimeSpan DraftDuration => (TimeSpan)this[nameof(DraftDuration)]!;

    /// <summary>Time to revise the draft; zero where no revision was asked for.</summary>
    public TimeSpan ReviseDuration => (TimeSpan)this[nameof(ReviseDuration)]!;

    /// <summary>The work that a generation was, told apart.</summary>
    internal static UsageDetails UsageOf(Generation generation)
    {
        var (drafts, end) = (generation.Drafts, generation.Draft.Completion);
        var output = drafts.Count > 0 ? drafts.Sum(ranked => ranked.Draft.WrittenTokens) : generation.Draft.WrittenTokens;
        return new UsageDetails
        {
            InputTokenCount = end.PromptTokens,
            OutputTokenCount = output,
            TotalTokenCount = end.PromptTokens + output,
            CachedInputTokenCount = end.CachedTokens,
            AdditionalCounts = new()
            {
                ["hybridgen.refiner_forwards"] = generation.Revision?.Forwards ?? 0,
                ["hybridgen.judge_tokens"] = generation.Revision?.JudgeTokens ?? 0,
                ["hybridgen.edits"] = generation.Revision?.Edits.Count ?? 0,
            },
        };
    }

    private static Dictionary<string, object?> Entries(Generation generation, FinalText text, bool hasTokens)
    {
        var (draft, revision) = generation;
        return new()
        {
            [nameof(Id)] = $"hybridgen-{Guid.NewGuid():N}",
            [nameof(FinishReason)] = text.FinishReason,
            [nameof(StopString)] = text.StopString,
            [nameof(Usage)] = UsageOf(generation),
            [nameof(Draft)] = draft.Text,
            [nameof(Edits)] = revision?.Edits ?? [],
            [nameof(Tokens)] = hasTokens ? text.TokensOf(generation) : [],
            [nameof(PromptDuration)] = draft.Completion.PromptDuration,
            [nameof(DraftDuration)] = draft.Completion.DraftDuration,
            [nameof(ReviseDuration)] = revision?.Duration ?? TimeSpan.Zero,
        };
    }
}
