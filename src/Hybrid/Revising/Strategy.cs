using HybridGen.Canvases;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Scoring;

namespace HybridGen.Revising;

/// <summary>A change of a canvas that a strategy proposes.</summary>
/// <param name="Canvas">Index of its canvas in the batch.</param>
/// <param name="First">First word that it replaces.</param>
/// <param name="Count">Words that it replaces; 0 inserts before <paramref name="First"/>.</param>
/// <param name="Span">Where it lies in the text.</param>
/// <param name="After">What stands there then.</param>
/// <param name="Kind">Where that came from.</param>
/// <param name="Gain">By how much it wins, in nats.</param>
internal sealed record Repair(int Canvas, int First, int Count, TextSpan Span, string After, EditKind Kind, double Gain)
{
    /// <summary>What of the gain no measure of the changed text has in it, in nats: how likely the slip was, and what the caller adds.</summary>
    public double Prior { get; init; }

    /// <summary>What of the gain is not a second judge's, in nats.</summary>
    public double Alone { get; init; } = Gain;

    /// <summary>Whether a second judge had a say.</summary>
    public bool IsHeard { get; init; }

    /// <summary>Whether nothing else in its line was up for change when the second judge was heard, so that the gain is the score's.</summary>
    public bool IsOnlyOne { get; init; }
}

/// <summary>What a strategy saw and proposes for a batch of canvases.</summary>
/// <param name="Scores">What it knows of the words; empty for a canvas of which it knows nothing.</param>
/// <param name="Remasked">The words that it remasked.</param>
/// <param name="Repairs">The changes, at most one for each place.</param>
/// <param name="Measures">The strategy's measure of each canvas as it was.</param>
internal sealed record Step(WordScore[][] Scores, IReadOnlySet<(int Canvas, int Word)> Remasked, IReadOnlyList<Repair> Repairs, IReadOnlyList<float> Measures);

/// <summary>What a policy brings to the loop: which words it doubts, how it remasks them, what it writes in their place, and its measure of a text.</summary>
internal abstract class Strategy
{
    /// <summary>Scores canvases, remasks, refills and judges.</summary>
    public abstract Step Propose(IReadOnlyList<Canvas> canvases, PassContext pass);

    /// <summary>Whether a window without a change would have none again: what draws, or remasks other words each time, may find one.</summary>
    public virtual bool SettlesWindows => true;

    /// <summary>How good each canvas is to the refiner, in nats.</summary>
    public abstract float[] Measure(IReadOnlyList<Canvas> canvases);

    /// <summary>
    /// Which repairs, made together, lower the score: by default the measure of their canvas, what their priors add, and what <see cref="Heard"/> adds.
    /// </summary>
    /// <param name="canvases">The canvases as they are.</param>
    /// <param name="step">What was proposed.</param>
    /// <param name="repairs">The repairs that would be made, in text order; of a canvas all or none.</param>
    /// <param name="pass">The pass.</param>
    /// <returns>Groups of repairs whose score falls.</returns>
    public virtual IEnumerable<IReadOnlyList<Repair>> Fallen(IReadOnlyList<Canvas> canvases, Step step, IReadOnlyList<Repair> repairs, PassContext pass)
    {
        var groups = repairs.GroupBy(repair => repair.Canvas).Select(group => group.OrderBy(repair => repair.First).ToList()).ToList();
        if (groups.Count == 0) return [];
        var after = Measure([.. groups.Select(group => canvases[group[0].Canvas].With(group))]);
        var heard = Heard(repairs, pass);
        return groups.Where((group, i) => !(after[i] - step.Measures[group[0].Canvas] + group.Sum(repair => repair.Prior) + heard[group[0].Canvas].Sum() >= -Guard.Tolerance));
    }

    /// <summary>What a second judge adds to the score where repairs are made, in nats, by canvas.</summary>
    protected virtual ILookup<int, double> Heard(IReadOnlyList<Repair> repairs, PassContext pass) => Array.Empty<double>().ToLookup(_ => 0);
}

/// <summary>What a strategy has to know of the pass that it works in.</summary>
/// <param name="Text">The text as it stands now.</param>
/// <param name="Share">Largest share of a canvas's words to remask.</param>
/// <param name="Limits">Which changes the caller allows, and what they are worth to the caller.</param>
/// <param name="Forced">Places that are remasked whatever their score.</param>
internal sealed record PassContext(string Text, double Share, CallerLimits Limits, IReadOnlySet<int> Forced);

/// <summary>What the caller allows and favours.</summary>
internal sealed class CallerLimits(ReviseOptions options)
{
    private IReadOnlyList<(int End, int Growth)> _shifts = [];

    /// <summary>What the caller adds to a change's gain: minus infinity where it is not allowed.</summary>
    public double Bias(string text, TextSpan span, string after, EditKind kind)
    {
        if (options.Constraints.Any(constraint => !constraint.Allows(ToInput(span), after))) return double.NegativeInfinity;
        return options.Attribute?.Invoke(new Steering.ProposedChange(text, span, after, kind)) ?? 0;
    }

    /// <summary>Remembers how the current text differs from the input, on which constraints are placed.</summary>
    public void Shift(IReadOnlyList<Edit> editsOfInput)
    {
        var growth = 0;
        _shifts = [.. editsOfInput.Select(edit => (edit.Span.End + (growth += edit.After.Length - edit.Span.Length), growth))];
    }

    private TextSpan ToInput(TextSpan span)
    {
        var growth = _shifts.LastOrDefault(shift => shift.End <= span.Start).Growth;
        return span with { Start = span.Start - growth };
    }
}
