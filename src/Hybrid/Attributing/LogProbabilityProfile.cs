using HybridGen.Drafting;

namespace HybridGen.Attributing;

/// <summary>The log-probability of a text, laid out over its UTF-16 units, so that any other cut of the text can be asked for its part of it.</summary>
/// <remarks>
/// A token gives every unit of its span the same share. A token without text, which begins a character that a later token completes, gives what it has to
/// that next token with a text; at the end of a text, to the last one. A unit's share goes in equal parts to all parts that cover it, and where none does, to the
/// next part in the text, as a space belongs to the word behind it, or after the last part to that one. So the parts' sum is always the tokens' sum, and for parts
/// that tile the text: log p(part) = sum over tokens of log p(token) * |part and token| / |token|.
/// </remarks>
internal sealed class LogProbabilityProfile
{
    private readonly double[] _units;

    /// <summary>Lays out the tokens of a text.</summary>
    /// <param name="length">Length of the text in UTF-16 units; the tokens of an empty text are lost.</param>
    /// <param name="tokens">Spans in order, and natural log-probabilities; spans may share characters.</param>
    public LogProbabilityProfile(int length, IEnumerable<(TextSpan Span, float LogProbability)> tokens)
    {
        _units = new double[length];
        var (waiting, last) = (0d, default(TextSpan));
        foreach (var (span, logProbability) in tokens)
        {
            waiting += logProbability;
            if (span.Length == 0) continue;
            Add(span, waiting);
            (waiting, last) = (0, span);
        }

        Add(last, waiting);
    }

    /// <summary>A profile of a draft.</summary>
    public LogProbabilityProfile(Draft draft) : this(draft.Text.Length, draft.Tokens.Select(token => (token.Span, token.LogProbability ?? throw new ArgumentException("The draft has tokens whose log-probability is not known.", nameof(draft))))) { }

    /// <summary>The log-probability of the whole text.</summary>
    public double Total => _units.Sum();

    /// <summary>The log-probability of a part.</summary>
    public double Of(TextSpan part) => _units.AsSpan(part.Start, part.Length).ToArray().Sum();

    /// <summary>The log-probabilities of parts.</summary>
    /// <param name="parts">Spans of the text in order; they may leave characters out, or share them as the tokens of one character do.</param>
    public double[] Onto(IReadOnlyList<TextSpan> parts)
    {
        var covering = new int[_units.Length];
        foreach (var part in parts)
            for (var unit = part.Start; unit < part.End; unit++) covering[unit]++;
        var shares = new double[parts.Count];
        for (var i = 0; i < parts.Count; i++)
            for (var unit = parts[i].Start; unit < parts[i].End; unit++) shares[i] += _units[unit] / covering[unit];
        if (parts.Count > 0) AddUncovered(parts, covering, shares);
        return shares;
    }

    private void AddUncovered(IReadOnlyList<TextSpan> parts, int[] covering, double[] shares)
    {
        for (int unit = 0, next = 0; unit < _units.Length; unit++)
        {
            while (next < parts.Count - 1 && parts[next].Start <= unit) next++;
            if (covering[unit] == 0) shares[next] += _units[unit];
        }
    }

    private void Add(TextSpan span, double logProbability)
    {
        for (var unit = span.Start; unit < span.End; unit++) _units[unit] += logProbability / span.Length;
    }
}
