using System.Globalization;

namespace HybridGen.Drafting;

/// <summary>Holds an answer to one call of a tool, in the form in which the model writes calls.</summary>
internal static class RequiredCall
{
    /// <summary>The tools of which a conversation's answer must call one.</summary>
    /// <exception cref="DraftingException">One is none of its tools.</exception>
    public static IReadOnlyList<Tool> Of(DraftPrompt.Chat chat) =>
        [.. chat.RequiredTools.Select(name => chat.Tools.FirstOrDefault(tool => tool.Name == name) ?? throw new DraftingException($"The tool '{name}' is to be called, but it is none of the prompt's tools."))];

    /// <summary>The grammar of such an answer: thinking, where the model thinks, and the call.</summary>
    /// <exception cref="DraftingException">The model's template has no form for it, or a tool's parameters cannot be held to.</exception>
    public static Grammar GrammarOf(AnswerFormat answer)
    {
        var form = answer.Format.Calls?.Form ?? throw new DraftingException(
            "A call of a tool cannot be required: the chat template shows no form of calls that a draft can be held to. Let the model choose, or use another template (LlamaDrafterOptions.ChatTemplate).");
        var frame = GbnfParser.Parse($"root ::= {Thinking(answer)}({string.Join(" | ", answer.Required.Select((tool, i) => Call(form, tool, i)))})\n{Thought(answer)}{string.Concat(answer.Required.Select((_, i) => $"{Arguments(i)} ::= \"\"\n"))}", "root");
        var rules = frame.Rules.ToList();
        for (var i = 0; i < answer.Required.Count; i++) Grammar.Graft(rules, Arguments(i), ArgumentsOf(answer.Required[i], form));
        return frame with { Rules = rules };
    }

    private static string Call(CallForm form, Tool tool, int number) =>
        $"{GbnfText.Literal(form.Before + GbnfText.JsonString(tool.Name)[1..^1] + form.Between)} {Arguments(number)}{(form.After.Length > 0 ? $" {GbnfText.Literal(form.After)}" : "")}";

    private static string Arguments(int number) => string.Create(CultureInfo.InvariantCulture, $"arguments-{number}");

    /// <summary>What may, or must, stand before the call.</summary>
    private static string Thinking(AnswerFormat answer) => answer switch
    {
        { Format.Thinking: null } => "",
        { IsInsideThinking: true } => "thought ",
        _ => $"({GbnfText.Literal(answer.Format.Thinking.Begin)} thought)? ",
    };

    /// <summary>A thought to its end. Of the mark that ends it, it has the first two letters nowhere else.</summary>
    private static string Thought(AnswerFormat answer)
    {
        if (answer.Format.Thinking?.End is not { } end) return "";
        var (first, second) = (Escaped(end[0]), Escaped(end[1]));
        return $"thought ::= ([^{first}] | \"{first}\" [^{first}{second}])* {GbnfText.Literal(end)} [ \\n]{{0,4}}\n";
    }

    private static string Escaped(char letter) => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)letter:X2}");

    private static Grammar ArgumentsOf(Tool tool, CallForm form)
    {
        try
        {
            return form.Parameters is { } parameters ? ParameterGrammar.Of(tool, parameters) : JsonSchemaGrammar.Parse(JsonSchemaGrammar.Write(tool.Parameters));
        }
        catch (SchemaNotSupportedException wrong)
        {
            throw new SchemaNotSupportedException($"A call of the tool '{tool.Name}' cannot be required. {wrong.Message}", wrong);
        }
    }
}
