using System.Globalization;

namespace HybridGen.Drafting;

/// <summary>Holds an answer to a call of a tool, in the form in which the model writes calls, or to what it may say instead.</summary>
internal static class RequiredCall
{
    /// <summary>The tools of which a conversation's answer must call one.</summary>
    /// <exception cref="DraftingException">One is none of its tools.</exception>
    public static IReadOnlyList<Tool> Of(DraftPrompt.Chat chat) =>
        [.. chat.RequiredTools.Select(name => chat.Tools.FirstOrDefault(tool => tool.Name == name) ?? throw new DraftingException($"The tool '{name}' is to be called, but it is none of the prompt's tools."))];

    /// <summary>The grammar of an answer that must call one of the tools that are required: thinking, where the model thinks, and the call.</summary>
    /// <exception cref="DraftingException">The model's template has no form for it, or a tool's parameters cannot be held to.</exception>
    public static Grammar GrammarOf(AnswerFormat answer) => GrammarOf(answer, answer.Required, null);

    /// <summary>The grammar of an answer that says what follows another grammar, or calls one of the tools instead.</summary>
    /// <inheritdoc cref="GrammarOf(AnswerFormat)" path="/exception"/>
    public static Grammar GrammarOf(AnswerFormat answer, Grammar said) => GrammarOf(answer, answer.Tools, said);

    private static Grammar GrammarOf(AnswerFormat answer, IReadOnlyList<Tool> tools, Grammar? said)
    {
        var form = answer.Format.Calls?.Form;
        if (form is null && tools.Count > 0)
            throw new DraftingException("A draft cannot be held to a call of a tool, nor to a format beside tools: the chat template shows no form of calls that it could be held to. Let the model choose and leave the format out, or use another template (LlamaDrafterOptions.ChatTemplate).");
        var ways = tools.Select((tool, i) => Call(form!, tool, i)).Concat(said is null ? [] : [$"{GbnfText.Literal(answer.Format.BeforeSaid)} said"]);
        var leaves = tools.Select((_, i) => Arguments(i)).Concat(said is null ? [] : ["said"]).ToList();
        var frame = GbnfParser.Parse($"root ::= {Thinking(answer)}({string.Join(" | ", ways)})\n{Thought(answer)}{string.Concat(leaves.Select(leaf => $"{leaf} ::= \"\"\n"))}", "root");
        var rules = frame.Rules.ToList();
        for (var i = 0; i < tools.Count; i++) Grammar.Graft(rules, Arguments(i), ArgumentsOf(tools[i], form!));
        if (said is not null) Grammar.Graft(rules, "said", said);
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
