using System.Globalization;
using System.Text.RegularExpressions;

namespace HybridGen.Drafting;

/// <summary>What stands after a bar: Jinja's filters, as far as chat templates use them.</summary>
internal static partial class TemplateFilters
{
    private static readonly Dictionary<string, Func<TemplateValue, TemplateCall, TemplateValue>> All = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, call) => Text(TextMethods.Strip(Str(value, call), call, start: true, end: true, place: 1)),
        ["upper"] = (value, call) => Text(Str(value, call).Map(text => text.ToUpperInvariant())),
        ["lower"] = (value, call) => Text(Str(value, call).Map(text => text.ToLowerInvariant())),
        ["capitalize"] = (value, call) => Text(Str(value, call).Map(TextMethods.Capitalize)),
        ["title"] = (value, call) => Text(Str(value, call).Map(text => Word().Replace(text, word => TextMethods.Capitalize(word.Value)))),
        ["string"] = (value, call) => Text(Str(value, call)),
        ["safe"] = (value, call) => Text(Str(value, call)),
        ["replace"] = (value, call) => Text(TextMethods.Replace(Str(value, call), Str(call.Need(1, "old"), call).Value, Str(call.Need(2, "new"), call), call.FindInteger(3, "count") ?? -1, call.Budget)),
        ["indent"] = (value, call) => Text(Indent(Str(value, call), call)),
        ["center"] = (value, call) => TextMethods.Call(Str(value, call), call.Rest(1)),
        ["format"] = (value, call) => TextFormat.Percent(Str(value, call), new TemplateValue.Sequence(call.Rest(1).Positional, isTuple: true), call.Budget),
        ["wordcount"] = (value, call) => new TemplateValue.Integer(Word().Count(Str(value, call).Value)),
        ["escape"] = (value, call) => Text(Escape(Str(value, call), call.Budget)),
        ["tojson"] = (_, call) => JsonText.Filter(call),
        ["length"] = (value, _) => new TemplateValue.Integer(Length(value)),
        ["default"] = (value, call) => value is TemplateValue.Undefined || (call.IsTrue(2, "boolean") && !Operators.IsTrue(value)) ? call.Find(1, "default_value") ?? TemplateValue.Of("") : value,
        ["int"] = (value, call) => Integer(value) ?? call.Find(1, "default") ?? new TemplateValue.Integer(0),
        ["float"] = (value, call) => Real(value) ?? call.Find(1, "default") ?? new TemplateValue.Real(0),
        ["abs"] = (value, _) => Operators.Compare(value, new TemplateValue.Integer(0)) < 0 ? Operators.Negate(value) : value,
        ["round"] = (value, call) => new TemplateValue.Real(Math.Round(Operators.Number(value) ?? throw new ChatTemplateException($"{Operators.Described(value)} cannot be rounded."), (int)Math.Clamp(call.FindInteger(1, "precision") ?? 0, 0, 15))),
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal) { ["count"] = "length", ["d"] = "default", ["e"] = "escape", ["forceescape"] = "escape" };

    public static bool Exists(string name) => All.ContainsKey(OtherNames.GetValueOrDefault(name, name)) || SequenceFilters.Exists(name);

    /// <summary>Applies a filter.</summary>
    /// <param name="name">The filter.</param>
    /// <param name="call">The value, then the filter's own arguments.</param>
    public static TemplateValue Apply(string name, TemplateCall call)
    {
        if (All.TryGetValue(OtherNames.GetValueOrDefault(name, name), out var filter)) return filter(call.Positional[0], call);
        return SequenceFilters.Exists(name) ? SequenceFilters.Apply(name, call) : throw new ChatTemplateException($"the filter '{name}' is unknown.");
    }

    private static MarkedText Indent(MarkedText text, TemplateCall call)
    {
        var indent = call.Find(1, "width") is TemplateValue.Text given ? given.Marked : MarkedText.Of(new string(' ', (int)Math.Clamp(call.FindInteger(1, "width") ?? 4, 0, 10_000)));
        var (isFirst, isBlank) = (call.IsTrue(2, "first"), call.IsTrue(3, "blank"));
        var indented = new MarkedTextBuilder(call.Budget);
        var lines = TextMethods.Lines(text).ToList();
        if (text.Value.EndsWith('\n') || lines.Count == 0) lines.Add(MarkedText.Empty);
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) indented.Append("\n");
            if (i == 0 ? isFirst : isBlank || lines[i].Length > 0) indented.Append(indent);
            indented.Append(lines[i]);
        }

        return indented.Build();
    }

    private static MarkedText Escape(MarkedText text, TemplateBudget budget)
    {
        var escaped = new MarkedTextBuilder(budget);
        foreach (var run in text.Runs)
            escaped.Append(run.Text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal), run.IsContent);
        return escaped.Build();
    }

    private static long Length(TemplateValue value) => value switch
    {
        TemplateValue.Text text => Sequences.Length(text.Value),
        TemplateValue.Sequence sequence => sequence.Items.Count,
        TemplateValue.Mapping mapping => mapping.Pairs.Count,
        TemplateValue.Undefined => 0,
        _ => throw new ChatTemplateException($"{Operators.Described(value)} has no length."),
    };

    private static TemplateValue.Integer? Integer(TemplateValue value)
    {
        if (value is TemplateValue.Text text && long.TryParse(text.Value.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return new TemplateValue.Integer(whole);
        return Real(value) is { } number && Math.Abs(number.Value) < long.MaxValue ? new TemplateValue.Integer((long)number.Value) : null;
    }

    private static TemplateValue.Real? Real(TemplateValue value)
    {
        if (Operators.Number(value) is { } number) return new TemplateValue.Real(number);
        return value is TemplateValue.Text text && double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var read) ? new TemplateValue.Real(read) : null;
    }

    private static MarkedText Str(TemplateValue value, TemplateCall call) => PythonText.Str(value, call.Budget);

    private static TemplateValue.Text Text(MarkedText text) => new(text);

    [GeneratedRegex(@"[^-\s({\[<]+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
