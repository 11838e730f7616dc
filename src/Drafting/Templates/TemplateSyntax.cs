namespace HybridGen.Drafting;

/// <summary>An expression of a template.</summary>
/// <param name="Place">Where it stands, a UTF-16 index into the template.</param>
internal abstract record TemplateExpression(int Place)
{
    public sealed record Constant(int Place, TemplateValue Value) : TemplateExpression(Place);

    public sealed record Name(int Place, string Identifier) : TemplateExpression(Place);

    public sealed record List(int Place, IReadOnlyList<TemplateExpression> Items, bool IsTuple) : TemplateExpression(Place);

    public sealed record Dictionary(int Place, IReadOnlyList<(TemplateExpression Key, TemplateExpression Value)> Pairs) : TemplateExpression(Place);

    public sealed record Unary(int Place, string Operator, TemplateExpression Operand) : TemplateExpression(Place);

    public sealed record Binary(int Place, string Operator, TemplateExpression Left, TemplateExpression Right) : TemplateExpression(Place);

    /// <summary>A chain of comparisons: <c>a &lt; b &lt; c</c> is true where each one is.</summary>
    public sealed record Comparison(int Place, TemplateExpression First, IReadOnlyList<(string Operator, TemplateExpression Operand)> Others) : TemplateExpression(Place);

    public sealed record Conditional(int Place, TemplateExpression Condition, TemplateExpression Then, TemplateExpression? Otherwise) : TemplateExpression(Place);

    public sealed record Attribute(int Place, TemplateExpression Of, string Member) : TemplateExpression(Place);

    public sealed record Item(int Place, TemplateExpression Of, TemplateExpression Key) : TemplateExpression(Place);

    public sealed record Slice(int Place, TemplateExpression Of, TemplateExpression? From, TemplateExpression? To, TemplateExpression? Step) : TemplateExpression(Place);

    public sealed record Call(int Place, TemplateExpression Callee, TemplateArguments Arguments) : TemplateExpression(Place);

    public sealed record Filter(int Place, TemplateExpression Of, string Applied, TemplateArguments Arguments) : TemplateExpression(Place);

    public sealed record Test(int Place, TemplateExpression Of, string Applied, TemplateArguments Arguments) : TemplateExpression(Place);
}

/// <summary>The arguments of a call.</summary>
internal sealed record TemplateArguments(IReadOnlyList<TemplateExpression> Positional, IReadOnlyList<(string Name, TemplateExpression Value)> Named)
{
    public static TemplateArguments None { get; } = new([], []);
}

/// <summary>What a value is assigned to.</summary>
internal abstract record TemplateTarget(int Place)
{
    public sealed record Name(int Place, string Identifier) : TemplateTarget(Place);

    public sealed record Tuple(int Place, IReadOnlyList<TemplateTarget> Items) : TemplateTarget(Place);

    /// <summary>An attribute of a namespace.</summary>
    public sealed record Member(int Place, string Space, string Attribute) : TemplateTarget(Place);
}

/// <summary>A statement of a template.</summary>
/// <param name="Place">Where it stands, a UTF-16 index into the template.</param>
internal abstract record TemplateStatement(int Place)
{
    public sealed record Write(int Place, string Text) : TemplateStatement(Place);

    public sealed record Print(int Place, TemplateExpression Value) : TemplateStatement(Place);

    public sealed record If(int Place, IReadOnlyList<(TemplateExpression Condition, TemplateBody Body)> Branches, TemplateBody Otherwise) : TemplateStatement(Place);

    public sealed record For(int Place, TemplateTarget Target, TemplateExpression Over, TemplateExpression? Only, TemplateBody Body, TemplateBody Otherwise) : TemplateStatement(Place);

    public sealed record Set(int Place, TemplateTarget Target, TemplateExpression Value) : TemplateStatement(Place);

    /// <summary>What a body writes, through filters, becomes a value.</summary>
    public sealed record Capture(int Place, TemplateTarget Target, TemplateBody Body, TemplateExpression Value) : TemplateStatement(Place);

    /// <summary>What a body writes goes through filters.</summary>
    public sealed record FilterBlock(int Place, TemplateBody Body, TemplateExpression Value) : TemplateStatement(Place);

    public sealed record Macro(int Place, string Identifier, IReadOnlyList<(string Name, TemplateExpression? Default)> Parameters, TemplateBody Body) : TemplateStatement(Place);

    /// <summary>Calls a macro that may call the body back.</summary>
    public sealed record CallBlock(int Place, Macro Caller, TemplateExpression.Call Call) : TemplateStatement(Place);

    public sealed record With(int Place, IReadOnlyList<(TemplateTarget Target, TemplateExpression Value)> Values, TemplateBody Body) : TemplateStatement(Place);

    public sealed record Break(int Place) : TemplateStatement(Place);

    public sealed record Continue(int Place) : TemplateStatement(Place);
}

/// <summary>Statements one after the other.</summary>
internal sealed record TemplateBody(IReadOnlyList<TemplateStatement> Statements)
{
    /// <summary>The name under which a captured text is given to the filters of its block; no template can write it.</summary>
    public const string Captured = "%captured";

    public static TemplateBody Empty { get; } = new([]);
}
