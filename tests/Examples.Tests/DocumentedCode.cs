using System.Text.RegularExpressions;

namespace HybridGen.Examples.Tests;

/// <summary>A block of C# in a document.</summary>
/// <param name="Document">The document, from the repository's root.</param>
/// <param name="Line">Its first line, from 1.</param>
/// <param name="Code">The code.</param>
/// <param name="Given">What the block takes for granted: declarations from a comment before it, which readers do not see.</param>
public sealed partial record DocumentedCode(string Document, int Line, string Code, IReadOnlyList<string> Given)
{
    /// <summary>All blocks of the documents that readers are pointed to.</summary>
    public static IEnumerable<DocumentedCode> All() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Prepend(Path.Combine(Repository.Root, "README.md"))
            .SelectMany(file => Read(Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File.ReadAllText(file)));

    /// <summary>The blocks of a document.</summary>
    public static IEnumerable<DocumentedCode> Read(string document, string text) => Block().Matches(text).Select(block =>
    {
        var code = block.Groups["code"];
        return new DocumentedCode(document, text.AsSpan(0, code.Index).Count('\n') + 1, code.Value, block.Groups["given"].Value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    });

    /// <inheritdoc/>
    public override string ToString() => $"{Document}:{Line}";

    [GeneratedRegex(@"^(<!--\s*given:(?<given>[^>]*?)-->\s*)?^```(csharp|cs|c\#)\r?\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
