using HybridGen.Drafting;
using HybridGen.Pipelines;
using HybridGen.Scoring;
using HybridGen.Telemetry;

namespace HybridGen.Choosing;

/// <summary>Several drafts of one prompt, of which the best is revised.</summary>
/// <param name="score">Has the refiner score a text.</param>
internal sealed class DraftChoice(Func<string, CancellationToken, Task<TextScore>> score)
{
    /// <summary>Refuses options with which several drafts make no sense.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(GenerateOptions options)
    {
        if (options.Drafts == 1) return;
        if (options.Pipeline is not Pipeline.DraftThenRevise)
            throw new ArgumentException($"Drafts is {options.Drafts}, but the pipeline {options.Pipeline.GetType().Name} revises while one draft is written; choose DraftThenRevise or one draft.", nameof(options));
        if (options.Draft.Sampling is Sampling.Greedy)
            throw new ArgumentException($"Drafts is {options.Drafts}, but greedy drafts of one prompt are all the same; choose another sampling or one draft.", nameof(options));
    }

    /// <summary>Writes drafts and scores them.</summary>
    /// <param name="drafter">Writes them.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">How, and how many.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The drafts in the order of their numbers.</returns>
    public async Task<IReadOnlyList<RankedDraft>> RankAsync(IDrafter drafter, DraftPrompt prompt, GenerateOptions options, CancellationToken cancellationToken)
    {
        var drafts = await DraftStage.Told(() => drafter.DraftManyAsync(prompt, options.Drafts, options.Draft, cancellationToken), drafter.ModelId).ConfigureAwait(false);
        var ranked = new List<RankedDraft>(drafts.Count);
        // The refiner sees words, not structure.
        var isProse = options.Draft.Constraint is null && prompt is not DraftPrompt.Chat { RequiredTools.Count: > 0 };
        foreach (var draft in drafts)
            ranked.Add(new RankedDraft(draft, PerToken(draft), isProse ? await DoubtAsync(draft.Text, cancellationToken).ConfigureAwait(false) : null));
        return ranked;
    }

    /// <summary>The best; of equal ones the first.</summary>
    public static Draft Best(IReadOnlyList<RankedDraft> drafts) => drafts.MaxBy(draft => draft.Score)!.Draft;

    private static double? PerToken(Draft draft) => draft.Tokens.Count > 0 ? draft.LogProbability / draft.Tokens.Count : null;

    private async Task<double?> DoubtAsync(string text, CancellationToken cancellationToken)
    {
        var words = (await score(text, cancellationToken).ConfigureAwait(false)).Words;
        return words.Count > 0 ? words.Average(word => (double)word.Suspicion) : null;
    }
}
