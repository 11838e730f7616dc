using HybridGen.Editing;
using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>A revised text with its changes marked: struck out and underlined, or as <c>[-old-]{+new+}</c> where a terminal has no colours.</summary>
internal static class MarkedText
{
    private static readonly Style Removed = new(Color.Red, decoration: Decoration.Strikethrough);
    private static readonly Style Added = new(Color.Green, decoration: Decoration.Underline);

    public static void Write(IAnsiConsole console, string input, IReadOnlyList<Edit> edits)
    {
        var hasColours = console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var marked = new Paragraph();
        var copied = 0;
        foreach (var edit in edits)
        {
            marked.Append(input[copied..edit.Span.Start]);
            if (edit.Before.Length > 0) marked.Append(hasColours ? edit.Before : $"[-{edit.Before}-]", Removed);
            if (edit.After.Length > 0) marked.Append(hasColours ? edit.After : $"{{+{edit.After}+}}", Added);
            copied = edit.Span.End;
        }

        console.Write(marked.Append(input[copied..]));
    }
}
