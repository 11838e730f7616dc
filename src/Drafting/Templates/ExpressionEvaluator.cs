using System.Runtime.CompilerServices;

namespace HybridGen.Drafting;

/// <summary>Computes the expressions of a template.</summary>
internal sealed class ExpressionEvaluator(string source, TemplateBudget budget)
{
    /// <summary>The value of an expression.</summary>
    /// <exception cref="ChatTemplateException">It has none; the message says where.</exception>
    public TemplateValue Evaluate(TemplateExpression expression, TemplateScope scope)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        try
        {
            budget.Spend();
            return Compute(expression, scope);
        }
        catch (ChatTemplateException failure) when (failure.Line == 0)
        {
            throw ChatTemplateException.At(source, expression.Place, failure.Message, failure.IsRefusal, failure);
        }
    }

    /// <summary>Calls a macro with what it may call back.</summary>
    public TemplateValue Call(TemplateExpression.Call call, TemplateScope scope, TemplateValue.Function caller)
    {
        var arguments = Arguments(Described(call.Callee), call.Arguments, scope);
        return Call(Evaluate(call.Callee, scope), arguments with { Named = new Dictionary<string, TemplateValue>(arguments.Named) { ["caller"] = caller } });
    }

    private TemplateValue Compute(TemplateExpression expression, TemplateScope scope) => expression switch
    {
        TemplateExpression.Constant constant => constant.Value,
        TemplateExpression.Name name => scope.Find(name.Identifier) ?? new TemplateValue.Undefined(name.Identifier),
        TemplateExpression.List list => new TemplateValue.Sequence([.. list.Items.Select(item => Evaluate(item, scope))], list.IsTuple),
        TemplateExpression.Dictionary dictionary => dictionary.Pairs.Aggregate(new TemplateValue.Mapping(), (mapping, pair) => mapping.Add(Evaluate(pair.Key, scope), Evaluate(pair.Value, scope))),
        TemplateExpression.Unary unary => Unary(unary.Operator, Evaluate(unary.Operand, scope)),
        TemplateExpression.Binary binary => Binary(binary, scope),
        TemplateExpression.Comparison comparison => TemplateValue.Of(Compare(comparison, scope)),
        TemplateExpression.Conditional choice => Choose(choice, scope),
        TemplateExpression.Attribute attribute => Members.Attribute(Evaluate(attribute.Of, scope), attribute.Member),
        TemplateExpression.Item item => Members.Item(Evaluate(item.Of, scope), Evaluate(item.Key, scope)),
        TemplateExpression.Slice slice => Members.Slice(Evaluate(slice.Of, scope), Bound(slice.From, scope), Bound(slice.To, scope), Bound(slice.Step, scope), budget),
        TemplateExpression.Call call => Call(Evaluate(call.Callee, scope), Arguments(Described(call.Callee), call.Arguments, scope)),
        TemplateExpression.Filter filter => Filter(filter, scope),
        TemplateExpression.Test test => Test(test, scope),
        _ => throw new ChatTemplateException("this expression is unknown."),
    };

    private static TemplateValue Unary(string sign, TemplateValue value) => sign switch
    {
        "not" => TemplateValue.Of(!Operators.IsTrue(value)),
        "-" => Operators.Negate(value),
        _ => Operators.Number(value) is null ? throw new ChatTemplateException($"{Operators.Described(value)} has no sign.") : value,
    };

    private TemplateValue Binary(TemplateExpression.Binary binary, TemplateScope scope)
    {
        var left = Evaluate(binary.Left, scope);
        return binary.Operator switch
        {
            "and" => Operators.IsTrue(left) ? Evaluate(binary.Right, scope) : left,
            "or" => Operators.IsTrue(left) ? left : Evaluate(binary.Right, scope),
            _ => Operators.Binary(binary.Operator, left, Evaluate(binary.Right, scope), budget),
        };
    }

    private bool Compare(TemplateExpression.Comparison comparison, TemplateScope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (sign, operand) in comparison.Others)
        {
            var right = Evaluate(operand, scope);
            budget.Spend(Sequences.Cost(left) + Sequences.Cost(right));
            if (!Holds(sign, left, right)) return false;
            left = right;
        }

        return true;
    }

    private static bool Holds(string sign, TemplateValue left, TemplateValue right) => sign switch
    {
        "==" => Operators.AreEqual(left, right),
        "!=" => !Operators.AreEqual(left, right),
        "in" => Operators.Contains(right, left),
        "not in" => !Operators.Contains(right, left),
        "<" => Operators.Compare(left, right) < 0,
        "<=" => Operators.Compare(left, right) <= 0,
        ">" => Operators.Compare(left, right) > 0,
        _ => Operators.Compare(left, right) >= 0,
    };

    private TemplateValue Choose(TemplateExpression.Conditional choice, TemplateScope scope)
    {
        if (Operators.IsTrue(Evaluate(choice.Condition, scope))) return Evaluate(choice.Then, scope);
        return choice.Otherwise is { } otherwise ? Evaluate(otherwise, scope) : new TemplateValue.Undefined("the inline if without else");
    }

    private long? Bound(TemplateExpression? bound, TemplateScope scope) => bound is null ? null : Evaluate(bound, scope) switch
    {
        TemplateValue.None => null,
        var value => Operators.Whole(value) ?? throw new ChatTemplateException($"a slice's bounds are whole numbers, not {Operators.Described(value)}."),
    };

    private static TemplateValue Call(TemplateValue callee, TemplateCall call) => callee switch
    {
        TemplateValue.Function function => function.Call(call),
        TemplateValue.Undefined undefined => throw new ChatTemplateException($"'{undefined.What}' is unknown, so it cannot be called."),
        _ => throw new ChatTemplateException($"{Operators.Described(callee)} cannot be called."),
    };

    private TemplateValue Filter(TemplateExpression.Filter filter, TemplateScope scope) => TemplateFilters.Apply(filter.Applied, With(filter.Applied, Evaluate(filter.Of, scope), filter.Arguments, scope));

    private TemplateValue Test(TemplateExpression.Test test, TemplateScope scope) => TemplateValue.Of(TemplateTests.Holds(test.Applied, With(test.Applied, Evaluate(test.Of, scope), test.Arguments, scope)));

    private TemplateCall With(string name, TemplateValue first, TemplateArguments arguments, TemplateScope scope)
    {
        budget.Spend(Sequences.Cost(first));
        var call = Arguments(name, arguments, scope);
        return call with { Positional = [first, .. call.Positional] };
    }

    private TemplateCall Arguments(string name, TemplateArguments arguments, TemplateScope scope)
    {
        var named = arguments.Named.Count == 0 ? [] : new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        var positional = arguments.Positional.Select(argument => Evaluate(argument, scope)).ToList();
        foreach (var (key, value) in arguments.Named) named[key] = Evaluate(value, scope);
        return new TemplateCall(name, positional, named, budget);
    }

    private static string Described(TemplateExpression callee) => callee switch
    {
        TemplateExpression.Name name => name.Identifier,
        TemplateExpression.Attribute attribute => attribute.Member,
        _ => "function",
    };
}
