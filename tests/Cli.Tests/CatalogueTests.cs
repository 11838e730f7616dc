using System.Text.Json;
using HybridGen.Cli.Catalogue;

namespace HybridGen.Cli.Tests;

public sealed class CatalogueTests : IDisposable
{
    private static readonly byte[] Model = TinyGguf.Make(1);

    private readonly Scratch _scratch = new();
    private readonly FileServer _server = new();
    private readonly Dictionary<string, string> _environment;

    public CatalogueTests()
    {
        var catalogue = _scratch.Write("catalogue.json", $$"""
            [
              { "name": "tiny", "kind": "drafter", "licence": "MIT", "repository": "owner/tiny", "revision": "main", "files": [
                { "path": "Tiny.gguf", "size": {{Model.Length}}, "sha256": "{{TinyGguf.Sha256(Model)}}" } ]},
              { "name": "both", "kind": "refiner", "licence": "MIT", "repository": "owner/both", "revision": "v1", "files": [
                { "path": "config.json" }, { "path": "model.safetensors" }, { "path": "more.json", "optional": true } ]}
            ]
            """);
        _environment = new() { ["HYBRIDGEN_CACHE"] = Cache, [ModelCatalogue.Variable] = catalogue, ["HF_ENDPOINT"] = _server.Address.ToString(), ["HF_TOKEN"] = "" };
        _server.Serve("owner/tiny/resolve/main/Tiny.gguf", new ServedFile(Model));
        _server.Serve("owner/both/resolve/v1/config.json", new ServedFile("{}"u8.ToArray()));
        _server.Serve("owner/both/resolve/v1/model.safetensors", new ServedFile([1, 2, 3]) { Announced = TinyGguf.Sha256([1, 2, 3]) });
    }

    private string Cache => Path.Combine(_scratch.Folder, "cache");

    public void Dispose()
    {
        _server.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Shipped_EveryModel_CanBeAddressedAndIsNamedOnce()
    {
        var models = ModelCatalogue.Read();
        Assert.Equal(14, models.Count);
        Assert.Equal(models.Count, models.Select(model => model.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(models.SelectMany(model => model.Files), file => Assert.True(file.Sha256 is null || WantedFile.IsSha256(file.Sha256)));
        Assert.All(models.Where(model => model.Kind == ModelKind.Drafter), model => Assert.EndsWith(".gguf", Assert.Single(model.Files).Path, StringComparison.Ordinal));
        Assert.All(models, model => Assert.NotNull(model.Size));
    }

    [Fact]
    public void Shipped_SmolLM2_IsTheFileThatTestsUse()
    {
        var content = File.ReadAllBytes(Repository.Shared("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        var file = Assert.Single(ModelCatalogue.Read().Single(model => model.Name == "smollm2-135m").Files);
        Assert.Equal((content.LongLength, TinyGguf.Sha256(content)), (file.Size!.Value, file.Sha256));
    }

    [Fact]
    public async Task PullListRemove_ByName_AreOfOnePiece()
    {
        var pulled = await RunAsync("models", "pull", "TINY");
        Assert.Equal((0, $"Tiny.gguf: {Model.Length:N0} bytes, SHA-256 {TinyGguf.Sha256(Model)}, as the catalogue says\n"), (pulled.ExitCode, pulled.Text));
        Assert.Equal(["tiny pulled", "both known"], await StatesAsync());
        Assert.Equal(0, (await RunAsync("models", "rm", "tiny")).ExitCode);
        Assert.Equal(["tiny known", "both known"], await StatesAsync());
        (await RunAsync("models", "rm", "tiny")).AssertRefused(1, "'tiny' is not in the cache", Cache);
    }

    [Fact]
    public async Task Pull_Refiner_BringsAFolder()
    {
        var pulled = await RunAsync("models", "pull", "both");
        var lines = pulled.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("which nothing is known to compare with", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("as the server announced; no other is known", lines[1], StringComparison.Ordinal);
        Assert.Equal("more.json: is not published, and is not needed", lines[2]);
        (await RunAsync("models", "verify", "both")).AssertRefused(3, Path.Combine(Cache, "both"), "expected.safetensors");
    }

    [Fact]
    public async Task List_Text_HasALineForEach()
    {
        var run = await RunAsync("models", "list");
        var lines = run.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(["tiny", "both"], lines.Skip(1).Select(line => line.Split(' ')[0]));
        Assert.Contains("owner/tiny", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_Address_IsFoundByItsFilesName()
    {
        var address = _server.Serve("some/mini-drafter.gguf", new ServedFile(File.ReadAllBytes(Repository.MiniDrafter)));
        Assert.Equal(0, (await RunAsync("models", "pull", address.ToString())).ExitCode);
        Assert.Equal(["tiny known", "both known", "mini-drafter pulled"], await StatesAsync());
        var run = await RunAsync("generate", "Once", "--drafter", "mini-drafter", "--no-revise", "--max-tokens", "2", "--greedy");
        Assert.Equal((0, 0), (run.ExitCode, run.Errors.Length));
    }

    [Fact]
    public async Task Pull_Interrupted_SaysThatItCanBeResumed()
    {
        _server.Serve("owner/tiny/resolve/main/Tiny.gguf", new ServedFile(Model) { StallAfter = 100_000 });
        var part = Path.Combine(Cache, "tiny", "Tiny.gguf.part");
        var run = await Hybridgen.RunAsync(["models", "pull", "tiny"], environment: _environment, meanwhile: async process =>
        {
            while (!File.Exists(part) || new FileInfo(part).Length < 100_000) await Task.Delay(50, TestContext.Current.CancellationToken);
            await Hybridgen.InterruptAsync(process);
        });
        run.AssertRefused(130, "cancelled. 100,000 bytes are kept");
        Assert.Equal(["tiny begun", "both known"], await StatesAsync());
    }

    [Theory]
    [InlineData("--drafter", "tiny", "'hybridgen models pull tiny'")]
    [InlineData("--refiner", "both", "'hybridgen models pull both'")]
    [InlineData("--judge", "tiny", "'hybridgen models pull tiny'")]
    [InlineData("--drafter", "both", "'both' is a refiner, but a drafter is needed here")]
    public async Task Generate_ModelThatIsNotPulled_IsRefusedWith3(string option, string name, string expected) =>
        (await RunAsync("generate", "x", option, name)).AssertRefused(3, expected);

    [Theory]
    [InlineData(1, "is not in the catalogue", "nothing")]
    [InlineData(1, "use https, or say with --sha256", "http://example.invalid/m.gguf")]
    [InlineData(1, "does not end with the name of a GGUF file", "https://example.invalid/m.bin")]
    [InlineData(1, "another model's name", "https://example.invalid/tiny.gguf")]
    [InlineData(1, "no address that can be fetched", "file:///m.gguf")]
    [InlineData(1, "--sha256 is for one", "both", "--sha256", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(2, "--sha256: 'abc' is not 64 hexadecimal digits", "tiny", "--sha256", "abc")]
    public async Task Pull_WrongCommand_IsRefused(int exitCode, string expected, params string[] arguments) =>
        (await RunAsync(["models", "pull", .. arguments])).AssertRefused(exitCode, expected);

    private Task<Run> RunAsync(params string[] arguments) => Hybridgen.RunAsync(arguments, environment: _environment);

    private async Task<IEnumerable<string>> StatesAsync()
    {
        using var report = JsonDocument.Parse((await RunAsync("models", "list", "--json")).Output);
        return [.. report.RootElement.GetProperty("models").EnumerateArray().Select(model => $"{model.GetProperty("name")} {model.GetProperty("state")}")];
    }
}
