namespace HybridGen.Cli.Catalogue;

/// <summary>The folder of pulled models: a folder for each, by its name.</summary>
internal sealed class ModelCache(string folder)
{
    private const string Variable = "HYBRIDGEN_CACHE";

    // Lock files stay: one that is deleted while another process waits for it would let in two.
    private const string Locks = ".locks";

    public string Folder => folder;

    /// <summary>Names of the pulled models and of those begun, in order.</summary>
    public IEnumerable<string> Names => Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => name != Locks).Order(StringComparer.OrdinalIgnoreCase)
        : [];

    /// <summary>The cache that the environment names, else the platform's.</summary>
    public static ModelCache Open()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return new ModelCache(Path.GetFullPath(named));
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return new ModelCache(Path.Combine(string.IsNullOrEmpty(cache) ? PlatformCache() : cache, "hybridgen", "models"));
    }

    /// <summary>Whether this can be the name of a model or a file: nothing that leads out of its folder.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && name[0] != '.' && !name.AsSpan().ContainsAny('/', '\\', ':') && name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0;

    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>The name as it is written in the cache; <see langword="null"/> where it is not there.</summary>
    public string? Find(string name) => Names.FirstOrDefault(found => found.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether all that the catalogue wants of a model is there.</summary>
    public bool Has(CatalogueModel model) => model.Files.All(file => file.Optional || File.Exists(Path.Combine(PathOf(model.Name), file.Path)));

    /// <summary>The only GGUF file of a model that is not in the catalogue; <see langword="null"/> where there is none.</summary>
    public string? GgufOf(string name) => Directory.EnumerateFiles(PathOf(name), "*.gguf").Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>Bytes that a model takes, parts of files included.</summary>
    public long BytesOf(string name) => new DirectoryInfo(PathOf(name)) is { Exists: true } model ? model.EnumerateFiles().Sum(file => file.Length) : 0;

    /// <summary>Keeps other processes from the same model until it is disposed.</summary>
    /// <exception cref="PullException">Another process has it.</exception>
    public IDisposable Lock(string name)
    {
        var path = Path.Combine(folder, Locks, name.ToLowerInvariant());
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException busy) when (File.Exists(path))
        {
            throw new PullException($"'{name}' is being pulled or removed by another process; try again when it is done.", busy);
        }
    }

    /// <summary>Removes a model and what was begun of it.</summary>
    /// <exception cref="PullException">It is not there, or another process pulls it.</exception>
    public string Remove(string name)
    {
        var found = Find(name) ?? throw new PullException($"'{name}' is not in the cache '{folder}'; 'hybridgen models list' shows what is.");
        using var held = Lock(found);
        Directory.Delete(PathOf(found), recursive: true);
        return found;
    }

    private static string PlatformCache()
    {
        if (OperatingSystem.IsWindows()) return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
    }
}
