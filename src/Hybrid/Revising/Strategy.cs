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
internal sealed record Repair(int Canvas, int First, int Count, TextSpan Span, string After, EditKind Kind, double Gain);

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

    /// <summary>Whether a change wins by so much that no measure of its window need be taken.</summary>
    public virtual bool IsCertain(Repair repair) => false;

    /// <summary>How good each canvas is by the strategy's own measure, in nats: no revision may lower it.</summary>
    public abstract float[] Measure(IReadOnlyList<Canvas> canvases);
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
