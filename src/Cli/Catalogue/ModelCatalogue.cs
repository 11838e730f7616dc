using System.Text.Json;
using System.Text.Json.Serialization;

namespace HybridGen.Cli.Catalogue;

/// <summary>What a model is for.</summary>
internal enum ModelKind
{
    /// <summary>A GGUF file, also as a judge.</summary>
    Drafter,

    /// <summary>A folder of safetensors with its tokenizer.</summary>
    Refiner,
}

/// <summary>A file of a model, as its repository publishes it.</summary>
/// <param name="Path">Its name in the repository and in the model's folder.</param>
/// <param name="Size">Bytes; <see langword="null"/> where not known.</param>
/// <param name="Sha256">In hex; <see langword="null"/> where not known: what the server announces is checked then.</param>
/// <param name="Repository">Where it is published, where that is not the model's own repository.</param>
/// <param name="Optional">Whether a model is complete without it.</param>
internal sealed record CatalogueFile(string Path, long? Size = null, string? Sha256 = null, string? Repository = null, bool Optional = false);

/// <summary>A model that can be pulled by its name.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Licence">Of the weights.</param>
/// <param name="Repository">OWNER/NAME on the hub.</param>
/// <param name="Revision">A commit, so that its files stay the same; or a branch where no commit is known.</param>
/// <param name="Files">What is pulled.</param>
/// <param name="About">About how many bytes, where the files' sizes are not all known.</param>
internal sealed record CatalogueModel(string Name, ModelKind Kind, string Licence, string Repository, string Revision, IReadOnlyList<CatalogueFile> Files, long? About = null)
{
    [JsonIgnore]
    public long? Size => About ?? Files.Sum(file => file.Size);

    public Uri Address(CatalogueFile file, Uri hub)
    {
        var revision = file.Repository is null ? Revision : "main";
        return new Uri($"{hub.ToString().TrimEnd('/')}/{file.Repository ?? Repository}/resolve/{revision}/{file.Path}");
    }
}

/// <summary>The models that are known by name.</summary>
internal static class ModelCatalogue
{
    /// <summary>Another catalogue in the same form, instead of the shipped one.</summary>
    public const string Variable = "HYBRIDGEN_CATALOGUE";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <exception cref="PullException">The catalogue that the environment names cannot be used.</exception>
    public static IReadOnlyList<CatalogueModel> Read()
    {
        var path = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(path)) return Read(path);
        using var shipped = typeof(ModelCatalogue).Assembly.GetManifestResourceStream("catalogue.json")!;
        return Read(shipped);
    }

    private static List<CatalogueModel> Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Read(file);
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new PullException($"The catalogue '{path}' that {Variable} names cannot be used: {failure.Message}", failure);
        }
    }

    private static List<CatalogueModel> Read(Stream stream)
    {
        var models = JsonSerializer.Deserialize<List<CatalogueModel>>(stream, Json) ?? throw new JsonException("it is null.");
        foreach (var model in models)
            if (new[] { model.Name }.Concat(model.Files.Select(file => file.Path)).FirstOrDefault(name => !ModelCache.IsName(name)) is { } bad)
                throw new JsonException($"'{bad}' is no name of a model or of a file.");
        return models;
    }
}
