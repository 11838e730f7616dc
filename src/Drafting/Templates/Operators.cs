using System.Runtime.CompilerServices;

namespace HybridGen.Drafting;

/// <summary>Python's operators.</summary>
internal static class Operators
{
    public static bool IsTrue(TemplateValue value) => value switch
    {
        TemplateValue.None or TemplateValue.Undefined => false,
        TemplateValue.Truth truth => truth.Value,
        TemplateValue.Integer number => number.Value != 0,
        TemplateValue.Real number => number.Value != 0,
        TemplateValue.Text text => text.Value.Length > 0,
        TemplateValue.Sequence sequence => sequence.Items.Count > 0,
        TemplateValue.Mapping mapping => mapping.Pairs.Count > 0,
        _ => true,
    };

    /// <summary>Whether two values are equal; where their characters come from does not matter.</summary>
    public static bool AreEqual(TemplateValue left, TemplateValue right)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return (left, right) switch
        {
            (TemplateValue.Text a, TemplateValue.Text b) => a.Value == b.Value,
            (TemplateValue.Sequence a, TemplateValue.Sequence b) => a.IsTuple == b.IsTuple && a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(pair => AreEqual(pair.First, pair.Second)),
            (TemplateValue.Mapping a, TemplateValue.Mapping b) => a.Pairs.Count == b.Pairs.Count && a.Pairs.All(pair => b.Find(pair.Key) is { } other && AreEqual(pair.Value, other)),
            (TemplateValue.Undefined, TemplateValue.Undefined) => true,
            _ when Whole(left) is { } a && Whole(right) is { } b => a == b,
            _ when Number(left) is { } a && Number(right) is { } b => a == b,
            _ => ReferenceEquals(left, right),
        };
    }

    /// <summary>Which of two values comes first.</summary>
    /// <exception cref="ChatTemplateException">They cannot be compared.</exception>
    public static int Compare(TemplateValue left, TemplateValue right)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (Whole(left) is { } a && Whole(right) is { } b) return a.CompareTo(b);
        if (Number(left) is { } x && Number(right) is { } y) return x.CompareTo(y);
        return (left, right) switch
        {
            (TemplateValue.Text one, TemplateValue.Text other) => string.CompareOrdinal(one.Value, other.Value),
            (TemplateValue.Sequence one, TemplateValue.Sequence other) when one.IsTuple == other.IsTuple => CompareItems(one.Items, other.Items),
            _ => throw new ChatTemplateException($"{Described(left)} and {Described(right)} cannot be compared."),
        };
    }

    public static bool Contains(TemplateValue container, TemplateValue value) => container switch
    {
        TemplateValue.Text text => value is TemplateValue.Text part ? text.Value.Contains(part.Value, StringComparison.Ordinal) : throw new ChatTemplateException($"only a string can be in a string, not {Described(value)}."),
        TemplateValue.Sequence sequence => sequence.Items.Any(item => AreEqual(item, value)),
        TemplateValue.Mapping mapping => mapping.Find(value) is not null,
        TemplateValue.Undefined => false,
        _ => throw new ChatTemplateException($"nothing can be in {Described(container)}."),
    };

    public static TemplateValue Binary(string sign, TemplateValue left, TemplateValue right, TemplateBudget budget) => (sign, left, right) switch
    {
        ("~", _, _) => Join(PythonText.Str(left, budget), PythonText.Str(right, budget), budget),
        ("+", TemplateValue.Text a, TemplateValue.Text b) => Join(a.Marked, b.Marked, budget),
        ("+", TemplateValue.Sequence a, TemplateValue.Sequence b) when a.IsTuple == b.IsTuple => Concat(a, b, budget),
        ("*", TemplateValue.Text a, _) when Whole(right) is { } times => Repeat(a.Marked, times, budget),
        ("*", _, TemplateValue.Text b) when Whole(left) is { } times => Repeat(b.Marked, times, budget),
        ("*", TemplateValue.Sequence a, _) when Whole(right) is { } times => Repeat(a, times, budget),
        ("%", TemplateValue.Text format, _) => TextFormat.Percent(format.Marked, right, budget),
        _ => Arithmetic(sign, left, right),
    };

    public static TemplateValue Negate(TemplateValue value) => value switch
    {
        TemplateValue.Real number => new TemplateValue.Real(-number.Value),
        _ => new TemplateValue.Integer(-(Whole(value) ?? throw new ChatTemplateException($"{Described(value)} has no sign."))),
    };

    /// <summary>A whole number, or the truth as 0 or 1.</summary>
    public static long? Whole(TemplateValue value) => value switch
    {
        TemplateValue.Integer number => number.Value,
        TemplateValue.Truth truth => truth.Value ? 1 : 0,
        _ => null,
    };

    public static double? Number(TemplateValue value) => value is TemplateValue.Real number ? number.Value : Whole(value);

    /// <summary>A value as messages name it.</summary>
    public static string Described(TemplateValue value) => value is TemplateValue.Undefined undefined ? $"'{undefined.What}', which is undefined" : $"a value of type '{value.TypeName}'";

    private static int CompareItems(IReadOnlyList<TemplateValue> left, IReadOnlyList<TemplateValue> right)
    {
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
            if (!AreEqual(left[i], right[i])) return Compare(left[i], right[i]);
        return left.Count.CompareTo(right.Count);
    }

    private static TemplateValue Arithmetic(string sign, TemplateValue left, TemplateValue right)
    {
        try
        {
            if (Whole(left) is { } a && Whole(right) is { } b && sign != "/" && !(sign == "**" && b < 0)) return new TemplateValue.Integer(Whole(sign, a, b));
            if (Number(left) is { } x && Number(right) is { } y) return new TemplateValue.Real(Real(sign, x, y));
        }
        catch (OverflowException failure)
        {
            throw new ChatTemplateException("this number is too large.", failure);
        }

        throw new ChatTemplateException($"'{sign}' cannot be applied to {Described(left)} and {Described(right)}.");
    }

    private static long Whole(string sign, long a, long b) => checked(sign switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "//" => b == 0 ? throw DivisionByZero() : (a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
        "%" => b == 0 ? throw DivisionByZero() : b == -1 ? 0 : ((a % b) + b) % b,
        _ => Power(a, b),
    });

    private static long Power(long number, long exponent)
    {
        var result = 1L;
        if (number is 0 or 1 or -1) return exponent == 0 ? 1 : number == -1 && exponent % 2 == 0 ? 1 : number;
        for (; exponent > 0; exponent--) result = checked(result * number);
        return result;
    }

    private static double Real(string sign, double a, double b) => sign switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => b == 0 ? throw DivisionByZero() : a / b,
        "//" => b == 0 ? throw DivisionByZero() : Math.Floor(a / b),
        "%" => b == 0 ? throw DivisionByZero() : a - (Math.Floor(a / b) * b),
        _ => Math.Pow(a, b),
    };

    private static ChatTemplateException DivisionByZero() => new("division by zero.");

    private static TemplateValue.Text Join(MarkedText left, MarkedText right, TemplateBudget budget) => new(new MarkedTextBuilder(budget).Append(left).Append(right).Build());

    private static TemplateValue.Sequence Concat(TemplateValue.Sequence left, TemplateValue.Sequence right, TemplateBudget budget)
    {
        budget.Spend(left.Items.Count + right.Items.Count);
        return new TemplateValue.Sequence([.. left.Items, .. right.Items], left.IsTuple);
    }

    private static TemplateValue.Text Repeat(MarkedText text, long times, TemplateBudget budget)
    {
        TemplateBudget.Check((long)(text.Length * (double)Math.Max(0, times)));
        var repeated = new MarkedTextBuilder(budget);
        for (var i = 0L; i < times && text.Length > 0; i++) repeated.Append(text);
        return new TemplateValue.Text(repeated.Build());
    }

    private static TemplateValue.Sequence Repeat(TemplateValue.Sequence sequence, long times, TemplateBudget budget)
    {
        var count = sequence.Items.Count * (double)Math.Max(0, times);
        TemplateBudget.Check((long)count);
        budget.Spend((long)count);
        return new TemplateValue.Sequence([.. Enumerable.Repeat(sequence.Items, count == 0 ? 0 : (int)times).SelectMany(items => items)], sequence.IsTuple);
    }
}
