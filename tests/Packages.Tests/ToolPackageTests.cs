namespace HybridGen.Packages.Tests;

/// <summary>The command line as a tool of the SDK.</summary>
public sealed class ToolPackageTests(PackageFeed feed)
{
    private static string System => Dotnet.Built("System");

    [Fact]
    public async Task Tool_InstalledFromAFolder_MendsAText()
    {
        await feed.PackToolAsync();
        using var scratch = new Scratch();
        var text = scratch.Write("text.txt", "I recieved teh packige.\n");
        await Dotnet.RunAsync(scratch.Folder, "tool", "install", "HybridGen.Cli", "--version", PackageFeed.Version, "--add-source", feed.Folder, "--tool-path", "tools");
        var program = Path.Combine(scratch.Folder, "tools", OperatingSystem.IsWindows() ? "hybridgen.exe" : "hybridgen");
        Assert.Equal("I received the package.\n", await Dotnet.StartAsync(program, scratch.Folder, "fix", text));
        AssertContents();
    }

    /// <summary>The package that is asked for is small; that of a system has the program, and the native libraries of that system alone.</summary>
    private void AssertContents()
    {
        using (var pointer = feed.Open("HybridGen.Cli"))
        {
            Assert.Equal(["README.md", "icon.png"], pointer.Entries.Select(entry => entry.FullName).Where(name => name is "README.md" or "icon.png").Order(StringComparer.Ordinal));
            Assert.True(pointer.Entries.Sum(entry => entry.Length) < 100_000);
        }

        using var package = feed.Open($"HybridGen.Cli.{System}");
        var files = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains($"tools/net10.0/{System}/models/mini/model.safetensors", files);
        Assert.Contains($"tools/net10.0/{System}/hybridgen.dll", files);
        Assert.All(files.Where(file => file.Contains("/runtimes/", StringComparison.Ordinal)), file => Assert.Contains($"/runtimes/{System}/", file, StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.StartsWith("content", StringComparison.Ordinal));
    }
}
