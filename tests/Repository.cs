namespace HybridGen.Tests;

/// <summary>Files that tests read: the project's own, and those that only some machines have.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string MiniModel => Path.Combine(Root, "models", "mini");

    public static string MiniDrafter => Path.Combine(MiniModel, "drafter.gguf");

    public static string Fixture(string name) => Path.Combine(Root, "tests", "fixtures", "mini", name);

    /// <summary>The folder of a tiny checkpoint with expected values.</summary>
    public static string Checkpoint(string name) => Path.Combine(Root, "tests", "fixtures", "checkpoints", name);

    /// <summary>A file of the folder of corpora and models beside the checkout; a test that needs it is skipped where it is absent.</summary>
    public static string Shared(string name)
    {
        var path = Path.GetFullPath(Path.Combine(Root, "..", "shared", name));
        Assert.SkipUnless(Path.Exists(path), $"This test needs ../shared/{name} beside the checkout.");
        return path;
    }

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HybridGen.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No folder above the tests has HybridGen.sln.");
        return folder;
    }
}
