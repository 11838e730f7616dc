namespace HybridGen.Drafting;

/// <summary>A context-free grammar over characters that is known to be complete, to end, and not to recurse to the left.</summary>
/// <param name="Rules">Its rules.</param>
/// <param name="Root">Number of the rule that a whole text follows.</param>
internal sealed record Grammar(IReadOnlyList<GrammarRule> Rules, int Root)
{
    /// <summary>Has a rule say what a whole grammar says.</summary>
    public static void Graft(List<GrammarRule> rules, string name, Grammar grammar)
    {
        var offset = rules.Count;
        rules.First(rule => rule.Name == name).Alternatives = [[new Symbol.Reference(offset + grammar.Root, 0)]];
        rules.AddRange(grammar.Rules.Select(rule => rule with { Alternatives = [.. rule.Alternatives.Select(alternative => Array.ConvertAll(alternative, Shifted))] }));

        Symbol Shifted(Symbol symbol) => symbol is Symbol.Reference reference ? reference with { Rule = reference.Rule + offset } : symbol;
    }
}

/// <summary>A rule: any one of its alternatives.</summary>
/// <param name="Name">The name; rules that the parser made have that of the rule they are part of.</param>
/// <param name="Place">Where its definition begins in the grammar's text.</param>
internal sealed record GrammarRule(string Name, int Place)
{
    public IReadOnlyList<Symbol[]> Alternatives { get; set; } = [];
}

/// <summary>One step of an alternative.</summary>
internal abstract record Symbol
{
    /// <summary>One character of a set.</summary>
    public sealed record Characters(CharacterSet Set) : Symbol;

    /// <summary>What another rule says.</summary>
    /// <param name="Rule">The rule's number.</param>
    /// <param name="Place">Where it is named in the grammar's text.</param>
    public sealed record Reference(int Rule, int Place) : Symbol;
}
