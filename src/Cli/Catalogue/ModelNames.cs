namespace HybridGen.Cli.Catalogue;

/// <summary>Turns what an option names into a path: a path that exists, else a pulled model.</summary>
internal static class ModelNames
{
    /// <exception cref="ModelUnavailableException">A model of the catalogue that is not pulled, or one of another kind.</exception>
    public static string Drafter(string named) => Find(named, ModelKind.Drafter);

    /// <inheritdoc cref="Drafter"/>
    public static string Refiner(string named) => Find(named, ModelKind.Refiner);

    private static string Find(string named, ModelKind kind)
    {
        if (Path.Exists(named) || !ModelCache.IsName(named)) return named;
        var cache = ModelCache.Open();
        if (ModelCatalogue.Read().FirstOrDefault(model => model.Name.Equals(named, StringComparison.OrdinalIgnoreCase)) is { } known) return PathOf(cache, known, kind);
        // What the engine says of a path that does not exist is right for all other names.
        return kind == ModelKind.Drafter && cache.Find(named) is { } pulled ? cache.GgufOf(pulled) ?? named : named;
    }

    private static string PathOf(ModelCache cache, CatalogueModel model, ModelKind kind)
    {
        if (model.Kind != kind)
            throw new ModelUnavailableException($"'{model.Name}' is a {Word(model.Kind)}, but a {Word(kind)} is needed here; 'hybridgen models list' shows which are.");
        if (!cache.Has(model)) throw new ModelUnavailableException($"'{model.Name}' is not here yet: 'hybridgen models pull {model.Name}' fetches it.");
        var folder = cache.PathOf(model.Name);
        return kind == ModelKind.Drafter ? Path.Combine(folder, model.Files[0].Path) : folder;
    }

    private static string Word(ModelKind kind) => kind == ModelKind.Drafter ? "drafter" : "refiner";
}
