namespace HybridGen.Packages.Tests;

/// <summary>A fresh program that references HybridGen.Plugin and no more, from a folder as feed.</summary>
public sealed class ConsumerTests(PackageFeed feed)
{
    [Fact]
    public async Task FreshProgram_DraftsAndRevisesWithThePackagesAlone()
    {
        using var scratch = new Scratch();
        var output = await BuildAsync(scratch);
        var lines = (await Dotnet.RunAsync(scratch.Folder, Path.Combine(output, "Consumer.dll"))).Split('\n');
        Assert.Equal(["generated: 12 tokens", "revised: I received the package."], lines[..2]);
        Assert.StartsWith("explained: [{\"position\":2,\"before\":\"recieved\",\"after\":\"received\",", lines[2], StringComparison.Ordinal);
        Assert.Equal("takes: string", lines[3]);
        Assert.True(File.Exists(Path.Combine(output, "models", "mini", "model.safetensors")));
    }

    [Fact]
    public async Task ProgramThatBringsItsOwn_GetsNoBackEndAndNoModels()
    {
        using var scratch = new Scratch();
        var output = await BuildAsync(scratch, "-p:BringsItsOwn=true");
        var files = Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToList();
        Assert.Contains("HybridGen.Plugin", files);
        Assert.DoesNotContain(files, file => file is "libllama" or "llama" or "libtorch_cpu" or "torch_cpu" or "model" or "drafter");
    }

    /// <summary>Builds the program; our packages go into a folder of its own, all others are taken from where this build has them.</summary>
    /// <returns>The folder that it is built into.</returns>
    private async Task<string> BuildAsync(Scratch scratch, params string[] options)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Consumer"))) File.Copy(file, Path.Combine(scratch.Folder, Path.GetFileName(file)));
        scratch.Write("nuget.config", $"""
            <configuration>
              <config>
                <add key="globalPackagesFolder" value="packages" />
              </config>
              <fallbackPackageFolders>
                <add key="restored" value="{Dotnet.Built("PackageFolder")}" />
              </fallbackPackageFolders>
              <packageSources>
                <add key="packed" value="{feed.Folder}" />
              </packageSources>
            </configuration>
            """);
        var output = Path.Combine(scratch.Folder, "out");
        await Dotnet.RunAsync(scratch.Folder, ["build", "Consumer.csproj", "-o", output, $"-p:HybridGenVersion={PackageFeed.Version}", .. options]);
        return output;
    }
}
