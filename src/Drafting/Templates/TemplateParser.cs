namespace HybridGen.Drafting;

/// <summary>Reads the statements of a template.</summary>
/// <remarks>
/// Jinja 3.1 as far as chat templates use it, with the extension tags that transformers adds: <c>break</c>, <c>continue</c> and
/// <c>generation</c>. Not what needs other files or runs in a loop of its own: <c>include</c>, <c>import</c>, <c>extends</c>, <c>block</c>,
/// <c>recursive</c>.
/// </remarks>
internal sealed class TemplateParser
{
    private readonly TemplateTokens _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private TemplateParser(TemplateTokens tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="ChatTemplateException">It is none that can be read.</exception>
    public static TemplateBody Parse(string source)
    {
        var tokens = new TemplateTokens(source);
        try
        {
            return new TemplateParser(tokens).ParseBody(null);
        }
        catch (InsufficientExecutionStackException failure)
        {
            throw tokens.Wrong("too much is nested here.", tokens.Current.Place, failure);
        }
    }

    /// <summary>Reads up to a tag that ends the body, whose name is then the current token.</summary>
    /// <param name="opener">The tag that the body belongs to; <see langword="null"/> for the whole template.</param>
    /// <param name="ends">The names of tags that end it.</param>
    private TemplateBody ParseBody(TemplateToken? opener, params ReadOnlySpan<string> ends)
    {
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        var statements = new List<TemplateStatement>();
        while (_tokens.Current.Kind != TemplateTokenKind.End)
        {
            var token = _tokens.Take();
            if (token.Kind == TemplateTokenKind.Text) statements.Add(new TemplateStatement.Write(token.Place, token.Text));
            else if (token.Kind == TemplateTokenKind.PrintBegin) statements.Add(ParsePrint(token.Place));
            else if (_tokens.Current.Kind == TemplateTokenKind.Name && ends.Contains(_tokens.Current.Text)) return new TemplateBody(statements);
            else statements.AddRange(ParseTag());
        }

        return opener is { } tag ? throw _tokens.Wrong($"this '{tag.Text}' has no '{ends[^1]}'.", tag.Place) : new TemplateBody(statements);
    }

    private TemplateStatement.Print ParsePrint(int place)
    {
        var value = _expressions.ParseTuple();
        _tokens.Expect(TemplateTokenKind.PrintEnd, "'}}'");
        return new TemplateStatement.Print(place, value);
    }

    private IEnumerable<TemplateStatement> ParseTag()
    {
        var tag = _tokens.ExpectName("the name of a tag");
        return tag.Text switch
        {
            "if" => [ParseIf(tag)],
            "for" => [ParseFor(tag)],
            "set" => [ParseSet(tag)],
            "macro" => [ParseMacro(tag)],
            "call" => [ParseCall(tag)],
            "filter" => [ParseFilter(tag)],
            "with" => [ParseWith(tag)],
            "generation" => ParseGeneration(tag),
            "break" => [LoopControl(tag, new TemplateStatement.Break(tag.Place))],
            "continue" => [LoopControl(tag, new TemplateStatement.Continue(tag.Place))],
            _ => throw _tokens.Wrong($"the tag '{tag.Text}' is unknown or cannot stand here.", tag.Place),
        };
    }

    private TemplateStatement.If ParseIf(TemplateToken tag)
    {
        var branches = new List<(TemplateExpression, TemplateBody)>();
        for (var condition = true; condition; condition = _tokens.TakeName("elif"))
        {
            var test = _expressions.ParseTuple(isConditional: false);
            EndTag();
            branches.Add((test, ParseBody(tag, "elif", "else", "endif")));
        }

        return new TemplateStatement.If(tag.Place, branches, ParseElse(tag, "endif"));
    }

    private TemplateBody ParseElse(TemplateToken tag, string end)
    {
        var body = TemplateBody.Empty;
        if (_tokens.TakeName("else"))
        {
            EndTag();
            body = ParseBody(tag, end);
        }

        EndBody(end);
        return body;
    }

    private TemplateStatement.For ParseFor(TemplateToken tag)
    {
        var target = ParseTarget(isNamespace: false);
        if (!_tokens.TakeName("in")) throw _tokens.Unexpected("'in'");
        var over = _expressions.ParseTuple(isConditional: false);
        var only = _tokens.TakeName("if") ? _expressions.Parse() : null;
        if (_tokens.IsName("recursive")) throw _tokens.Wrong("recursive loops are not supported.");
        EndTag();
        _loops++;
        var body = ParseBody(tag, "else", "endfor");
        _loops--;
        return new TemplateStatement.For(tag.Place, target, over, only, body, ParseElse(tag, "endfor"));
    }

    private TemplateStatement ParseSet(TemplateToken tag)
    {
        var target = ParseTarget(isNamespace: true);
        if (_tokens.TakeSign("="))
        {
            var value = _expressions.ParseTuple();
            EndTag();
            return new TemplateStatement.Set(tag.Place, target, value);
        }

        var captured = _expressions.ParseFilters(new TemplateExpression.Name(tag.Place, TemplateBody.Captured));
        EndTag();
        return new TemplateStatement.Capture(tag.Place, target, ParseWhole(tag, "endset"), captured);
    }

    private TemplateStatement.Macro ParseMacro(TemplateToken tag)
    {
        var name = _tokens.ExpectName("the macro's name").Text;
        var parameters = _tokens.IsSign("(") ? ParseParameters() : throw _tokens.Unexpected("'('");
        EndTag();
        return new TemplateStatement.Macro(tag.Place, name, parameters, ParseApart(tag, "endmacro"));
    }

    private TemplateStatement.CallBlock ParseCall(TemplateToken tag)
    {
        var parameters = _tokens.IsSign("(") ? ParseParameters() : [];
        if (_expressions.Parse() is not TemplateExpression.Call call) throw _tokens.Wrong("a 'call' block calls a macro.", tag.Place);
        EndTag();
        return new TemplateStatement.CallBlock(tag.Place, new TemplateStatement.Macro(tag.Place, "caller", parameters, ParseApart(tag, "endcall")), call);
    }

    private List<(string, TemplateExpression?)> ParseParameters()
    {
        var parameters = new List<(string, TemplateExpression?)>();
        _tokens.Take();
        while (!_tokens.TakeSign(")"))
        {
            if (parameters.Count > 0) _tokens.ExpectSign(",");
            var name = _tokens.ExpectName("a parameter's name").Text;
            parameters.Add((name, _tokens.TakeSign("=") ? _expressions.Parse() : null));
        }

        return parameters;
    }

    private TemplateStatement.FilterBlock ParseFilter(TemplateToken tag)
    {
        var filters = _expressions.ParseFilters(new TemplateExpression.Name(tag.Place, TemplateBody.Captured), isFirst: true);
        EndTag();
        return new TemplateStatement.FilterBlock(tag.Place, ParseWhole(tag, "endfilter"), filters);
    }

    private TemplateStatement.With ParseWith(TemplateToken tag)
    {
        var values = new List<(TemplateTarget, TemplateExpression)>();
        while (_tokens.Current.Kind != TemplateTokenKind.TagEnd)
        {
            if (values.Count > 0) _tokens.ExpectSign(",");
            var target = ParseTarget(isNamespace: false);
            _tokens.ExpectSign("=");
            values.Add((target, _expressions.Parse()));
        }

        EndTag();
        return new TemplateStatement.With(tag.Place, values, ParseWhole(tag, "endwith"));
    }

    /// <summary>What the model is trained to write; a rendering shows it like anything else.</summary>
    private IReadOnlyList<TemplateStatement> ParseGeneration(TemplateToken tag)
    {
        EndTag();
        return [new TemplateStatement.With(tag.Place, [], ParseWhole(tag, "endgeneration"))];
    }

    private TemplateStatement LoopControl(TemplateToken tag, TemplateStatement statement)
    {
        if (_loops == 0) throw _tokens.Wrong($"'{tag.Text}' outside of a loop.", tag.Place);
        EndTag();
        return statement;
    }

    private TemplateBody ParseWhole(TemplateToken tag, string end)
    {
        var body = ParseBody(tag, end);
        EndBody(end);
        return body;
    }

    /// <summary>A body that a loop around it does not see.</summary>
    private TemplateBody ParseApart(TemplateToken tag, string end)
    {
        var loops = _loops;
        _loops = 0;
        var body = ParseWhole(tag, end);
        _loops = loops;
        return body;
    }

    private TemplateTarget ParseTarget(bool isNamespace)
    {
        var place = _tokens.Current.Place;
        var targets = new List<TemplateTarget> { ParseOneTarget(isNamespace) };
        if (!_tokens.IsSign(",")) return targets[0];
        while (_tokens.TakeSign(",") && (_tokens.Current.Kind == TemplateTokenKind.Name || _tokens.IsSign("(")) && !_tokens.IsName("in")) targets.Add(ParseOneTarget(isNamespace));
        return new TemplateTarget.Tuple(place, targets);
    }

    private TemplateTarget ParseOneTarget(bool isNamespace)
    {
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        if (_tokens.TakeSign("("))
        {
            var inner = ParseTarget(isNamespace);
            _tokens.ExpectSign(")");
            return inner;
        }

        var name = _tokens.ExpectName("a name to assign to");
        if (ExpressionParser.IsLiteral(name.Text)) throw _tokens.Wrong($"'{name.Text}' cannot be assigned to.", name.Place);
        return isNamespace && _tokens.TakeSign(".")
            ? new TemplateTarget.Member(name.Place, name.Text, _tokens.ExpectName("an attribute's name").Text)
            : new TemplateTarget.Name(name.Place, name.Text);
    }

    private void EndTag() => _tokens.Expect(TemplateTokenKind.TagEnd, "'%}'");

    private void EndBody(string end)
    {
        if (!_tokens.TakeName(end)) throw _tokens.Unexpected($"'{end}'");
        EndTag();
    }
}
