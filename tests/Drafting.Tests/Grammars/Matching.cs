using System.Text;

namespace HybridGen.Drafting.Tests;

/// <summary>Texts against a grammar without a model.</summary>
internal static class Matching
{
    public static bool Accepts(string grammar, string text) => Accepts(new OutputConstraint.Gbnf(grammar).Grammar, text);

    public static bool Accepts(Grammar grammar, string text) => GrammarState.Start(grammar).After(Encoding.UTF8.GetBytes(text)) is { IsComplete: true };

    /// <summary>Writes a random text by a grammar's rules; from a depth on, only alternatives that end soon.</summary>
    public static string Write(Grammar grammar, int depth, int seed)
    {
        var (random, text, open) = (new Random(seed), new StringBuilder(), new Stack<Symbol>());
        var heights = Heights(grammar);
        Open(grammar.Root);
        while (open.TryPop(out var symbol))
            if (symbol is Symbol.Reference reference) Open(reference.Rule);
            else text.Append(new Rune(Draw(((Symbol.Characters)symbol).Set)));
        return text.ToString();

        void Open(int rule)
        {
            var alternatives = grammar.Rules[rule].Alternatives;
            var alternative = depth-- > 0 && open.Count < 40 ? alternatives[random.Next(alternatives.Count)] : alternatives.MinBy(option => Height(option, heights))!;
            foreach (var symbol in alternative.Reverse()) open.Push(symbol);
        }

        int Draw(CharacterSet set)
        {
            var (first, last) = set.Ranges[random.Next(set.Ranges.Count)];
            return random.Next(first, Math.Min(last, first + 200) + 1);
        }
    }

    private static double[] Heights(Grammar grammar)
    {
        var heights = Enumerable.Repeat(double.PositiveInfinity, grammar.Rules.Count).ToArray();
        for (var changed = true; changed;)
        {
            changed = false;
            for (var rule = heights.Length - 1; rule >= 0; rule--)
                if (grammar.Rules[rule].Alternatives.Min(option => Height(option, heights)) + 1 is var height && height < heights[rule]) (heights[rule], changed) = (height, true);
        }

        return heights;
    }

    private static double Height(Symbol[] alternative, double[] heights) =>
        alternative.Select(symbol => symbol is Symbol.Reference reference ? heights[reference.Rule] : 0).DefaultIfEmpty(0).Max();
}
