namespace HybridGen.Drafting;

/// <summary>What can be gone through item by item, and cut.</summary>
internal static class Sequences
{
    /// <summary>The items of a value; the keys of a dictionary, the characters of a string.</summary>
    /// <exception cref="ChatTemplateException">It has none.</exception>
    public static IReadOnlyList<TemplateValue> Items(TemplateValue value, TemplateBudget budget)
    {
        budget.Spend(Cost(value));
        return value switch
        {
            TemplateValue.Sequence sequence => sequence.Items,
            TemplateValue.Mapping mapping => [.. mapping.Pairs.Select(pair => pair.Key)],
            TemplateValue.Text text => Characters(text.Marked, budget),
            TemplateValue.Undefined => [],
            _ => throw new ChatTemplateException($"{Operators.Described(value)} has no items to go through."),
        };
    }

    /// <summary>Steps that it takes to look at a value once.</summary>
    public static long Cost(TemplateValue value) => value switch
    {
        TemplateValue.Text text => text.Value.Length / 16,
        TemplateValue.Sequence sequence => sequence.Items.Count / 4,
        TemplateValue.Mapping mapping => mapping.Pairs.Count / 4,
        _ => 0,
    };

    /// <summary>How many characters a string has, as Python counts: a surrogate pair is one.</summary>
    public static int Length(string text)
    {
        var length = text.Length;
        for (var i = 1; i < text.Length; i++)
            if (IsPair(text, i - 1)) length--;
        return length;
    }

    /// <summary>Where a character of a string stands.</summary>
    public static int Offset(string text, int character)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff')) return character;
        var offset = 0;
        for (; character > 0; character--) offset += IsPair(text, offset) ? 2 : 1;
        return offset;
    }

    /// <summary>Python's slice.</summary>
    public static TemplateValue Slice(TemplateValue value, long? from, long? to, long? step, TemplateBudget budget)
    {
        if (step == 0) throw new ChatTemplateException("a slice's step cannot be 0.");
        budget.Spend(Cost(value));
        switch (value)
        {
            case TemplateValue.Text text when step is null or 1:
                var (start, end) = Bounds(Length(text.Value), from, to);
                var (first, last) = (Offset(text.Value, start), Offset(text.Value, Math.Max(start, end)));
                return new TemplateValue.Text(text.Marked.Slice(first, last - first));
            case TemplateValue.Text text:
                var joined = new MarkedTextBuilder(budget);
                foreach (var item in Taken(Characters(text.Marked, budget), from, to, step.Value)) joined.Append(((TemplateValue.Text)item).Marked);
                return new TemplateValue.Text(joined.Build());
            case TemplateValue.Sequence sequence:
                return new TemplateValue.Sequence([.. Taken(sequence.Items, from, to, step ?? 1)], sequence.IsTuple);
            case TemplateValue.Undefined undefined:
                throw new ChatTemplateException($"'{undefined.What}' is undefined.");
            default:
                return new TemplateValue.Undefined("the slice");
        }
    }

    /// <summary>The characters of a string, each a string.</summary>
    private static List<TemplateValue> Characters(MarkedText text, TemplateBudget budget)
    {
        budget.Spend(text.Length);
        var characters = new List<TemplateValue>(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = IsPair(text.Value, at) ? 2 : 1;
            characters.Add(new TemplateValue.Text(text.Slice(at, length)));
            at += length;
        }

        return characters;
    }

    private static IEnumerable<TemplateValue> Taken(IReadOnlyList<TemplateValue> items, long? from, long? to, long step)
    {
        var (start, end) = step > 0 ? Bounds(items.Count, from, to) : BoundsBackward(items.Count, from, to);
        for (long at = start; step > 0 ? at < end : at > end; at += step) yield return items[(int)at];
    }

    private static (int Start, int End) Bounds(int count, long? from, long? to) => (Bound(from ?? 0, count, 0, count), Bound(to ?? count, count, 0, count));

    private static (int Start, int End) BoundsBackward(int count, long? from, long? to) =>
        (from is { } start ? Bound(start, count, -1, count - 1) : count - 1, to is { } end ? Bound(end, count, -1, count - 1) : -1);

    private static int Bound(long bound, int count, int least, int most) => (int)Math.Clamp(bound < 0 ? bound + count : bound, least, most);

    private static bool IsPair(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
}
