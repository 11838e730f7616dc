using System.Text;

namespace HybridGen.Drafting;

/// <summary>A text of which is known, character by character, what the template wrote and what comes from the conversation.</summary>
internal sealed class MarkedText
{
    private readonly TextSpan[] _written;

    private MarkedText(string value, TextSpan[] written) => (Value, _written) = (value, written);

    /// <summary>The text itself.</summary>
    public string Value { get; }

    public int Length => Value.Length;

    public static MarkedText Empty { get; } = new("", []);

    /// <summary>The parts in order, each wholly the template's or wholly the conversation's.</summary>
    public IEnumerable<TemplateRun> Runs
    {
        get
        {
            var at = 0;
            foreach (var span in _written)
            {
                if (span.Start > at) yield return new TemplateRun(Value[at..span.Start], false);
                yield return new TemplateRun(Value[span.Start..span.End], true);
                at = span.End;
            }

            if (at < Value.Length) yield return new TemplateRun(Value[at..], false);
        }
    }

    /// <summary>A text of one origin.</summary>
    public static MarkedText Of(string value, bool isContent = false) => new(value, isContent && value.Length > 0 ? [new TextSpan(0, value.Length)] : []);

    /// <summary>A text of several parts.</summary>
    public static MarkedText Of(IReadOnlyList<TemplateRun> runs)
    {
        var (at, written) = (0, new List<TextSpan>());
        foreach (var run in runs)
        {
            if (run.IsContent && run.Text.Length > 0) written.Add(new TextSpan(at, run.Text.Length));
            at += run.Text.Length;
        }

        return new(string.Concat(runs.Select(run => run.Text)), [.. written]);
    }

    /// <summary>A text whose spans are the conversation's; they are in order, apart from each other, and not empty.</summary>
    internal static MarkedText Of(string value, TextSpan[] written) => new(value, written);

    public MarkedText Slice(int start, int length)
    {
        if (start == 0 && length == Value.Length) return this;
        var end = start + length;
        var kept = from span in _written
                   where span.Start < end && span.End > start
                   select TextSpan.Between(Math.Max(span.Start, start) - start, Math.Min(span.End, end) - start);
        return new MarkedText(Value.Substring(start, length), _written.Length == 0 || length == 0 ? [] : [.. kept]);
    }

    /// <summary>The same text in other letters; <paramref name="change"/> keeps each one's place.</summary>
    public MarkedText Map(Func<string, string> change)
    {
        var changed = change(Value);
        return changed.Length == Value.Length ? new MarkedText(changed, _written) : Of(changed, _written.Length > 0);
    }

    public override string ToString() => Value;
}

/// <summary>Joins marked texts.</summary>
/// <param name="budget">Pays for every character.</param>
internal sealed class MarkedTextBuilder(TemplateBudget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<TextSpan> _written = [];

    public int Length => _text.Length;

    public MarkedTextBuilder Append(MarkedText text)
    {
        foreach (var run in text.Runs) Append(run.Text, run.IsContent);
        return this;
    }

    public MarkedTextBuilder Append(string text, bool isContent = false)
    {
        if (text.Length == 0) return this;
        budget.Write(_text.Length + text.Length, text.Length);
        if (isContent) Mark(text.Length);
        _text.Append(text);
        return this;
    }

    public MarkedText Build() => MarkedText.Of(_text.ToString(), [.. _written]);

    private void Mark(int length)
    {
        if (_written.Count > 0 && _written[^1].End == _text.Length) _written[^1] = _written[^1] with { Length = _written[^1].Length + length };
        else _written.Add(new TextSpan(_text.Length, length));
    }
}

/// <summary>A part of a rendered template.</summary>
/// <param name="Text">The part.</param>
/// <param name="IsContent">Whether it comes from the conversation, not from the template.</param>
internal readonly record struct TemplateRun(string Text, bool IsContent);
