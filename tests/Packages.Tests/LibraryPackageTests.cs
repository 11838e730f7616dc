using System.Buffers.Binary;
using System.IO.Compression;
using System.Xml.Linq;

namespace HybridGen.Packages.Tests;

public sealed class LibraryPackageTests(PackageFeed feed)
{
    private static readonly string[] Mini = ["MODEL_CARD.md", "config.json", "confusions.txt", "drafter.gguf", "lexicon.tsv", "model.safetensors", "tokenizer.json"];

    [Theory]
    [InlineData("HybridGen.Drafting")]
    [InlineData("HybridGen.Hybrid", "buildTransitive/HybridGen.Hybrid.targets")]
    [InlineData("HybridGen.Plugin")]
    public void Package_HasTheLibraryItsDocumentsAndNothingElse(string id, params string[] own)
    {
        using var package = feed.Open(id);
        string[] expected = ["README.md", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml", $"{id}.nuspec", .. own, .. id == "HybridGen.Hybrid" ? Mini.Select(name => $"models/mini/{name}") : []];
        Assert.Equal(expected.Order(StringComparer.Ordinal), package.Entries.Select(entry => entry.FullName).Where(IsContent).Order(StringComparer.Ordinal));
        Assert.Contains("M:HybridGen", Text(package, $"lib/net10.0/{id}.xml"), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, "README.md")), Text(package, "README.md"));
        Assert.Equal((128, 128), PngSize(package));
        using var symbols = feed.Open(id, "snupkg");
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
    }

    [Theory]
    [InlineData("HybridGen.Drafting", "LLamaSharp", "LLamaSharp.Backend.Cpu")]
    [InlineData("HybridGen.Hybrid", "HybridGen.Drafting", "TorchSharp", "libtorch-cpu")]
    [InlineData("HybridGen.Plugin", "HybridGen.Hybrid", "Microsoft.SemanticKernel.Core")]
    public void Package_NamesWhatItIsAndNeeds(string id, params string[] needed)
    {
        var metadata = Metadata(id);
        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        Assert.Equal((id, PackageFeed.Version, "MIT"), (Value("id"), Value("version"), Value("license")));
        Assert.Equal(("README.md", "icon.png"), (Value("readme"), Value("icon")));
        Assert.Contains("semantic-kernel", Value("tags").Split(' '));
        Assert.InRange(Value("description").Length, 80, 400);
        Assert.Subset(Dependencies(metadata).Keys.ToHashSet(), needed.ToHashSet());
    }

    [Theory]
    [InlineData("HybridGen.Hybrid", "HybridGen.Drafting")]
    [InlineData("HybridGen.Plugin", "HybridGen.Hybrid")]
    public void Sibling_IsNeededInTheSameVersion(string id, string sibling) => Assert.Equal(PackageFeed.Version, (string?)Dependencies(Metadata(id))[sibling].Attribute("version"));

    /// <summary>llama.cpp is copied by a file of its package's folder build, which must arrive.</summary>
    [Theory]
    [InlineData("HybridGen.Drafting", "LLamaSharp.Backend.Cpu")]
    [InlineData("HybridGen.Hybrid", "HybridGen.Drafting")]
    [InlineData("HybridGen.Plugin", "HybridGen.Hybrid")]
    public void NativeLibraries_AreNotHeldBack(string id, string dependency) => Assert.Equal("Analyzers", (string?)Dependencies(Metadata(id))[dependency].Attribute("exclude"));

    private static bool IsContent(string name) => !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.StartsWith("package/", StringComparison.Ordinal) && name != "[Content_Types].xml";

    private static Dictionary<string, XElement> Dependencies(XElement metadata) =>
        metadata.Descendants().Where(element => element.Name.LocalName == "dependency").ToDictionary(element => (string)element.Attribute("id")!);

    private static string Text(ZipArchive package, string name)
    {
        using var reader = new StreamReader(package.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }

    private static (int Width, int Height) PngSize(ZipArchive package)
    {
        using var stream = package.GetEntry("icon.png")!.Open();
        var header = new byte[24];
        stream.ReadExactly(header);
        return (BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(20)));
    }

    private XElement Metadata(string id)
    {
        using var package = feed.Open(id);
        return XDocument.Parse(Text(package, $"{id}.nuspec")).Root!.Elements().Single();
    }
}
