namespace HybridGen.Drafting;

/// <summary>What <c>value.name</c> and <c>value[key]</c> are.</summary>
internal static class Members
{
    // What would change a list or dictionary; transformers refuses these too.
    private static readonly HashSet<string> Changing = ["append", "extend", "insert", "remove", "clear", "pop", "popitem", "setdefault", "update", "sort", "reverse"];

    /// <summary><c>value.name</c>: Python's attribute, else the item of that name.</summary>
    public static TemplateValue Attribute(TemplateValue value, string name) => Own(value, name) ?? (value is TemplateValue.Mapping mapping ? mapping.Find(name) : null) ?? Missing(value, name);

    /// <summary><c>value[key]</c>: the item, else Python's attribute of that name.</summary>
    public static TemplateValue Item(TemplateValue value, TemplateValue key) => (value, key) switch
    {
        (TemplateValue.Undefined undefined, _) => throw new ChatTemplateException($"'{undefined.What}' is undefined."),
        (TemplateValue.Mapping mapping, _) when mapping.Find(key) is { } item => item,
        (TemplateValue.Sequence sequence, _) when Operators.Whole(key) is { } place => At(sequence.Items, place) ?? Missing(value, $"{place}"),
        (TemplateValue.Text text, _) when Operators.Whole(key) is { } place => (TemplateValue?)Character(text.Marked, place) ?? Missing(value, $"{place}"),
        (_, TemplateValue.Text name) => Own(value, name.Value) ?? Missing(value, name.Value),
        _ => Missing(value, "the item"),
    };

    /// <summary><c>value[from:to:step]</c>.</summary>
    public static TemplateValue Slice(TemplateValue value, long? from, long? to, long? step, TemplateBudget budget) => Sequences.Slice(value, from, to, step, budget);

    private static TemplateValue? Own(TemplateValue value, string name) => value switch
    {
        TemplateValue.Undefined undefined => throw new ChatTemplateException($"'{undefined.What}' is undefined, so it has no '{name}'."),
        TemplateValue.Space space => space.Attributes.GetValueOrDefault(name),
        TemplateValue.Loop loop => Loop(loop, name),
        TemplateValue.Text text => TextMethods.Exists(name) ? Method(name, call => TextMethods.Call(text.Marked, call)) : null,
        TemplateValue.Mapping or TemplateValue.Sequence when Changing.Contains(name) && (value is TemplateValue.Sequence || name is not ("append" or "extend" or "insert" or "remove" or "sort" or "reverse")) => Method(name, _ => throw new ChatTemplateException($"{name}() would change a value; only a namespace can be changed.")),
        TemplateValue.Mapping mapping => OfMapping(mapping, name),
        TemplateValue.Sequence sequence => OfSequence(sequence, name),
        _ => null,
    };

    private static TemplateValue.Function? OfMapping(TemplateValue.Mapping mapping, string name) => name switch
    {
        "items" => Method(name, _ => TemplateValue.List(mapping.Pairs.Select(pair => TemplateValue.Tuple(pair.Key, pair.Value)))),
        "keys" => Method(name, _ => TemplateValue.List(mapping.Pairs.Select(pair => pair.Key))),
        "values" => Method(name, _ => TemplateValue.List(mapping.Pairs.Select(pair => pair.Value))),
        "get" => Method(name, call => mapping.Find(call.Need(0, "key")) ?? call.Find(1, "default") ?? TemplateValue.None.Value),
        "copy" => Method(name, _ => mapping),
        _ => null,
    };

    private static TemplateValue.Function? OfSequence(TemplateValue.Sequence sequence, string name) => name switch
    {
        "count" => Method(name, call => new TemplateValue.Integer(sequence.Items.Count(item => Operators.AreEqual(item, call.Need(0, "value"))))),
        "index" => Method(name, call => Place(sequence, call.Need(0, "value"))),
        "copy" => Method(name, _ => sequence),
        _ => null,
    };

    private static TemplateValue? Loop(TemplateValue.Loop loop, string name) => name switch
    {
        "index" => new TemplateValue.Integer(loop.Place + 1),
        "index0" => new TemplateValue.Integer(loop.Place),
        "revindex" => new TemplateValue.Integer(loop.Items.Count - loop.Place),
        "revindex0" => new TemplateValue.Integer(loop.Items.Count - loop.Place - 1),
        "first" => TemplateValue.Of(loop.Place == 0),
        "last" => TemplateValue.Of(loop.Place == loop.Items.Count - 1),
        "length" => new TemplateValue.Integer(loop.Items.Count),
        // Jinja counts only loops that call themselves.
        "depth" => new TemplateValue.Integer(1),
        "depth0" => new TemplateValue.Integer(0),
        "previtem" => loop.Place > 0 ? loop.Items[loop.Place - 1] : new TemplateValue.Undefined("there is no previous item"),
        "nextitem" => loop.Place < loop.Items.Count - 1 ? loop.Items[loop.Place + 1] : new TemplateValue.Undefined("there is no next item"),
        "cycle" => Method(name, call => call.Positional.Count > 0 ? call.Positional[loop.Place % call.Positional.Count] : throw new ChatTemplateException("cycle() needs values.")),
        _ => null,
    };

    private static TemplateValue.Function Method(string name, Func<TemplateCall, TemplateValue> call) => new(name, call);

    private static TemplateValue.Undefined Missing(TemplateValue value, string name) => new(value is TemplateValue.Mapping or TemplateValue.Space ? name : $"{name} of a value of type '{value.TypeName}'");

    private static TemplateValue? At(IReadOnlyList<TemplateValue> items, long place)
    {
        var at = place < 0 ? place + items.Count : place;
        return at >= 0 && at < items.Count ? items[(int)at] : null;
    }

    private static TemplateValue.Text? Character(MarkedText text, long place)
    {
        var count = Sequences.Length(text.Value);
        var at = place < 0 ? place + count : place;
        if (at < 0 || at >= count) return null;
        var offset = Sequences.Offset(text.Value, (int)at);
        return new TemplateValue.Text(text.Slice(offset, char.IsHighSurrogate(text.Value[offset]) && offset + 1 < text.Length ? 2 : 1));
    }

    private static TemplateValue.Integer Place(TemplateValue.Sequence sequence, TemplateValue value)
    {
        for (var i = 0; i < sequence.Items.Count; i++)
            if (Operators.AreEqual(sequence.Items[i], value)) return new TemplateValue.Integer(i);
        throw new ChatTemplateException("index() did not find the value in the list.");
    }
}
