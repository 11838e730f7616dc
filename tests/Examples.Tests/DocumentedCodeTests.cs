using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace HybridGen.Examples.Tests;

/// <summary>The C# in README.md and docs is for the library as it is now.</summary>
public class DocumentedCodeTests
{
    // What a project has without saying so, and what the documents leave out.
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using HybridGen;
        global using HybridGen.Drafting;
        global using HybridGen.Pipelines;
        global using HybridGen.Plugin;
        global using HybridGen.Plugin.Chat;
        global using HybridGen.Plugin.Functions;
        global using HybridGen.Plugin.Revising;
        global using HybridGen.Revising;
        global using HybridGen.Steering;
        global using Microsoft.Extensions.AI;
        global using HybridGen.Telemetry;
        global using LLama;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.SemanticKernel;
        global using static Given;
        """;

    private static readonly IReadOnlyList<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static TheoryData<DocumentedCode> Blocks => [.. DocumentedCode.All()];

    [Theory]
    [MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public void Block_Compiles(DocumentedCode block) => Assert.Empty(Errors(block));

    [Fact]
    public void NoBlock_IsOverlooked() =>
        Assert.Equal(
            Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)).Sum(file => File.ReadLines(file).Count(line => line.TrimStart().StartsWith("```c", StringComparison.Ordinal))),
            DocumentedCode.All().Count());

    [Theory]
    [InlineData("var n = engine.Options.Threads;", "HybridGenEngine engine", null)]
    [InlineData("var n = engine.Options.Threds;", "HybridGenEngine engine", "doc.md(4): error CS1061")]
    [InlineData("var n = engine.Options.Threads;", "int other", "doc.md(4): error CS0103")]
    [InlineData("var n =", "int other", "doc.md(4): error CS1733")]
    public void WrongBlock_IsNamedWithItsLine(string code, string given, string? error)
    {
        var block = Assert.Single(DocumentedCode.Read("doc.md", $"Text\n<!-- given: {given} -->\n```csharp\n{code}\n```\n"));
        var errors = Errors(block).ToList();
        if (error is null) Assert.Empty(errors);
        else Assert.Contains(errors, found => found.StartsWith(error, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Errors(DocumentedCode block)
    {
        var given = string.Concat(block.Given.Select(declaration => $"public static {declaration} = default!;"));
        SyntaxTree[] sources = [
            CSharpSyntaxTree.ParseText(Usings),
            CSharpSyntaxTree.ParseText($"static class Given {{ {given} }}"),
            CSharpSyntaxTree.ParseText($"#line {block.Line} \"{block.Document}\"\n{block.Code}"),
        ];
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
            // A member that is to be used no more is an error too.
            .WithSpecificDiagnosticOptions([new("CS0612", ReportDiagnostic.Error), new("CS0618", ReportDiagnostic.Error)]);
        return CSharpCompilation.Create("block", sources, References, options).GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic => $"{block.Document}({diagnostic.Location.GetMappedLineSpan().StartLinePosition.Line + 1}): error {diagnostic.Id}: {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}");
    }
}
