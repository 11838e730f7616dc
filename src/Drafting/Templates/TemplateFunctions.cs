using System.Globalization;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>The functions that every chat template can call: Jinja's, and those that transformers adds.</summary>
internal static class TemplateFunctions
{
    private const int LongestRange = 100_000;

    /// <summary>Names and functions.</summary>
    /// <param name="time">What <c>strftime_now</c> reads.</param>
    public static TemplateScope All(TimeProvider time)
    {
        var scope = new TemplateScope(null);
        void Add(string name, Func<TemplateCall, TemplateValue> function) => scope.Set(name, new TemplateValue.Function(name, function));
        Add("namespace", Namespace);
        Add("dict", call => call.Named.Aggregate(Copy(call), (mapping, pair) => mapping.Add(pair.Key, pair.Value)));
        Add("range", Range);
        Add("raise_exception", call => throw ChatTemplateException.Refusal(PythonText.Str(call.Need(0, "message"), call.Budget).Value));
        Add("strftime_now", call => TemplateValue.Of(Format(time.GetLocalNow(), call.NeedText(0, "format").Value)));
        return scope;
    }

    private static TemplateValue.Space Namespace(TemplateCall call)
    {
        var space = new TemplateValue.Space();
        foreach (var (key, value) in Copy(call).Pairs) space.Attributes[PythonText.Str(key, call.Budget).Value] = value;
        foreach (var (name, value) in call.Named) space.Attributes[name] = value;
        return space;
    }

    private static TemplateValue.Mapping Copy(TemplateCall call)
    {
        var copy = new TemplateValue.Mapping();
        if (call.Positional.Count == 0) return copy;
        if (call.Positional[0] is TemplateValue.Mapping given) return given.Pairs.Aggregate(copy, (mapping, pair) => mapping.Add(pair.Key, pair.Value));
        foreach (var pair in Sequences.Items(call.Positional[0], call.Budget))
            if (pair is TemplateValue.Sequence { Items: [var key, var value] }) copy.Add(key, value);
            else throw new ChatTemplateException($"{call.Name}() takes a dictionary or pairs.");
        return copy;
    }

    private static TemplateValue.Sequence Range(TemplateCall call)
    {
        long At(int place, string name) => call.FindInteger(place, name) ?? throw new ChatTemplateException("range() needs whole numbers.");
        var (from, to) = call.Positional.Count > 1 ? (At(0, "start"), At(1, "stop")) : (0, At(0, "stop"));
        var step = call.FindInteger(2, "step") ?? 1;
        if (step == 0) throw new ChatTemplateException("the step of range() cannot be 0.");
        var count = Math.Max(0, Math.Ceiling(((double)to - from) / step));
        if (count > LongestRange) throw new ChatTemplateException($"range() gives at most {LongestRange} numbers.");
        call.Budget.Spend((long)count);
        return TemplateValue.List(Enumerable.Range(0, (int)count).Select(i => new TemplateValue.Integer(from + (i * step))));
    }

    /// <summary>Time as C's <c>strftime</c> writes it in English.</summary>
    private static string Format(DateTimeOffset now, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length) text.Append(format[i]);
            else if (format[++i] == '-' && i + 1 < format.Length) text.Append(Field(now, format[++i]).TrimStart('0') is { Length: > 0 } short_ ? short_ : "0");
            else text.Append(Field(now, format[i]));
        }

        return text.ToString();
    }

    private static string Field(DateTimeOffset now, char field)
    {
        string As(string format) => now.ToString(format, CultureInfo.InvariantCulture);
        return field switch
        {
            'Y' => As("yyyy"),
            'y' => As("yy"),
            'm' => As("MM"),
            'B' => As("MMMM"),
            'b' or 'h' => As("MMM"),
            'd' => As("dd"),
            'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'A' => As("dddd"),
            'a' => As("ddd"),
            'H' => As("HH"),
            'I' => As("hh"),
            'M' => As("mm"),
            'S' => As("ss"),
            'f' => As("ffffff"),
            'p' => now.Hour < 12 ? "AM" : "PM",
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'u' => ((((int)now.DayOfWeek + 6) % 7) + 1).ToString(CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'z' or 'Z' => "",
            'F' => As("yyyy-MM-dd"),
            'T' or 'X' => As("HH:mm:ss"),
            'R' => As("HH:mm"),
            'D' or 'x' => As("MM/dd/yy"),
            'c' => $"{As("ddd MMM")} {now.Day,2} {As("HH:mm:ss yyyy")}",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => "%" + field,
        };
    }
}
