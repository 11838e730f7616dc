using HybridGen.Editing;
using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>A revised text with its changes marked: struck out and underlined, or as <c>[-old-]{+new+}</c> where a terminal has no colours.</summary>
internal static class MarkedText
{
    private static readonly Style Removed = new(Color.Red, decoration: Decoration.Strikethrough);
    private static readonly Style Added = new(Color.Green, decoration: Decoration.Underline);

    /// <param name="input">The text before its revision.</param>
    /// <param name="edits">The changes.</param>
    /// <param name="wrap">Whether lines break between words; where they do not, a line of the text stays a line when it is copied.</param>
    public static void Write(string input, IReadOnlyList<Edit> edits, bool wrap)
    {
        var hasColours = Terminal.Out.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var marked = new Paragraph();
        var copied = 0;
        foreach (var edit in edits)
        {
            marked.Append(input[copied..edit.Span.Start]);
            if (edit.Before.Length > 0) marked.Append(hasColours ? edit.Before : $"[-{edit.Before}-]", Removed);
            if (edit.After.Length > 0) marked.Append(hasColours ? edit.After : $"{{+{edit.After}+}}", Added);
            copied = edit.Span.End;
        }

        if (!wrap) Terminal.KeepLines();
        Terminal.Out.Write(marked.Append(input[copied..]));
    }
}
