using System.CommandLine;
using System.Globalization;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using Spectre.Console;

namespace HybridGen.Cli.Catalogue;

/// <summary><c>models list</c>: what can be pulled, and what is there.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Write the catalogue and the cache as JSON." };
        var command = new Command("list", "Shows the models that are known by name, and those in the cache.") { json };
        command.SetAction(parsed =>
        {
            var cache = ModelCache.Open();
            var report = Report(cache, ModelCatalogue.Read(), Hub.Open());
            if (parsed.GetValue(json)) Reports.Print(report);
            else Show(report);
        });
        return command;
    }

    private static ModelsReport Report(ModelCache cache, IReadOnlyList<CatalogueModel> catalogue, Hub hub)
    {
        var others = cache.Names.Where(name => !catalogue.Any(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
        return new ModelsReport(cache.Folder, [.. catalogue.Select(model => Known(cache, model, hub)), .. others.Select(name => Other(cache, name))]);
    }

    private static ModelReport Known(ModelCache cache, CatalogueModel model, Hub hub)
    {
        var state = cache.Has(model) ? ModelState.Pulled : cache.BytesOf(model.Name) > 0 ? ModelState.Begun : ModelState.Known;
        var files = model.Files.Select(file => new FileReport(file.Path, model.Address(file, hub.Endpoint), file.Size, file.Sha256, file.Optional));
        var path = state == ModelState.Pulled ? cache.PathOf(model.Name) : null;
        return new ModelReport(model.Name, model.Kind, model.Licence, model.Size, model.Repository, state, cache.BytesOf(model.Name), path, [.. files]);
    }

    private static ModelReport Other(ModelCache cache, string name)
    {
        var file = cache.GgufOf(name);
        var origin = file is null ? null : Origin.Read(file);
        var state = file is null ? ModelState.Begun : ModelState.Pulled;
        return new ModelReport(name, ModelKind.Drafter, null, origin?.Length, origin?.Address.ToString(), state, cache.BytesOf(name), file is null ? null : cache.PathOf(name), []);
    }

    private static void Show(ModelsReport report)
    {
        var table = new Table().NoBorder().AddColumns("name", "kind", "size", "licence", "source", "cache");
        foreach (var model in report.Models)
            table.AddRow([.. new[] { model.Name, Word(model.Kind), Size(model.Size), model.Licence ?? "", model.Source ?? "", State(model) }.Select(cell => new Text(cell))]);
        if (!Terminal.ShowsResults) Terminal.KeepLines();
        Terminal.Out.Write(table);
        Terminal.Summarise($"the cache is {report.Cache}; 'hybridgen models pull NAME' fetches a model");
    }

    private static string Word(ModelKind kind) => kind == ModelKind.Drafter ? "drafter" : "refiner";

    private static string State(ModelReport model) => model.State switch
    {
        ModelState.Pulled => $"pulled, {Size(model.Bytes)}",
        ModelState.Begun => $"begun, {Size(model.Bytes)}",
        _ => "",
    };

    private static string Size(long? bytes) => bytes switch
    {
        null => "?",
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:F0} kB"),
    };
}

/// <summary>Whether a model is in the cache.</summary>
internal enum ModelState
{
    /// <summary>It can be pulled.</summary>
    Known,

    /// <summary>A part of it is there.</summary>
    Begun,

    /// <summary>It can be used by its name.</summary>
    Pulled,
}

/// <summary>The models and the folder of the pulled ones.</summary>
internal sealed record ModelsReport(string Cache, IReadOnlyList<ModelReport> Models);

/// <summary>A model; <paramref name="Bytes"/> are those in the cache.</summary>
internal sealed record ModelReport(string Name, ModelKind Kind, string? Licence, long? Size, string? Source, ModelState State, long Bytes, string? Path, IReadOnlyList<FileReport> Files);

/// <summary>A file of a model of the catalogue.</summary>
internal sealed record FileReport(string Path, Uri Url, long? Size, string? Sha256, bool Optional);
