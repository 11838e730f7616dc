using System.Globalization;

namespace HybridGen.Drafting;

/// <summary>Python's two ways to fill in a text: <c>'%s' % value</c> and <c>'{}'.format(value)</c>, without widths and alignments.</summary>
internal static class TextFormat
{
    /// <summary><c>format % values</c>.</summary>
    public static TemplateValue.Text Percent(MarkedText format, TemplateValue values, TemplateBudget budget)
    {
        IReadOnlyList<TemplateValue> given = values is TemplateValue.Sequence { IsTuple: true } tuple ? tuple.Items : [values];
        var (text, at, next) = (new MarkedTextBuilder(budget), 0, 0);
        for (int sign; (sign = format.Value.IndexOf('%', at)) >= 0; at = sign + 2)
        {
            text.Append(format.Slice(at, sign - at));
            var kind = sign + 1 < format.Length ? format.Value[sign + 1] : ' ';
            if (kind == '%') text.Append("%");
            else if (next < given.Count) text.Append(Converted(kind, given[next++], budget));
            else throw new ChatTemplateException("there are fewer values than the format asks for.");
        }

        if (next < given.Count && values is not TemplateValue.Mapping) throw new ChatTemplateException("there are more values than the format asks for.");
        return new TemplateValue.Text(text.Append(format.Slice(at, format.Length - at)).Build());
    }

    /// <summary><c>format.format(values)</c>.</summary>
    public static MarkedText Braces(MarkedText format, TemplateCall call)
    {
        var (text, at, next) = (new MarkedTextBuilder(call.Budget), 0, 0);
        for (int sign; (sign = format.Value.AsSpan(at).IndexOfAny('{', '}')) >= 0;)
        {
            sign += at;
            text.Append(format.Slice(at, sign - at));
            if (sign + 1 < format.Length && format.Value[sign + 1] == format.Value[sign])
            {
                text.Append(format.Slice(sign, 1));
                at = sign + 2;
                continue;
            }

            var end = format.Value[sign] == '{' ? format.Value.IndexOf('}', sign) : -1;
            if (end < 0) throw new ChatTemplateException("a single brace in the text of format().");
            text.Append(PythonText.Str(Field(format.Value[(sign + 1)..end], call, ref next), call.Budget));
            at = end + 1;
        }

        return text.Append(format.Slice(at, format.Length - at)).Build();
    }

    private static TemplateValue Field(string field, TemplateCall call, ref int next)
    {
        if (field.Length == 0) return call.Find(next++, "") ?? throw new ChatTemplateException("format() has fewer values than its text asks for.");
        var value = int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? call.Find(place, field) : call.Named.GetValueOrDefault(field);
        return value ?? throw new ChatTemplateException($"format() has no value for '{{{field}}}', or does not know this kind of field.");
    }

    private static MarkedText Converted(char kind, TemplateValue value, TemplateBudget budget) => kind switch
    {
        's' => PythonText.Str(value, budget),
        'r' => PythonText.Repr(value, budget),
        'd' or 'i' when Operators.Number(value) is { } number => MarkedText.Of(((long)number).ToString(CultureInfo.InvariantCulture)),
        'f' when Operators.Number(value) is { } number => MarkedText.Of(number.ToString("F6", CultureInfo.InvariantCulture)),
        _ => throw new ChatTemplateException($"'%{kind}' is not supported, or not for {Operators.Described(value)}."),
    };
}
