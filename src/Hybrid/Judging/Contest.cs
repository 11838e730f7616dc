using HybridGen.Drafting;
using HybridGen.Editing;

namespace HybridGen.Judging;

/// <summary>What a word could be, where that came from, and by how much the refiner prefers it to the word as it is, in nats.</summary>
internal readonly record struct DoubtedForm(string Text, EditKind Kind, double Gain);

/// <summary>A word that may have to be another.</summary>
/// <param name="Span">Where it lies in the text.</param>
/// <param name="Forms">What it could be, best first; at least one.</param>
/// <param name="IsSure">Whether the refiner alone would write the best form.</param>
/// <param name="IsSettled">Whether that is the end of it: the drafter has no say.</param>
internal sealed record DoubtedWord(TextSpan Span, IReadOnlyList<DoubtedForm> Forms, bool IsSure, bool IsSettled);

/// <summary>What becomes of a doubted word.</summary>
/// <param name="Form">Which of its forms replaces it.</param>
/// <param name="Score">Its score, in nats; where the drafter could not turn the decision, the refiner's gain alone.</param>
internal readonly record struct Verdict(int Form, double Score);

/// <summary>The forms of a doubted word, which compete with each other and with the draft's word; that is form 0.</summary>
internal sealed class Contest
{
    /// <summary>A drafter's log-ratios stay below this for each change, in nats: where more were needed it is not asked, and more does not count.</summary>
    public const double MostLogRatio = 14;

    private readonly double _weight;
    private readonly double[] _advantages;
    private readonly double[] _logRatios;

    public Contest(DoubtedWord word, int mostForms, double weight, double minGain)
    {
        (Word, _weight, Base) = (word, weight, word.IsSure ? 1 : 0);
        // The draft's word starts with what a change must at least be worth.
        _advantages = [minGain, .. word.Forms.Take(mostForms).Select(form => form.Gain)];
        _logRatios = new double[_advantages.Length];
    }

    public DoubtedWord Word { get; }

    /// <summary>The form that stands in the text while others are compared with it.</summary>
    public int Base { get; }

    /// <summary>A form as it is written.</summary>
    public string Write(int form, string text) => form == 0 ? Word.Span.Of(text).ToString() : Word.Forms[form - 1].Text;

    /// <summary>The forms that would win if the drafter spoke for them, and the log-ratio to the base from which on they would.</summary>
    public IEnumerable<(int Form, double Least)> Rivals()
    {
        if (Word.IsSettled) yield break;
        for (var form = 0; form < _advantages.Length; form++)
        {
            var least = (_advantages[Base] - _advantages[form]) / _weight;
            if (form != Base && least < MostLogRatio) yield return (form, least);
        }
    }

    /// <summary>Takes in what the drafter says of a form: log p(text with it) - log p(text with the base).</summary>
    public void Hear(int form, double logRatio) => _logRatios[form] = logRatio;

    /// <summary>The form that wins; null where the draft's word does.</summary>
    public Verdict? Decide()
    {
        if (Word.IsSettled) return Word.IsSure ? new Verdict(0, Word.Forms[0].Gain) : null;
        var best = 0;
        for (var form = 1; form < _advantages.Length; form++)
            if (Score(form) > Score(best)) best = form;
        return best == 0 ? null : new Verdict(best - 1, Score(best) - _weight * _logRatios[0]);
    }

    private double Score(int form) => _advantages[form] + _weight * _logRatios[form];
}
