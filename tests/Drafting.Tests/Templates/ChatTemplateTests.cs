using System.Text.Json;
using CsCheck;

namespace HybridGen.Drafting.Tests.Templates;

public sealed class ChatTemplateTests
{
    private static readonly List<(string Source, JsonElement Variables)> Known =
    [
        .. TemplateReferenceTests.Reference("cases.json").Select(one => (TemplateReferenceTests.Text(one, "source"), one.GetProperty("variables"))),
        .. from one in TemplateReferenceTests.Reference("families.json")
           from conversation in TemplateReferenceTests.Reference("conversations.json")
           where TemplateReferenceTests.Text(one, "conversation") == "calls" && TemplateReferenceTests.Text(conversation, "name") is "calls" or "signs" or "edges"
           select (TemplateReferenceTests.Family(TemplateReferenceTests.Text(one, "family")), conversation.GetProperty("variables")),
    ];

    [Theory]
    [InlineData("a\n{{ 1 + }}", 2, 8, "expected an expression, found the end of the tag.")]
    [InlineData("{% if x %}a", 1, 4, "this 'if' has no 'endif'.")]
    [InlineData("{% include 'x' %}", 1, 4, "the tag 'include' is unknown or cannot stand here.")]
    [InlineData("{{ 'a }}", 1, 4, "this string has no end.")]
    [InlineData("\n\n {{ a ? b }}", 3, 7, "unexpected '?' in a tag.")]
    [InlineData("{% for x in y recursive %}{% endfor %}", 1, 15, "recursive loops are not supported.")]
    [InlineData("{{ f(*x) }}", 1, 6, "arguments from a list or dictionary ('*', '**') are not supported.")]
    public void Parse_NoTemplate_SaysWhere(string source, int line, int column, string message)
    {
        var failure = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source));
        Assert.Equal((line, column, $"Line {line}, column {column} of the chat template: {message}"), (failure.Line, failure.Column, failure.Message));
    }

    [Theory]
    [InlineData("{{ x|wrap }}", 1, 6, "the filter 'wrap' is unknown.")]
    [InlineData("{{ x is nice }}", 1, 9, "the test 'nice' is unknown.")]
    [InlineData("\n{{ tojson(x) }}", 2, 10, "'tojson' is unknown, so it cannot be called.")]
    [InlineData("{{ x.y }}", 1, 5, "'x' is undefined, so it has no 'y'.")]
    [InlineData("{% set x.y = 1 %}", 1, 4, "'x' is no namespace, so it has no attribute that can be set.")]
    [InlineData("{{ 1 + 'a' }}", 1, 6, "'+' cannot be applied to a value of type 'int' and a value of type 'str'.")]
    [InlineData("{% for x in 5 %}{% endfor %}", 1, 4, "a value of type 'int' has no items to go through.")]
    public void Render_WhatIsNotThere_SaysWhere(string source, int line, int column, string message)
    {
        var failure = Assert.Throws<ChatTemplateException>(() => Render(source));
        Assert.Equal((line, column, $"Line {line}, column {column} of the chat template: {message}", false), (failure.Line, failure.Column, failure.Message, failure.IsRefusal));
    }

    [Fact]
    public void Render_TheTemplateRefuses_HasItsWords()
    {
        var failure = Assert.Throws<ChatTemplateException>(() => Render("{% if true %}\n{{ raise_exception('No system: ' ~ 1) }}{% endif %}"));
        Assert.Equal((true, "Line 2, column 19 of the chat template: No system: 1"), (failure.IsRefusal, failure.Message));
    }

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for a in range(9999) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(9999) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for a in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{{ 'x' * 9999999999 }}{{ 'x'.center(9999999999) }}")]
    [InlineData("{{ 'x' * 15000000 ~ 'x' * 15000000 }}")]
    [InlineData("{{ [1] * 99999999 }}")]
    [InlineData("{{ 2 ** 99999999 }}")]
    [InlineData("{% set x = 'x' * 9000000 %}{% for a in range(99999) %}{{ 'y' in x }}{% endfor %}")]
    public void Render_WithoutEnd_IsEnded(string source) => Assert.Throws<ChatTemplateException>(() => Render(source));

    [Fact]
    public void Parse_NestedTooDeep_IsRefused()
    {
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse($"{{{{ {new string('(', 100_000)}1{new string(')', 100_000)} }}}}"));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000))));
        Assert.Throws<ChatTemplateException>(() => Render($"{{{{ 1{string.Concat(Enumerable.Repeat(" + 1", 100_000))} }}}}"));
    }

    /// <summary>Whatever is done to a template, it is rendered or refused.</summary>
    [Fact]
    public void ParseAndRender_BrokenTemplates_AreRenderedOrRefused()
    {
        string[] pieces = ["{%", "%}", "{{", "}}", "{#", "#}", "-", "'", "(", ")", "[", "]", "|", ".", " in ", " is ", "not ", "messages", "endif", "{% endfor %}", "{% else %}", "loop", "9", " \n", "~", ":", "*", "\\", "\ud800", "raw", "tojson", "{% for x in messages %}"];
        Gen.Select(Gen.Int[0, Known.Count - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 8], Gens.Choose(pieces)).List[1, 4]).Sample(
            (known, changes) =>
            {
                var (source, variables) = Known[known];
                foreach (var (at, cut, piece) in changes)
                {
                    var place = (int)(at * source.Length);
                    source = source[..place] + piece + source[Math.Min(source.Length, place + cut)..];
                }

                try
                {
                    ChatTemplate.Parse(source).Render(variables);
                }
                catch (ChatTemplateException)
                {
                }
            },
            iter: 3000);
    }

    /// <summary>What is known of where characters come from changes no character, and every character that is the conversation's is known to be.</summary>
    [Fact]
    public void Render_Content_IsKnownWhateverIsDoneToIt()
    {
        string[] operations =
        [
            "x", "x|trim", "x.strip()", "x.split(' ')[0]", "x.split('\uE000')|join('-')", "x[1:]", "x[::-1]", "x[:-1]", "x ~ 'lit'", "'lit' + x + 'lit'", "x|replace('lit', 'LIT')", "x.replace('\uE001', y)", "x|upper", "x|tojson", "{'k': x}|tojson(indent=2)",
            "[x, y]|string", "x|indent(3, true)", "'%s!' % x", "'{} {}'.format(x, y)", "x * 2", "[x, y]|join('lit')", "x|list|join", "x|reverse", "x.partition(' ')|join('|')", "x.splitlines()|join('\\n')", "x|title", "x|e", "x|default('lit')", "(x ~ y)|unique|join", "x.center(20, '*')", "x|first", "x.title()", "[x, y]|sort|join", "{x: y}|dictsort|string", "{x: y}.items()|list|string",
        ];
        // Letters that no operation and no template writes by itself.
        var content = Gens.Choose('\uE000', '\uE001', '\uE002', ' ', '\n', '"', '\'').Array[0, 12].Select(letters => new string(letters));
        Gen.Select(content, content, Gens.Choose(operations), Gens.Choose(operations)).Sample((x, y, one, two) =>
        {
            var source = $"{{% set x = {one} %}}lit{{{{ {two} }}}}";
            try
            {
                var rendered = ChatTemplate.Parse(source).Render([KeyValuePair.Create("x", (TemplateValue)TemplateValue.Of(x, isContent: true)), KeyValuePair.Create("y", (TemplateValue)TemplateValue.Of(y, isContent: true))]);
                Assert.Equal(rendered.Value, string.Concat(rendered.Runs.Select(run => run.Text)));
                Assert.DoesNotContain(rendered.Runs, run => run.Text.Length == 0);
                Assert.DoesNotContain(rendered.Runs, run => !run.IsContent && run.Text.AsSpan().ContainsAnyInRange('\uE000', '\uE002'));
                Assert.DoesNotContain(rendered.Runs, run => run.IsContent && run.Text.Contains("lit", StringComparison.Ordinal));
            }
            catch (ChatTemplateException)
            {
                // An operation that its value does not allow.
            }
        });
    }

    private static string Render(string source) => ChatTemplate.Parse(source).Render(JsonDocument.Parse("{}").RootElement);
}
