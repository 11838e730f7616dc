namespace HybridGen.Hybrid.Tests;

internal static class Repository
{
    public static string Root { get; } = Find();

    public static string MiniModel => Path.Combine(Root, "models", "mini");

    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", "mini", name);

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HybridGen.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No folder above the tests has HybridGen.sln.");
        return folder;
    }
}
