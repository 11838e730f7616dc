using System.Runtime.CompilerServices;

namespace HybridGen.Drafting;

/// <summary>Renders the statements of a template.</summary>
internal sealed class TemplateEvaluator
{
    private const int DeepestMacro = 100;

    private readonly string _source;
    private readonly TemplateBudget _budget = new();
    private readonly ExpressionEvaluator _expressions;
    private MarkedTextBuilder _output;
    private int _depth;

    private TemplateEvaluator(string source)
    {
        _source = source;
        _output = new MarkedTextBuilder(_budget);
        _expressions = new ExpressionEvaluator(source, _budget);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>Renders a template.</summary>
    /// <param name="source">Its text, for places in messages.</param>
    /// <param name="body">What was read of it.</param>
    /// <param name="variables">What it is given.</param>
    /// <exception cref="ChatTemplateException">It cannot be rendered, or refuses.</exception>
    public static MarkedText Render(string source, TemplateBody body, TemplateScope variables)
    {
        var evaluator = new TemplateEvaluator(source);
        try
        {
            evaluator.Run(body, new TemplateScope(variables));
        }
        catch (InsufficientExecutionStackException failure)
        {
            throw new ChatTemplateException("The chat template's values or macros are nested too deep.", failure);
        }

        return evaluator._output.Build();
    }

    private Flow Run(TemplateBody body, TemplateScope scope)
    {
        foreach (var statement in body.Statements)
        {
            try
            {
                _budget.Spend();
                if (Run(statement, scope) is not Flow.Next and var flow) return flow;
            }
            catch (ChatTemplateException failure) when (failure.Line == 0)
            {
                throw ChatTemplateException.At(_source, statement.Place, failure.Message, failure.IsRefusal, failure);
            }
        }

        return Flow.Next;
    }

    private Flow Run(TemplateStatement statement, TemplateScope scope)
    {
        switch (statement)
        {
            case TemplateStatement.Write write: _output.Append(write.Text); break;
            case TemplateStatement.Print print: _output.Append(PythonText.Str(_expressions.Evaluate(print.Value, scope), _budget)); break;
            case TemplateStatement.Set set: Assign(set.Target, _expressions.Evaluate(set.Value, scope), scope); break;
            case TemplateStatement.If choice: return Choose(choice, scope);
            case TemplateStatement.For loop: return Loop(loop, scope);
            case TemplateStatement.Macro macro: scope.Set(macro.Identifier, Function(macro, scope)); break;
            case TemplateStatement.Capture capture: Assign(capture.Target, Captured(capture.Body, capture.Value, scope), scope); break;
            case TemplateStatement.FilterBlock block: _output.Append(PythonText.Str(Captured(block.Body, block.Value, scope), _budget)); break;
            case TemplateStatement.CallBlock block: Call(block, scope); break;
            case TemplateStatement.With with: return Run(with, scope);
            case TemplateStatement.Break: return Flow.Break;
            case TemplateStatement.Continue: return Flow.Continue;
        }

        return Flow.Next;
    }

    private Flow Choose(TemplateStatement.If choice, TemplateScope scope)
    {
        foreach (var (condition, body) in choice.Branches)
            if (Operators.IsTrue(_expressions.Evaluate(condition, scope))) return Run(body, scope);
        return Run(choice.Otherwise, scope);
    }

    private Flow Loop(TemplateStatement.For loop, TemplateScope scope)
    {
        var items = Sequences.Items(_expressions.Evaluate(loop.Over, scope), _budget);
        if (loop.Only is { } only) items = [.. items.Where(item => Operators.IsTrue(_expressions.Evaluate(only, Inner(loop.Target, item, scope))))];
        if (items.Count == 0) return Run(loop.Otherwise, scope);
        var state = new TemplateValue.Loop(items);
        for (; state.Place < items.Count; state.Place++)
        {
            var inner = Inner(loop.Target, items[state.Place], scope);
            inner.Set("loop", state);
            if (Run(loop.Body, inner) == Flow.Break) break;
        }

        return Flow.Next;
    }

    private TemplateScope Inner(TemplateTarget target, TemplateValue item, TemplateScope scope)
    {
        _budget.Spend();
        var inner = new TemplateScope(scope);
        Assign(target, item, inner);
        return inner;
    }

    private Flow Run(TemplateStatement.With with, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        foreach (var (target, value) in with.Values) Assign(target, _expressions.Evaluate(value, scope), inner);
        return Run(with.Body, inner);
    }

    private void Assign(TemplateTarget target, TemplateValue value, TemplateScope scope)
    {
        switch (target)
        {
            case TemplateTarget.Name name:
                scope.Set(name.Identifier, value);
                break;
            case TemplateTarget.Member member:
                if (scope.Find(member.Space) is not TemplateValue.Space space) throw new ChatTemplateException($"'{member.Space}' is no namespace, so it has no attribute that can be set.");
                space.Attributes[member.Attribute] = value;
                break;
            case TemplateTarget.Tuple tuple:
                var items = Sequences.Items(value, _budget);
                if (items.Count != tuple.Items.Count) throw new ChatTemplateException($"{items.Count} values cannot be unpacked into {tuple.Items.Count} names.");
                for (var i = 0; i < items.Count; i++) Assign(tuple.Items[i], items[i], scope);
                break;
        }
    }

    private MarkedText Capture(TemplateBody body, TemplateScope scope)
    {
        var outer = _output;
        _output = new MarkedTextBuilder(_budget);
        try
        {
            Run(body, scope);
            return _output.Build();
        }
        finally
        {
            _output = outer;
        }
    }

    private TemplateValue Captured(TemplateBody body, TemplateExpression value, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        var text = Capture(body, inner);
        inner.Set(TemplateBody.Captured, new TemplateValue.Text(text));
        return _expressions.Evaluate(value, inner);
    }

    private void Call(TemplateStatement.CallBlock block, TemplateScope scope)
    {
        var caller = Function(block.Caller, scope);
        _output.Append(PythonText.Str(_expressions.Call(block.Call, scope, caller), _budget));
    }

    private TemplateValue.Function Function(TemplateStatement.Macro macro, TemplateScope scope) => new(macro.Identifier, call =>
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (_depth >= DeepestMacro) throw new ChatTemplateException($"the macro '{macro.Identifier}' is more than {DeepestMacro} calls deep.");
        _depth++;
        var text = Capture(macro.Body, Bind(macro, call, scope));
        _depth--;
        return new TemplateValue.Text(text);
    });

    private TemplateScope Bind(TemplateStatement.Macro macro, TemplateCall call, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        for (var i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, usual) = macro.Parameters[i];
            inner.Set(name, call.Find(i, name) ?? (usual is null ? new TemplateValue.Undefined(name) : _expressions.Evaluate(usual, inner)));
        }

        if (call.Named.Keys.FirstOrDefault(name => name != "caller" && macro.Parameters.All(parameter => parameter.Name != name)) is { } unknown)
            throw new ChatTemplateException($"the macro '{macro.Identifier}' has no parameter '{unknown}'.");
        if (call.Positional.Count > macro.Parameters.Count) throw new ChatTemplateException($"the macro '{macro.Identifier}' takes {macro.Parameters.Count} arguments, not {call.Positional.Count}.");
        if (call.Named.GetValueOrDefault("caller") is { } caller) inner.Set("caller", caller);
        return inner;
    }
}

/// <summary>Names and what they stand for, inside of those around it.</summary>
internal sealed class TemplateScope(TemplateScope? outer)
{
    private readonly Dictionary<string, TemplateValue> _values = new(StringComparer.Ordinal);

    public TemplateValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope._values.TryGetValue(name, out var value)) return value;
        return null;
    }

    public void Set(string name, TemplateValue value) => _values[name] = value;

    private TemplateScope? Outer => outer;
}
