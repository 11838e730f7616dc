using HybridGen.Attributing;
using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Scoring;

/// <summary>The drafter's log-probabilities at the time it wrote, carried over from its tokens to the words; what was edited since has none.</summary>
/// <param name="draft">The draft.</param>
/// <param name="edits">How the text that is scored differs from it, at the time of asking.</param>
internal sealed class DrafterSnapshot(Draft draft, Func<IReadOnlyList<Edit>> edits) : IWordScoring
{
    private readonly LogProbabilityProfile _profile = new(draft);

    public WordScore[][] Score(IReadOnlyList<Canvas> canvases)
    {
        var made = edits();
        return [.. canvases.Select(canvas => canvas.Words.Select(word => Score(EditLog.InInput(made, word.Word.Span))).ToArray())];
    }

    private WordScore Score(TextSpan? word) => word is { } span ? WordScore.Of((float)_profile.Of(WithSpace(span))) : default;

    /// <summary>A drafter writes the space with the word behind it.</summary>
    private TextSpan WithSpace(TextSpan word)
    {
        var start = word.Start;
        while (start > 0 && char.IsWhiteSpace(draft.Text[start - 1])) start--;
        return TextSpan.Between(start, word.End);
    }
}
