using System.CommandLine;
using System.Text.Json;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using Spectre.Console;

namespace HybridGen.Cli.Doctor;

/// <summary><c>doctor</c>: what was found on this machine, and what to do about what does not work.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Says what was found: libraries, processor, models; and what to do about what does not work.");
        var json = new Option<bool>("--json") { Description = "Write the findings as JSON." };
        command.Add(json);
        var models = new ModelOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var diagnosis = await Diagnosis.MakeAsync(models.Read(parsed), cancellationToken);
            if (parsed.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(diagnosis, Reports.Json));
            else Show(diagnosis);
            return diagnosis.Works ? ExitCode.Done : ExitCode.Model;
        });
        return command;
    }

    private static void Show(Diagnosis diagnosis)
    {
        var (system, processor) = (diagnosis.System, diagnosis.Processor);
        var table = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        Row(table, "HybridGen", $"{diagnosis.Version} on .NET {system.DotNet}");
        Row(table, "System", $"{system.Description}, {system.RuntimeIdentifier}");
        Row(table, "C library", $"glibc {system.Glibc ?? "not found"}; libstdc++ {system.Libstdcxx ?? "not loaded"}; libgomp {(system.HasLibgomp ? "found" : "missing")}");
        Row(table, "Processor", $"{processor.Model}, {Terminal.Count(processor.Threads, "thread")}, {string.Join(' ', processor.InstructionSets)}");
        Row(table, "Memory", $"{processor.MemoryBytes / 1e9:F1} GB");
        Row(table, "GPU", diagnosis.Gpu);
        foreach (var part in diagnosis.Parts) Row(table, part.Name, part.Finding, part.Problem);
        foreach (var (name, finding) in diagnosis.Drafting.Lines()) Row(table, name, finding);
        if (!Terminal.ShowsResults) Terminal.KeepLines();
        Terminal.Out.Write(table);
        Terminal.Out.MarkupLine(diagnosis.Works ? "[green]Everything works.[/]" : "[red]Something does not work; see above.[/]");
    }

    private static void Row(Grid table, string name, string finding, string? problem = null) =>
        table.AddRow(new Markup($"[bold]{name}[/]"), problem is null ? new Text(finding) : new Text(problem, new Style(Color.Red)));
}
