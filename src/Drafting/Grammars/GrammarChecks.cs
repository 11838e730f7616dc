namespace HybridGen.Drafting;

/// <summary>What must hold for a grammar before a text is matched against it.</summary>
internal static class GrammarChecks
{
    /// <exception cref="GrammarFormatException">A rule is not defined, can have no end, or recurses to the left.</exception>
    public static void Check(Grammar grammar, string text)
    {
        foreach (var rule in grammar.Rules)
            if (rule.Alternatives.Count == 0) throw GrammarFormatException.At(text, rule.Place, $"rule '{rule.Name}' is not defined.");
        var ending = Close(grammar, symbol => symbol is Symbol.Characters);
        if (Array.IndexOf(ending, false) is >= 0 and var endless)
            throw GrammarFormatException.At(text, grammar.Rules[endless].Place, $"rule '{grammar.Rules[endless].Name}' can have no end: each of its alternatives needs the rule again.");
        if (LeftRecursion(grammar, Close(grammar, _ => false)) is { } recursive)
            throw GrammarFormatException.At(text, grammar.Rules[recursive].Place, $"rule '{grammar.Rules[recursive].Name}' recurses to the left: it can begin with itself, or repeats what may be empty.");
    }

    /// <summary>The rules of which an alternative has only symbols that hold, or rules of which that is so.</summary>
    private static bool[] Close(Grammar grammar, Func<Symbol, bool> holds)
    {
        var closed = new bool[grammar.Rules.Count];
        for (var changed = true; changed;)
        {
            changed = false;
            // From the end: the rules of a repetition name the one after them last.
            for (var rule = closed.Length - 1; rule >= 0; rule--)
                if (!closed[rule] && grammar.Rules[rule].Alternatives.Any(alternative => Array.TrueForAll(alternative, Holds))) closed[rule] = changed = true;
        }

        return closed;

        bool Holds(Symbol symbol) => symbol is Symbol.Reference reference ? closed[reference.Rule] : holds(symbol);
    }

    /// <summary>A rule that can begin with itself; without recursion of our own, for a repetition is a long chain of rules.</summary>
    private static int? LeftRecursion(Grammar grammar, bool[] mayBeEmpty)
    {
        var state = new byte[grammar.Rules.Count];
        var path = new Stack<(int Rule, IEnumerator<int> Beginnings)>();
        for (var start = 0; start < state.Length; start++)
        {
            if (state[start] == 0) Enter(start);
            while (path.TryPeek(out var top))
            {
                if (!top.Beginnings.MoveNext()) state[path.Pop().Rule] = 2;
                else if (state[top.Beginnings.Current] == 1) return top.Beginnings.Current;
                else if (state[top.Beginnings.Current] == 0) Enter(top.Beginnings.Current);
            }
        }

        return null;

        void Enter(int rule)
        {
            state[rule] = 1;
            path.Push((rule, Beginnings(grammar.Rules[rule], mayBeEmpty).GetEnumerator()));
        }
    }

    /// <summary>The rules that a rule can begin with.</summary>
    private static IEnumerable<int> Beginnings(GrammarRule rule, bool[] mayBeEmpty)
    {
        foreach (var alternative in rule.Alternatives)
            foreach (var symbol in alternative)
            {
                if (symbol is not Symbol.Reference reference) break;
                yield return reference.Rule;
                if (!mayBeEmpty[reference.Rule]) break;
            }
    }
}
