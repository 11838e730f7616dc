using System.Text;
using LLama;
using LLama.Exceptions;

namespace HybridGen.Drafting;

/// <summary>llama.cpp's own rendering of the templates that it knows by sight, for those that cannot be read here.</summary>
internal static class BuiltInTemplate
{
    // Stands for a turn's content while llama.cpp renders; private-use characters, which no template contains.
    private const string Mark = "\uE0F1\uE0F2";

    /// <summary>The parts of a rendered conversation.</summary>
    /// <exception cref="DraftingException">llama.cpp does not know the template either.</exception>
    public static List<TemplateRun> Render(LLamaWeights weights, IReadOnlyList<ChatTurn> turns)
    {
        var pieces = Apply(weights, turns).Split(Mark);
        if (pieces.Length != turns.Count + 1) throw new DraftingException("llama.cpp leaves out or repeats a turn.");
        var runs = new List<TemplateRun> { new(pieces[0], false) };
        for (var i = 0; i < turns.Count; i++) runs.AddRange([new(turns[i].Content, true), new(pieces[i + 1], false)]);
        return runs;
    }

    private static string Apply(LLamaWeights weights, IReadOnlyList<ChatTurn> turns)
    {
        try
        {
            var template = new LLamaTemplate(weights) { AddAssistant = true };
            foreach (var turn in turns) template.Add(turn.Role, Mark);
            return Encoding.UTF8.GetString(template.Apply());
        }
        catch (Exception failure) when (failure is RuntimeError or TemplateNotFoundException or MissingTemplateException or ArgumentException)
        {
            throw new DraftingException("llama.cpp does not know this template.", failure);
        }
    }
}
