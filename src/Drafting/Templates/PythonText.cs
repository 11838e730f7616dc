using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace HybridGen.Drafting;

/// <summary>Values as Python writes them.</summary>
internal static class PythonText
{
    /// <summary>Whether Python takes a character for white space.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    /// <summary>What <c>{{ value }}</c> prints.</summary>
    public static MarkedText Str(TemplateValue value, TemplateBudget budget) => value switch
    {
        TemplateValue.Text text => text.Marked,
        TemplateValue.Undefined => MarkedText.Empty,
        _ => Repr(value, budget),
    };

    /// <summary>A value as it is written in Python.</summary>
    public static MarkedText Repr(TemplateValue value, TemplateBudget budget)
    {
        var text = new MarkedTextBuilder(budget);
        Write(text, value);
        return text.Build();
    }

    /// <summary>A number with a fraction or exponent: the shortest digits that give it back.</summary>
    public static string Real(double value)
    {
        if (!double.IsFinite(value)) return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var digits = 0; digits < 17; digits++)
        {
            shortest = value.ToString($"E{digits}", CultureInfo.InvariantCulture);
            if (double.Parse(shortest, CultureInfo.InvariantCulture) == value) break;
        }

        var (mantissa, exponent) = (shortest[..shortest.IndexOf('E', StringComparison.Ordinal)], int.Parse(shortest.AsSpan(shortest.IndexOf('E', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture));
        return exponent is < -4 or >= 16 ? $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}" : Plain(mantissa, exponent);
    }

    private static string Plain(string mantissa, int exponent)
    {
        var sign = mantissa.StartsWith('-') ? "-" : "";
        var digits = mantissa.TrimStart('-').Replace(".", "", StringComparison.Ordinal);
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 2, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static void Write(MarkedTextBuilder text, TemplateValue value)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (value)
        {
            case TemplateValue.None: text.Append("None"); break;
            case TemplateValue.Undefined: text.Append("Undefined"); break;
            case TemplateValue.Truth truth: text.Append(truth.Value ? "True" : "False"); break;
            case TemplateValue.Integer number: text.Append(number.Value.ToString(CultureInfo.InvariantCulture)); break;
            case TemplateValue.Real number: text.Append(Real(number.Value)); break;
            case TemplateValue.Text marked: WriteQuoted(text, marked.Marked); break;
            case TemplateValue.Sequence sequence: WriteSequence(text, sequence); break;
            case TemplateValue.Mapping mapping: WriteMapping(text, mapping); break;
            default: text.Append($"<{value.TypeName}>"); break;
        }
    }

    private static void WriteSequence(MarkedTextBuilder text, TemplateValue.Sequence sequence)
    {
        text.Append(sequence.IsTuple ? "(" : "[");
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (i > 0) text.Append(", ");
            Write(text, sequence.Items[i]);
        }

        text.Append(!sequence.IsTuple ? "]" : sequence.Items.Count == 1 ? ",)" : ")");
    }

    private static void WriteMapping(MarkedTextBuilder text, TemplateValue.Mapping mapping)
    {
        text.Append("{");
        for (var i = 0; i < mapping.Pairs.Count; i++)
        {
            if (i > 0) text.Append(", ");
            Write(text, mapping.Pairs[i].Key);
            text.Append(": ");
            Write(text, mapping.Pairs[i].Value);
        }

        text.Append("}");
    }

    private static void WriteQuoted(MarkedTextBuilder text, MarkedText marked)
    {
        var quote = marked.Value.Contains('\'', StringComparison.Ordinal) && !marked.Value.Contains('"', StringComparison.Ordinal) ? "\"" : "'";
        text.Append(quote);
        foreach (var run in marked.Runs) text.Append(Escape(run.Text, quote[0]), run.IsContent);
        text.Append(quote);
    }

    private static string Escape(string part, char quote)
    {
        var escaped = new StringBuilder(part.Length);
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] == quote || part[i] == '\\') escaped.Append('\\').Append(part[i]);
            else if (part[i] is '\n' or '\r' or '\t') escaped.Append(part[i] switch { '\n' => "\\n", '\r' => "\\r", _ => "\\t" });
            else if (char.IsHighSurrogate(part[i]) && i + 1 < part.Length && char.IsLowSurrogate(part[i + 1])) escaped.Append(part[i]).Append(part[++i]);
            else if (part[i] < ' ' || part[i] is >= '\x7f' and <= '\xa0' or '\xad') escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)part[i]:x2}");
            else if (IsUnprintable(part[i])) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)part[i]:x4}");
            else escaped.Append(part[i]);
        }

        return escaped.ToString();
    }

    private static bool IsUnprintable(char character) => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || (character != ' ' && char.GetUnicodeCategory(character) == UnicodeCategory.SpaceSeparator);
}
