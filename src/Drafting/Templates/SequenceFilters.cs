namespace HybridGen.Drafting;

/// <summary>The filters that work on lists and dictionaries.</summary>
internal static class SequenceFilters
{
    private static readonly Dictionary<string, Func<IReadOnlyList<TemplateValue>, TemplateCall, TemplateValue>> All = new(StringComparer.Ordinal)
    {
        ["first"] = (items, _) => items.Count > 0 ? items[0] : new TemplateValue.Undefined("the first item of an empty list"),
        ["last"] = (items, _) => items.Count > 0 ? items[^1] : new TemplateValue.Undefined("the last item of an empty list"),
        ["list"] = (items, _) => TemplateValue.List(items),
        ["reverse"] = (items, call) => call.Positional[0] is TemplateValue.Text text ? Sequences.Slice(text, null, null, -1, call.Budget) : TemplateValue.List(items.Reverse()),
        ["join"] = (items, call) => new TemplateValue.Text(TextMethods.Join(PythonText.Str(call.Find(1, "d") ?? TemplateValue.Of(""), call.Budget), Attributes(items, call, 2), call.Budget, isStrict: false)),
        ["map"] = (items, call) => TemplateValue.List(items.Select(item => Map(item, call))),
        ["select"] = (items, call) => TemplateValue.List(items.Where(item => Holds(item, call.Rest(1)))),
        ["reject"] = (items, call) => TemplateValue.List(items.Where(item => !Holds(item, call.Rest(1)))),
        ["selectattr"] = (items, call) => TemplateValue.List(items.Where(item => Holds(Attribute(item, call.Need(1, "attribute")), call.Rest(2)))),
        ["rejectattr"] = (items, call) => TemplateValue.List(items.Where(item => !Holds(Attribute(item, call.Need(1, "attribute")), call.Rest(2)))),
        ["sort"] = (items, call) => TemplateValue.List(Sorted(items, call, 3, call.IsTrue(1, "reverse"), call.IsTrue(2, "case_sensitive"))),
        ["unique"] = (items, call) => TemplateValue.List(Unique(items, call)),
        ["min"] = (items, call) => Sorted(items, call, 2, isReversed: false, call.IsTrue(1, "case_sensitive")).FirstOrDefault() ?? new TemplateValue.Undefined("the least item of an empty list"),
        ["max"] = (items, call) => Sorted(items, call, 2, isReversed: true, call.IsTrue(1, "case_sensitive")).FirstOrDefault() ?? new TemplateValue.Undefined("the greatest item of an empty list"),
        ["sum"] = (items, call) => Attributes(items, call, 1).Aggregate(call.Find(2, "start") ?? new TemplateValue.Integer(0), (sum, item) => Operators.Binary("+", sum, item, call.Budget)),
        ["batch"] = (items, call) => TemplateValue.List(items.Chunk((int)Math.Clamp(call.FindInteger(1, "linecount") ?? 1, 1, int.MaxValue)).Select(TemplateValue.List)),
        ["items"] = (_, call) => Pairs(call.Positional[0]),
        ["dictsort"] = (_, call) => DictSort(call),
        ["attr"] = (_, call) => Members.Attribute(call.Positional[0], call.NeedText(1, "name").Value),
    };

    public static bool Exists(string name) => All.ContainsKey(name);

    public static TemplateValue Apply(string name, TemplateCall call) => All[name](name switch
    {
        "items" or "dictsort" or "attr" => [],
        // Jinja lets these pass nothing at all, and templates rely on it where there are no tools.
        "map" or "select" or "reject" or "selectattr" or "rejectattr" when !Operators.IsTrue(call.Positional[0]) => [],
        _ => Sequences.Items(call.Positional[0], call.Budget),
    }, call);

    private static IReadOnlyList<TemplateValue> Attributes(IReadOnlyList<TemplateValue> items, TemplateCall call, int place) =>
        call.Find(place, "attribute") is { } attribute and not TemplateValue.None ? [.. items.Select(item => Attribute(item, attribute))] : items;

    /// <summary>An attribute of an attribute is named with dots, an item by its number.</summary>
    private static TemplateValue Attribute(TemplateValue value, TemplateValue attribute)
    {
        if (attribute is not TemplateValue.Text path) return Members.Item(value, attribute);
        foreach (var part in path.Value.Split('.')) value = Members.Item(value, int.TryParse(part, out var place) ? new TemplateValue.Integer(place) : TemplateValue.Of(part));
        return value;
    }

    private static TemplateValue Map(TemplateValue item, TemplateCall call)
    {
        call.Budget.Spend();
        if (call.Named.GetValueOrDefault("attribute") is not { } attribute)
            return TemplateFilters.Apply(call.NeedText(1, "filter").Value, call.Rest(2) with { Name = call.NeedText(1, "filter").Value, Positional = [item, .. call.Positional.Skip(2)] });
        var value = Attribute(item, attribute);
        return value is TemplateValue.Undefined && call.Named.GetValueOrDefault("default") is { } usual ? usual : value;
    }

    /// <summary>Whether a test holds, the call's first argument; without one, whether the value is true.</summary>
    private static bool Holds(TemplateValue value, TemplateCall call)
    {
        call.Budget.Spend();
        if (call.Positional.Count == 0) return Operators.IsTrue(value);
        var test = call.NeedText(0, "test").Value;
        return TemplateTests.Holds(test, call with { Name = test, Positional = [value, .. call.Positional.Skip(1)] });
    }

    private static IEnumerable<TemplateValue> Sorted(IReadOnlyList<TemplateValue> items, TemplateCall call, int place, bool isReversed, bool isCaseSensitive)
    {
        call.Budget.Spend(items.Count * 8L);
        var comparer = Comparer<TemplateValue>.Create(Operators.Compare);
        var keys = Attributes(items, call, place).Select(key => Folded(key, isCaseSensitive)).Zip(items);
        try
        {
            return [.. (isReversed ? keys.OrderByDescending(pair => pair.First, comparer) : keys.OrderBy(pair => pair.First, comparer)).Select(pair => pair.Second)];
        }
        catch (InvalidOperationException failure) when (failure.InnerException is ChatTemplateException cause)
        {
            throw new ChatTemplateException(cause.Message, failure);
        }
    }

    private static IEnumerable<TemplateValue> Unique(IReadOnlyList<TemplateValue> items, TemplateCall call)
    {
        var seen = new TemplateValue.Mapping();
        var keys = Attributes(items, call, 2);
        for (var i = 0; i < items.Count; i++)
        {
            var key = Folded(keys[i], call.IsTrue(1, "case_sensitive"));
            if (seen.Find(key) is not null) continue;
            seen.Add(key, items[i]);
            yield return items[i];
        }
    }

    private static TemplateValue Folded(TemplateValue key, bool isCaseSensitive) => !isCaseSensitive && key is TemplateValue.Text text ? new TemplateValue.Text(text.Marked.Map(value => value.ToLowerInvariant())) : key;

    private static TemplateValue.Sequence Pairs(TemplateValue value) => value switch
    {
        TemplateValue.Mapping mapping => TemplateValue.List(mapping.Pairs.Select(pair => TemplateValue.Tuple(pair.Key, pair.Value))),
        TemplateValue.Undefined => TemplateValue.List([]),
        _ => throw new ChatTemplateException($"only a dictionary has items, not {Operators.Described(value)}."),
    };

    private static TemplateValue.Sequence DictSort(TemplateCall call)
    {
        if (call.Positional[0] is not TemplateValue.Mapping mapping) throw new ChatTemplateException($"only a dictionary can be sorted by dictsort, not {Operators.Described(call.Positional[0])}.");
        var place = new TemplateValue.Integer(call.Find(2, "by") is TemplateValue.Text { Value: "value" } ? 1 : 0);
        var named = new Dictionary<string, TemplateValue> { ["attribute"] = place };
        return TemplateValue.List(Sorted(Pairs(mapping).Items, call with { Positional = [mapping], Named = named }, 9, call.IsTrue(3, "reverse"), call.IsTrue(1, "case_sensitive")));
    }
}
