using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HybridGen.Bench;

/// <summary>What one command measured, as Markdown and JSON: the machine, then a name, a number and a unit a line.</summary>
internal sealed class Report(string title)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly List<(string Name, string Value, string Unit)> _lines = [.. Machine.Lines()];

    public static Option<string?> Option { get; } = new("--report") { Description = "File to write: .json for JSON, else Markdown. Folder bench/reports is for those to keep." };

    public void Add(string name, object value, string unit = "") =>
        _lines.Add((name, value is double number ? Number(number) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", unit));

    /// <summary>Prints the report, and writes it where asked.</summary>
    public async Task PublishAsync(string? file)
    {
        Console.WriteLine(Markdown());
        if (file is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var json = Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase);
        await File.WriteAllTextAsync(file, json ? Json() : Markdown());
    }

    private string Markdown()
    {
        var text = new StringBuilder($"# {title}\n\n| what | value | unit |\n|---|---:|---|\n");
        foreach (var (name, value, unit) in _lines) text.Append(CultureInfo.InvariantCulture, $"| {name} | {value.Replace("|", "\\|", StringComparison.Ordinal)} | {unit} |\n");
        return text.ToString();
    }

    private string Json() =>
        JsonSerializer.Serialize(new { title, lines = _lines.Select(line => new { name = line.Name, value = line.Value, unit = line.Unit }) }, Indented) + "\n";

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "F0" : "0.###", CultureInfo.InvariantCulture);
}
