using System.Text.RegularExpressions;

namespace HybridGen.Examples.Tests;

/// <summary>What docs/comparison.md says of HybridGen is tested by what it names, and so is what it names a test for elsewhere.</summary>
public sealed partial class ComparisonTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Sources = new(() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToDictionary(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText));

    public static TheoryData<string> Rows => [.. Table(File.ReadAllText(Path.Combine(Repository.Root, "docs", "comparison.md")))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_NamesTestsThatAreThere(string row) => Assert.Empty(Missing(row));

    [Fact]
    public void Table_IsFoundAsAWhole() => Assert.InRange(Rows.Count, 20, 60);

    [Theory]
    [InlineData("| a | yes (`ComparisonTests.Table_IsFoundAsAWhole`) | no |", null)]
    [InlineData("| a | no | yes |", null)]
    [InlineData("| a | yes | no |", "no test is named")]
    [InlineData("| a | yes (`ComparisonTests.Table_IsLost`) | no |", "ComparisonTests.Table_IsLost")]
    [InlineData("| a | yes (`NoSuchTests.Any`) | no |", "NoSuchTests.Any")]
    [InlineData("| a | no | yes (`NoSuchTests.Any`) |", "NoSuchTests.Any")]
    [InlineData("| a | yes (`ComparisonTests.Missing`) | no |", "ComparisonTests.Missing")]
    public void Row_WithoutItsTest_IsFound(string row, string? missing) => Assert.Equal(missing, Missing(row).SingleOrDefault());

    private static IEnumerable<string> Table(string document) => document.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1);

    /// <summary>What is missing of a row's tests: any for HybridGen, or one that is named.</summary>
    private static IEnumerable<string> Missing(string row)
    {
        var cell = row.Split('|')[2].Trim();
        if (cell != "no" && !Named().IsMatch(cell)) return ["no test is named"];
        var named = Named().Matches(row).Select(match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value));
        return named.Where(test => !Exists(test.Class, test.Method)).Select(test => $"{test.Class}.{test.Method}");
    }

    private static bool Exists(string type, string method) =>
        Sources.Value.TryGetValue(type, out var source) && Regex.IsMatch(source, $@"\[(Fact|Theory)\b[^\n]*\n(\s*\[[^\n]*\n)*\s*public\s+(async\s+)?(Task|void)\s+{Regex.Escape(method)}\(");

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex Named();
}
