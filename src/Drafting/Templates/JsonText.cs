using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace HybridGen.Drafting;

/// <summary>Values as JSON, written as Python's <c>json.dumps</c> writes them and as transformers' <c>tojson</c> calls it; and JSON as values.</summary>
/// <param name="budget">Pays for every character.</param>
/// <param name="indent">What an inner line begins with, once for each depth; <see langword="null"/> for all on one line.</param>
/// <param name="separators">Between items, and between a key and its value.</param>
/// <param name="isAscii">Whether other characters are escaped.</param>
/// <param name="isSorted">Whether keys are sorted.</param>
internal sealed class JsonText(TemplateBudget budget, string? indent, (MarkedText Item, MarkedText Key) separators, bool isAscii, bool isSorted)
{
    private readonly MarkedTextBuilder _text = new(budget);

    /// <summary>The filter <c>tojson</c>.</summary>
    public static TemplateValue Filter(TemplateCall call)
    {
        var indent = call.Find(2, "indent") switch
        {
            null or TemplateValue.None => null,
            TemplateValue.Text text => text.Value,
            _ => new string(' ', (int)Math.Clamp(call.FindInteger(2, "indent") ?? 0, 0, 100)),
        };
        var separators = call.Find(3, "separators") switch
        {
            null or TemplateValue.None => (MarkedText.Of(indent is null ? ", " : ","), MarkedText.Of(": ")),
            TemplateValue.Sequence { Items: [TemplateValue.Text item, TemplateValue.Text key] } => (item.Marked, key.Marked),
            _ => throw new ChatTemplateException("the separators of tojson() are two strings."),
        };
        var json = new JsonText(call.Budget, indent, separators, call.IsTrue(1, "ensure_ascii"), call.IsTrue(4, "sort_keys"));
        json.Write(call.Need(0, "value"), 0);
        return new TemplateValue.Text(json._text.Build());
    }

    /// <summary>JSON as a value; its strings come from the conversation.</summary>
    public static TemplateValue Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().Aggregate(new TemplateValue.Mapping(), (mapping, pair) => mapping.Add(TemplateValue.Of(pair.Name, isContent: true), Value(pair.Value))),
        JsonValueKind.Array => TemplateValue.List(json.EnumerateArray().Select(Value)),
        JsonValueKind.String => TemplateValue.Of(json.GetString()!, isContent: true),
        JsonValueKind.Number => json.TryGetInt64(out var whole) && !json.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? new TemplateValue.Integer(whole) : new TemplateValue.Real(json.GetDouble()),
        JsonValueKind.True or JsonValueKind.False => TemplateValue.Of(json.GetBoolean()),
        _ => TemplateValue.None.Value,
    };

    private void Write(TemplateValue value, int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (value)
        {
            case TemplateValue.None: _text.Append("null"); break;
            case TemplateValue.Truth truth: _text.Append(truth.Value ? "true" : "false"); break;
            case TemplateValue.Integer number: _text.Append(number.Value.ToString(CultureInfo.InvariantCulture)); break;
            case TemplateValue.Real number: _text.Append(Real(number.Value)); break;
            case TemplateValue.Text text: WriteString(text.Marked); break;
            case TemplateValue.Sequence sequence: WriteAll("[", "]", sequence.Items, depth, item => Write(item, depth + 1)); break;
            case TemplateValue.Mapping mapping: WriteAll("{", "}", Ordered(mapping), depth, pair => WritePair(pair, depth + 1)); break;
            default: throw new ChatTemplateException($"a value of type '{value.TypeName}' cannot be written as JSON{(value is TemplateValue.Undefined undefined ? $": '{undefined.What}' is undefined" : "")}.");
        }
    }

    private IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> Ordered(TemplateValue.Mapping mapping) =>
        isSorted ? [.. mapping.Pairs.Order(Comparer<KeyValuePair<TemplateValue, TemplateValue>>.Create((left, right) => Operators.Compare(left.Key, right.Key)))] : mapping.Pairs;

    private void WriteAll<T>(string begin, string end, IReadOnlyList<T> items, int depth, Action<T> write)
    {
        _text.Append(begin);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) _text.Append(separators.Item);
            WriteLine(depth + 1);
            write(items[i]);
        }

        if (items.Count > 0) WriteLine(depth);
        _text.Append(end);
    }

    private void WriteLine(int depth)
    {
        if (indent is not null) _text.Append("\n" + string.Concat(Enumerable.Repeat(indent, depth)));
    }

    private void WritePair(KeyValuePair<TemplateValue, TemplateValue> pair, int depth)
    {
        if (pair.Key is TemplateValue.Text text) WriteString(text.Marked);
        else
        {
            _text.Append("\"");
            Write(pair.Key is TemplateValue.Sequence ? throw new ChatTemplateException("a tuple cannot be a key in JSON.") : pair.Key, depth);
            _text.Append("\"");
        }

        _text.Append(separators.Key);
        Write(pair.Value, depth);
    }

    private void WriteString(MarkedText text)
    {
        _text.Append("\"");
        foreach (var run in text.Runs) _text.Append(Escape(run.Text), run.IsContent);
        _text.Append("\"");
    }

    private string Escape(string part)
    {
        var escaped = new StringBuilder(part.Length);
        foreach (var character in part)
        {
            var known = "\"\\\n\r\t\b\f".IndexOf(character, StringComparison.Ordinal);
            if (known >= 0) escaped.Append('\\').Append("\"\\nrtbf"[known]);
            else if (character < ' ' || (isAscii && character > '~')) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else escaped.Append(character);
        }

        return escaped.ToString();
    }

    private static string Real(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity" : PythonText.Real(value);
}
