using HybridGen.Candidates;
using HybridGen.Canvases;
using HybridGen.Editing;
using HybridGen.Judging;
using HybridGen.Models.Mini;
using HybridGen.Tokens;

namespace HybridGen.Revising;

/// <summary>A word that a strategy doubts.</summary>
/// <param name="Canvas">Index of its canvas in the batch.</param>
/// <param name="Index">Its place on the canvas.</param>
/// <param name="Word">The word.</param>
/// <param name="Gains">What was seen of its forms before remasking, the draft's own value at 0; nats.</param>
internal sealed record Doubt(int Canvas, int Index, CanvasWord Word, float[] Gains);

/// <summary>A change that the refiner proposes for a doubted word.</summary>
internal sealed record Repair(Doubt Doubt, string After, EditKind Kind, double Gain);

/// <summary>What a policy brings to the loop: which words it doubts, how it remasks them, and what it writes in their place.</summary>
internal abstract class Strategy
{
    public static Strategy For(EditPolicy policy, ByteLevelTokenizer tokenizer, CandidateSource candidates, JudgedText? judged) => policy switch
    {
        EditPolicy.Spelling { Judge: { } how } spelling when judged is not null => new JudgedSpelling(spelling.MinGain, how, judged),
        EditPolicy.Spelling spelling => new SpellingStrategy(spelling),
        EditPolicy.Fluency fluency => new FluencyStrategy(fluency, tokenizer, candidates),
        _ => throw new ArgumentException($"No strategy is known for {policy.GetType().Name}.", nameof(policy)),
    };

    /// <summary>Least gain of a repair, in nats.</summary>
    public abstract double MinGain { get; }

    /// <summary>How a doubted word is remasked.</summary>
    public abstract Visibility Remasking { get; }

    /// <summary>Scores the canvases with everything visible and names the words to remask.</summary>
    public abstract IReadOnlyList<Doubt> Select(MiniScorer scorer, IReadOnlyList<Canvas> canvases);

    /// <summary>The best form for each doubted word, now that they are remasked; words without one are left out.</summary>
    public abstract IEnumerable<Repair> Refill(MiniScorer scorer, IReadOnlyList<Canvas> canvases, IReadOnlyList<Doubt> doubts);
}
