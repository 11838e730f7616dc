namespace HybridGen.Drafting;

/// <summary>What stands after <c>is</c>.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, Func<TemplateValue, TemplateCall, bool>> All = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not TemplateValue.Undefined,
        ["undefined"] = (value, _) => value is TemplateValue.Undefined,
        ["none"] = (value, _) => value is TemplateValue.None,
        ["string"] = (value, _) => value is TemplateValue.Text,
        ["mapping"] = (value, _) => value is TemplateValue.Mapping,
        ["sequence"] = (value, _) => value is TemplateValue.Sequence or TemplateValue.Text or TemplateValue.Mapping or TemplateValue.Undefined,
        ["iterable"] = (value, _) => value is TemplateValue.Sequence or TemplateValue.Text or TemplateValue.Mapping or TemplateValue.Undefined,
        ["number"] = (value, _) => Operators.Number(value) is not null,
        ["integer"] = (value, _) => value is TemplateValue.Integer,
        ["float"] = (value, _) => value is TemplateValue.Real,
        ["boolean"] = (value, _) => value is TemplateValue.Truth,
        ["true"] = (value, _) => value is TemplateValue.Truth { Value: true },
        ["false"] = (value, _) => value is TemplateValue.Truth { Value: false },
        ["callable"] = (value, _) => value is TemplateValue.Function,
        ["even"] = (value, call) => Remainder(value, 2, call) == 0,
        ["odd"] = (value, call) => Remainder(value, 2, call) == 1,
        ["divisibleby"] = (value, call) => Remainder(value, call.FindInteger(1, "num") ?? 0, call) == 0,
        ["in"] = (value, call) => Operators.Contains(call.Need(1, "seq"), value),
        ["eq"] = (value, call) => Operators.AreEqual(value, call.Need(1, "other")),
        ["ne"] = (value, call) => !Operators.AreEqual(value, call.Need(1, "other")),
        ["lt"] = (value, call) => Operators.Compare(value, call.Need(1, "other")) < 0,
        ["le"] = (value, call) => Operators.Compare(value, call.Need(1, "other")) <= 0,
        ["gt"] = (value, call) => Operators.Compare(value, call.Need(1, "other")) > 0,
        ["ge"] = (value, call) => Operators.Compare(value, call.Need(1, "other")) >= 0,
        ["sameas"] = (value, call) => ReferenceEquals(value, call.Need(1, "other")),
        ["lower"] = (value, call) => PythonText.Str(value, call.Budget).Value is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["upper"] = (value, call) => PythonText.Str(value, call.Budget).Value is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["filter"] = (value, _) => value is TemplateValue.Text text && TemplateFilters.Exists(text.Value),
        ["test"] = (value, _) => value is TemplateValue.Text text && All!.ContainsKey(text.Value),
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["equalto"] = "eq",
        ["=="] = "eq",
        ["!="] = "ne",
        ["lessthan"] = "lt",
        ["<"] = "lt",
        ["<="] = "le",
        ["greaterthan"] = "gt",
        [">"] = "gt",
        [">="] = "ge",
    };

    /// <summary>Whether a test holds.</summary>
    /// <param name="name">The test.</param>
    /// <param name="call">The value, then the test's own arguments.</param>
    public static bool Holds(string name, TemplateCall call) => All.TryGetValue(OtherNames.GetValueOrDefault(name, name), out var test)
        ? test(call.Positional[0], call)
        : throw new ChatTemplateException($"the test '{name}' is unknown.");

    private static long Remainder(TemplateValue value, long by, TemplateCall call) => Operators.Whole(value) is { } number && by != 0
        ? by == -1 ? 0 : ((number % by) + by) % by
        : throw new ChatTemplateException($"the test '{call.Name}' is for whole numbers, and not by 0; it was given {Operators.Described(value)}.");
}
