using System.Collections.ObjectModel;
using HybridGen.Drafting;
using HybridGen.Editing;
using Microsoft.Extensions.AI;

namespace HybridGen.Plugin;

/// <summary>How a text came about: under the keys that Semantic Kernel reads, and as properties.</summary>
public sealed class HybridGenMetadata : ReadOnlyDictionary<string, object?>
{
    internal HybridGenMetadata(Generation generation) : base(Entries(generation)) { }

    /// <summary>Name of this generation, unlike any other's.</summary>
    public string Id => (string)this[nameof(Id)]!;

    /// <summary>Why the draft ended: <c>stop</c> for an end of the model's own or a stop string, <c>length</c> for a limit.</summary>
    public string FinishReason => (string)this[nameof(FinishReason)]!;

    /// <summary>Tokens of the prompt and of the draft, as the drafter counts them.</summary>
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

    private static Dictionary<string, object?> Entries(Generation generation)
    {
        var (draft, revision) = generation;
        var end = draft.Completion;
        return new()
        {
            [nameof(Id)] = $"hybridgen-{Guid.NewGuid():N}",
            [nameof(FinishReason)] = end.Reason is StopReason.MaxTokens or StopReason.ContextFull ? "length" : "stop",
            [nameof(Usage)] = new UsageDetails
            {
                InputTokenCount = end.PromptTokens,
                OutputTokenCount = draft.Tokens.Count,
                TotalTokenCount = end.PromptTokens + draft.Tokens.Count,
            },
            [nameof(Draft)] = draft.Text,
            [nameof(Edits)] = revision?.Edits ?? [],
            [nameof(PromptDuration)] = end.PromptDuration,
            [nameof(DraftDuration)] = end.DraftDuration,
            [nameof(ReviseDuration)] = revision?.Duration ?? TimeSpan.Zero,
        };
    }
}
