using System.IO.Compression;
using HybridGen.Packages.Tests;

[assembly: AssemblyFixture(typeof(PackageFeed))]

namespace HybridGen.Packages.Tests;

/// <summary>All packages, packed from what was built, in a folder that is a feed.</summary>
public sealed class PackageFeed : IAsyncLifetime
{
    public const string Version = "0.1.0-test";

    private static readonly string[] Libraries = ["Drafting", "Hybrid", "Plugin"];

    private readonly Scratch _scratch = new();

    public string Folder => Path.Combine(_scratch.Folder, "feed");

    /// <summary>Packs the libraries; what was built is packed as it is.</summary>
    public async ValueTask InitializeAsync()
    {
        var projects = string.Join(';', Libraries.Select(name => Path.Combine(Repository.Root, "src", name, $"{name}.csproj")));
        var pack = _scratch.Write("pack.proj", $"""
            <Project>
              <Target Name="Pack">
                <MSBuild Projects="{projects}" Targets="Pack" BuildInParallel="true"
                         Properties="NoBuild=true;Configuration={Dotnet.Built("Configuration")};PackageVersion={Version};PackageOutputPath={Folder}" />
              </Target>
            </Project>
            """);
        await Dotnet.RunAsync(_scratch.Folder, "msbuild", pack, "-t:Pack");
    }

    /// <summary>Packs the command line: a package that points to one for each system, and that for this one.</summary>
    public Task PackToolAsync() => Dotnet.RunAsync(
        Path.Combine(Repository.Root, "src", "Cli"), "pack", "--no-restore", "-c", Dotnet.Built("Configuration"), $"-p:PackageVersion={Version}", "-o", Folder);

    /// <summary>Reads a package.</summary>
    public ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.{extension}"));

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }
}
