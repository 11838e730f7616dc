using System.Text;
using HybridGen.Drafting;

namespace HybridGen.Editing;

/// <summary>Joins the edits of passes that follow each other into one log whose places are those of the first input.</summary>
internal static class EditLog
{
    /// <summary>The edits that do at once what <paramref name="first"/> and then <paramref name="second"/> do.</summary>
    /// <param name="input">The text before <paramref name="first"/>.</param>
    /// <param name="middle">The text after <paramref name="first"/>.</param>
    /// <param name="first">Edits of <paramref name="input"/>, in order.</param>
    /// <param name="second">Edits of <paramref name="middle"/>, in order.</param>
    /// <returns>Edits of <paramref name="input"/>; where edits of both overlap they are one, and none where the second undoes the first.</returns>
    public static IReadOnlyList<Edit> Compose(string input, string middle, IReadOnlyList<Edit> first, IReadOnlyList<Edit> second)
    {
        if (first.Count == 0) return second;
        if (second.Count == 0) return first;
        var composed = new List<Edit>(first.Count + second.Count);
        for (int i = 0, j = 0, shift = 0; i < first.Count || j < second.Count;)
        {
            var group = new Group(Math.Min(i < first.Count ? first[i].Span.Start + shift : int.MaxValue, j < second.Count ? second[j].Span.Start : int.MaxValue), shift);
            while (true)
            {
                if (i < first.Count && group.Touches(first[i].Span.Start + shift)) shift += group.AddFirst(first[i++], shift);
                else if (j < second.Count && group.Touches(second[j].Span.Start)) group.AddSecond(second[j++], middle);
                else break;
            }

            if (group.Join(input, middle, shift) is { } edit) composed.Add(edit);
        }

        return composed;
    }

    /// <summary>Where a span of the output lies in the input; null where an edit wrote it, or a part of it.</summary>
    /// <param name="edits">Edits of the input, in order.</param>
    /// <param name="span">A span of the output, not empty.</param>
    public static TextSpan? InInput(IReadOnlyList<Edit> edits, TextSpan span)
    {
        var growth = 0;
        foreach (var edit in edits.TakeWhile(edit => edit.Span.Start + growth < span.End))
        {
            if (edit.Span.Start + growth + edit.After.Length > span.Start) return null;
            growth += edit.After.Length - edit.Span.Length;
        }

        return span with { Start = span.Start - growth };
    }

    /// <summary>Edits of both passes that overlap, from a place of the middle text on.</summary>
    private sealed class Group
    {
        private readonly StringBuilder _after = new();
        private readonly int _start;
        private readonly int _shift;
        private int _end;
        private int _copied;
        private double _gain;
        private Edit? _last;

        public Group(int start, int shift) => (_start, _end, _copied, _shift) = (start, start, start, shift);

        public bool Touches(int place) => place == _start || place < _end;

        /// <summary>Adds an edit that made a part of the middle text; returns by how much it moved what follows.</summary>
        public int AddFirst(Edit edit, int shiftBefore)
        {
            Add(edit, edit.Span.Start + shiftBefore + edit.After.Length);
            return edit.After.Length - edit.Span.Length;
        }

        /// <summary>Adds an edit of the middle text.</summary>
        public void AddSecond(Edit edit, string middle)
        {
            _after.Append(middle, _copied, edit.Span.Start - _copied).Append(edit.After);
            _copied = edit.Span.End;
            Add(edit, edit.Span.End);
        }

        public Edit? Join(string input, string middle, int shiftAfter)
        {
            var span = new TextSpan(_start - _shift, _end - shiftAfter - (_start - _shift));
            var after = _after.Append(middle, _copied, _end - _copied).ToString();
            var before = span.Of(input).ToString();
            return before == after ? null : _last! with { Span = span, Before = before, After = after, Gain = _gain };
        }

        private void Add(Edit edit, int end)
        {
            _last = edit;
            _gain += edit.Gain;
            _end = Math.Max(_end, end);
        }
    }
}
