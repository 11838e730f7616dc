using System.Globalization;
using System.Runtime.CompilerServices;

namespace HybridGen.Drafting;

/// <summary>Reads the expressions of a template, with Jinja's precedences.</summary>
internal sealed class ExpressionParser(TemplateTokens tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", ">", "<=", ">="];

    /// <summary>Whether a name stands for a value that cannot be assigned.</summary>
    public static bool IsLiteral(string name) => name is "true" or "false" or "none" or "True" or "False" or "None";

    public TemplateExpression Parse()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var value = ParseOr();
        while (tokens.IsName("if"))
        {
            var place = tokens.Take().Place;
            var condition = ParseOr();
            value = new TemplateExpression.Conditional(place, condition, value, tokens.TakeName("else") ? Parse() : null);
        }

        return value;
    }

    /// <summary>One expression, or several with commas between them, which are a tuple.</summary>
    /// <param name="isConditional">Whether an <c>if</c> belongs to the expression.</param>
    public TemplateExpression ParseTuple(bool isConditional = true)
    {
        var place = tokens.Current.Place;
        var first = isConditional ? Parse() : ParseOr();
        if (!tokens.IsSign(",")) return first;
        var items = new List<TemplateExpression> { first };
        while (tokens.TakeSign(",") && !IsTupleEnd()) items.Add(isConditional ? Parse() : ParseOr());
        return new TemplateExpression.List(place, items, IsTuple: true);
    }

    /// <summary>Filters that are applied to a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isFirst">Whether the first one has no bar before it.</param>
    public TemplateExpression ParseFilters(TemplateExpression value, bool isFirst = false)
    {
        while (isFirst || tokens.TakeSign("|"))
        {
            isFirst = false;
            var name = tokens.ExpectName("a filter's name");
            var arguments = tokens.IsSign("(") ? ParseArguments() : TemplateArguments.None;
            value = new TemplateExpression.Filter(name.Place, value, name.Text, arguments);
        }

        return value;
    }

    private bool IsTupleEnd() => tokens.Current.Kind is TemplateTokenKind.PrintEnd or TemplateTokenKind.TagEnd || tokens.IsSign(")");

    private TemplateExpression ParseOr()
    {
        var left = ParseAnd();
        while (tokens.IsName("or")) left = new TemplateExpression.Binary(tokens.Take().Place, "or", left, ParseAnd());
        return left;
    }

    private TemplateExpression ParseAnd()
    {
        var left = ParseNot();
        while (tokens.IsName("and")) left = new TemplateExpression.Binary(tokens.Take().Place, "and", left, ParseNot());
        return left;
    }

    private TemplateExpression ParseNot()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return tokens.IsName("not") ? new TemplateExpression.Unary(tokens.Take().Place, "not", ParseNot()) : ParseComparison();
    }

    private TemplateExpression ParseComparison()
    {
        var first = ParseSum();
        var others = new List<(string, TemplateExpression)>();
        for (var place = tokens.Current.Place; ;)
        {
            if (tokens.Current.Kind == TemplateTokenKind.Sign && Comparisons.Contains(tokens.Current.Text)) others.Add((tokens.Take().Text, ParseSum()));
            else if (tokens.TakeName("in")) others.Add(("in", ParseSum()));
            else if (tokens.IsName("not") && tokens.Following is { Kind: TemplateTokenKind.Name, Text: "in" })
            {
                tokens.Take();
                tokens.Take();
                others.Add(("not in", ParseSum()));
            }
            else return others.Count == 0 ? first : new TemplateExpression.Comparison(place, first, others);
        }
    }

    private TemplateExpression ParseSum() => ParseLeft(ParseJoin, "+", "-");

    private TemplateExpression ParseJoin() => ParseLeft(ParseProduct, "~");

    private TemplateExpression ParseProduct() => ParseLeft(ParsePower, "*", "/", "//", "%");

    private TemplateExpression ParsePower() => ParseLeft(() => ParseUnary(), "**");

    private TemplateExpression ParseLeft(Func<TemplateExpression> operand, params string[] signs)
    {
        var left = operand();
        while (tokens.Current.Kind == TemplateTokenKind.Sign && signs.Contains(tokens.Current.Text))
        {
            var sign = tokens.Take();
            left = new TemplateExpression.Binary(sign.Place, sign.Text, left, operand());
        }

        return left;
    }

    private TemplateExpression ParseUnary(bool hasFilters = true)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var value = ParsePostfix(tokens.IsSign("-") || tokens.IsSign("+") ? ParseSigned(tokens.Take()) : ParsePrimary());
        return hasFilters ? ParseFiltersAndTests(value) : value;
    }

    private TemplateExpression.Unary ParseSigned(TemplateToken sign) => new(sign.Place, sign.Text, ParseUnary(hasFilters: false));

    private TemplateExpression ParsePrimary()
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case TemplateTokenKind.Name:
                tokens.Take();
                return IsLiteral(token.Text) ? new TemplateExpression.Constant(token.Place, Literal(token.Text)) : new TemplateExpression.Name(token.Place, token.Text);
            case TemplateTokenKind.String:
                return new TemplateExpression.Constant(token.Place, TemplateValue.Of(ParseStrings()));
            case TemplateTokenKind.Number:
                tokens.Take();
                return new TemplateExpression.Constant(token.Place, Number(token));
            case TemplateTokenKind.Sign when token.Text == "(":
                return ParseParentheses();
            case TemplateTokenKind.Sign when token.Text == "[":
                tokens.Take();
                return new TemplateExpression.List(token.Place, ParseItems("]"), IsTuple: false);
            case TemplateTokenKind.Sign when token.Text == "{":
                return ParseDictionary();
            default:
                throw tokens.Unexpected("an expression");
        }
    }

    /// <summary>Strings that stand beside each other are one.</summary>
    private string ParseStrings()
    {
        var text = "";
        while (tokens.Current.Kind == TemplateTokenKind.String) text += tokens.Take().Text;
        return text;
    }

    private TemplateExpression ParseParentheses()
    {
        var place = tokens.Take().Place;
        var value = tokens.IsSign(")") ? new TemplateExpression.List(place, [], IsTuple: true) : ParseTuple();
        tokens.ExpectSign(")");
        return value;
    }

    private List<TemplateExpression> ParseItems(string end)
    {
        var items = new List<TemplateExpression>();
        while (!tokens.TakeSign(end))
        {
            if (items.Count > 0) tokens.ExpectSign(",");
            if (tokens.TakeSign(end)) break;
            items.Add(Parse());
        }

        return items;
    }

    private TemplateExpression.Dictionary ParseDictionary()
    {
        var (place, pairs) = (tokens.Take().Place, new List<(TemplateExpression, TemplateExpression)>());
        while (!tokens.TakeSign("}"))
        {
            if (pairs.Count > 0) tokens.ExpectSign(",");
            if (tokens.TakeSign("}")) break;
            var key = Parse();
            tokens.ExpectSign(":");
            pairs.Add((key, Parse()));
        }

        return new TemplateExpression.Dictionary(place, pairs);
    }

    private TemplateExpression ParsePostfix(TemplateExpression value)
    {
        while (true)
        {
            if (tokens.IsSign(".")) value = ParseMember(value);
            else if (tokens.IsSign("[")) value = ParseSubscript(value);
            else if (tokens.IsSign("(")) value = new TemplateExpression.Call(tokens.Current.Place, value, ParseArguments());
            else return value;
        }
    }

    private TemplateExpression ParseMember(TemplateExpression value)
    {
        var place = tokens.Take().Place;
        if (tokens.Current.Kind == TemplateTokenKind.Number) return new TemplateExpression.Item(place, value, new TemplateExpression.Constant(place, Number(tokens.Take())));
        return new TemplateExpression.Attribute(place, value, tokens.ExpectName("an attribute's name").Text);
    }

    private TemplateExpression ParseSubscript(TemplateExpression value)
    {
        var place = tokens.Take().Place;
        var from = tokens.IsSign(":") ? null : Parse();
        if (from is not null && tokens.TakeSign("]")) return new TemplateExpression.Item(place, value, from);
        tokens.ExpectSign(":");
        var to = tokens.IsSign(":") || tokens.IsSign("]") ? null : Parse();
        var step = tokens.TakeSign(":") && !tokens.IsSign("]") ? Parse() : null;
        tokens.ExpectSign("]");
        return new TemplateExpression.Slice(place, value, from, to, step);
    }

    private TemplateArguments ParseArguments()
    {
        tokens.Take();
        var (positional, named) = (new List<TemplateExpression>(), new List<(string, TemplateExpression)>());
        while (!tokens.TakeSign(")"))
        {
            if (positional.Count + named.Count > 0) tokens.ExpectSign(",");
            if (tokens.TakeSign(")")) break;
            if (tokens.IsSign("*") || tokens.IsSign("**")) throw tokens.Wrong("arguments from a list or dictionary ('*', '**') are not supported.");
            if (tokens.Current.Kind == TemplateTokenKind.Name && tokens.Following is { Kind: TemplateTokenKind.Sign, Text: "=" })
            {
                var name = tokens.Take().Text;
                tokens.Take();
                named.Add((name, Parse()));
            }
            else positional.Add(named.Count == 0 ? Parse() : throw tokens.Wrong("an argument without a name after one with a name."));
        }

        return new TemplateArguments(positional, named);
    }

    private TemplateExpression ParseFiltersAndTests(TemplateExpression value)
    {
        while (true)
        {
            if (tokens.IsSign("|")) value = ParseFilters(value);
            else if (tokens.IsName("is")) value = ParseTest(value);
            else if (tokens.IsSign("(")) value = new TemplateExpression.Call(tokens.Current.Place, value, ParseArguments());
            else return value;
        }
    }

    private TemplateExpression ParseTest(TemplateExpression value)
    {
        var place = tokens.Take().Place;
        var isNegated = tokens.TakeName("not");
        var name = tokens.ExpectName("a test's name");
        var test = new TemplateExpression.Test(name.Place, value, name.Text, ParseTestArguments());
        return isNegated ? new TemplateExpression.Unary(place, "not", test) : test;
    }

    private TemplateArguments ParseTestArguments()
    {
        if (tokens.IsSign("(")) return ParseArguments();
        var token = tokens.Current;
        var begins = token.Kind is TemplateTokenKind.String or TemplateTokenKind.Number || tokens.IsSign("[") || tokens.IsSign("{")
            || (token.Kind == TemplateTokenKind.Name && token.Text is not ("else" or "or" or "and" or "if"));
        if (!begins) return TemplateArguments.None;
        return token.Text == "is" ? throw tokens.Wrong("tests cannot be chained with 'is'.") : new TemplateArguments([ParsePostfix(ParsePrimary())], []);
    }

    private TemplateValue Number(TemplateToken token)
    {
        if (long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)) return new TemplateValue.Integer(whole);
        return token.Text.AsSpan().ContainsAny('.', 'e', 'E')
            ? new TemplateValue.Real(double.Parse(token.Text, CultureInfo.InvariantCulture))
            : throw tokens.Wrong($"the number {token.Text} is too large.", token.Place);
    }

    private static TemplateValue Literal(string name) => name switch
    {
        "true" or "True" => TemplateValue.Truth.True,
        "false" or "False" => TemplateValue.Truth.False,
        _ => TemplateValue.None.Value,
    };
}
