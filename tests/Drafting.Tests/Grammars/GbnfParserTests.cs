using CsCheck;

namespace HybridGen.Drafting.Tests;

public class GbnfParserTests
{
    private static readonly string[] Good =
    [
        "root ::= \"yes\" | \"no\"",
        "# a list\nroot ::= item (\",\" item)*\nitem ::= [a-z]{2,4} # a word\n",
        "root ::= \"<\" root \">\" | [^<>\\n]+ | \"\\u00e9\\x41\\U0001F600\"",
        "root ::= (\n  a |\n  b\n)?\na ::= \"a\" {3}\nb ::= . \"b\"{1,}",
        "root  ::= object\nobject ::= \"{\" (string \":\" value (\",\" string \":\" value)*)? \"}\"\nvalue ::= object | string\nstring ::= \"\\\"\" [^\"\\\\]* \"\\\"\"",
    ];

    [Theory]
    [InlineData("root ::= \"a", 1, 10, "no end")]
    [InlineData("root ::= [a", 1, 10, "no end")]
    [InlineData("root ::= []", 1, 10, "empty")]
    [InlineData("root ::= [z-a]", 1, 11, "before its beginning")]
    [InlineData("root ::= (\"a\"", 1, 10, "no end")]
    [InlineData("root ::= \"a\")", 1, 13, "')'")]
    [InlineData("root = \"a\"", 1, 6, "'::='")]
    [InlineData("root ::= \"a\"\n  | \"b\"", 2, 3, "rule's name")]
    [InlineData("root ::= *", 1, 10, "before this repetition")]
    [InlineData("root ::= \"a\"{2,1}", 1, 13, "greater")]
    [InlineData("root ::= \"a\"{,3}", 1, 14, "number")]
    [InlineData("root ::= \"a\"{1,1000001}", 1, 16, "at most")]
    [InlineData("root ::= \"a\"{99999999999999999999}", 1, 14, "at most")]
    [InlineData("root ::= (\"ab\"{90000} \"c\"{90000}){90000}  [a-z]{90000} [a-z]{90000} [a-z]{90000} [a-z]{90000} [a-z]{90000} [a-z]{90000} [a-z]{90000} [a-z]{90000} [a-z]{90000}", 1, 0, "symbols")]
    [InlineData("root ::= \"\\q\"", 1, 11, "unknown escape")]
    [InlineData("root ::= \"\\x4\"", 1, 11, "2 hexadecimal")]
    [InlineData("root ::= \"\\uD800\"", 1, 11, "no character")]
    [InlineData("root ::= \"\\U00110000\"", 1, 11, "no character")]
    [InlineData("root ::= \"\\x00\"", 1, 11, "no character")]
    [InlineData("root ::= \"a\" <think>", 1, 14, "token literals")]
    [InlineData("root ::= !<[5]>", 1, 10, "token literals")]
    [InlineData("root ::= a\nb ::= \"b\"", 1, 10, "'a' is not defined")]
    [InlineData("start ::= \"a\"", 1, 1, "no rule 'root'")]
    [InlineData("", 1, 1, "no rule 'root'")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", 2, 1, "twice")]
    [InlineData("root ::= root \"a\" | \"b\"", 1, 1, "to the left")]
    [InlineData("root ::= a\na ::= b a \"x\" | \"y\"\nb ::= c\nc ::= \"z\" | ", 2, 1, "to the left")] // hidden: b may be empty only by way of c
    [InlineData("root ::= (\"a\"*)*", 1, 0, "to the left")]
    [InlineData("root ::= \"a\" root", 1, 1, "no end")]
    [InlineData("root ::= \"a\" | b\nb ::= \"b\" b", 2, 1, "no end")]
    [InlineData("root_a ::= \"a\"", 1, 5, "'::='")]
    public void Parse_Wrong_SaysWhatAndWhere(string grammar, int line, int column, string part)
    {
        var failure = Assert.Throws<GrammarFormatException>(() => new OutputConstraint.Gbnf(grammar));
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.Equal(line, failure.Line);
        if (column > 0) Assert.Equal(column, failure.Column);
    }

    [Fact]
    public void Parse_ManyGroups_AreRefusedBeforeTheStackEnds() =>
        Assert.Contains("groups", Assert.Throws<GrammarFormatException>(() => new OutputConstraint.Gbnf("root ::= " + new string('(', 100_000))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("root ::= \"ab\" | [x-z]{2} . \"é\"?", new[] { "ab", "xz!", "yyqé" }, new[] { "a", "xzz\u0301é", "", "abab" })]
    [InlineData("root ::= \"a\"{2,3}", new[] { "aa", "aaa" }, new[] { "a", "aaaa" })]
    [InlineData("root ::= [^\\n]+ \"\\n\"", new[] { "é😀\n" }, new[] { "\n", "a" })]
    [InlineData("root ::= \"<\" root \">\" | ", new[] { "", "<<>>" }, new[] { "<<>", "<>>" })]
    [InlineData("root ::= [a\\]\\-]+", new[] { "a]-" }, new[] { "\\" })]
    [InlineData("root ::= [a-]+ # ends with a hyphen", new[] { "a-" }, new[] { "b" })]
    public void Match_Texts_AreAcceptedOrNot(string grammar, string[] accepted, string[] refused)
    {
        Assert.All(accepted, text => Assert.True(Matching.Accepts(grammar, text), text));
        Assert.All(refused, text => Assert.False(Matching.Accepts(grammar, text), text));
    }

    [Fact]
    public void Match_OtherRoot_IsTheRuleThatIsAskedFor() =>
        Assert.True(Matching.Accepts(new OutputConstraint.Gbnf("root ::= \"a\"\nother ::= \"b\"", "other").Grammar, "b"));

    /// <summary>A grammar is a grammar or is refused with its place, whatever it was made of; and one that is accepted can be followed.</summary>
    [Fact]
    public void Parse_MutatedGrammars_AreUsableOrRefused()
    {
        var edit = Gen.Select(Gen.Int[0, 200], Gen.Int[0, 3], Gens.Choose("\"", "[", "]", "(", ")", "*", "+", "{", "}", "{2,3}", "|", "::=", "\n", "\\", "a", "root", "item", "-", "^", "<", "é", "\0", "\ud800", " "));
        var refused = 0;
        Gen.Select(Gens.Choose(Good), edit.Array[1, 4]).Sample((grammar, edits) =>
        {
            foreach (var (at, removed, inserted) in edits)
            {
                var place = at % (grammar.Length + 1);
                grammar = grammar[..place] + inserted + grammar[Math.Min(grammar.Length, place + removed)..];
            }

            try
            {
                Matching.Write(new OutputConstraint.Gbnf(grammar).Grammar, 30, 1);
            }
            catch (GrammarFormatException failure)
            {
                Interlocked.Increment(ref refused);
                Assert.InRange(failure.Line, 1, grammar.Count('\n') + 1);
            }
        }, iter: 2000);
        Assert.InRange(refused, 200, 1990);
    }
}
