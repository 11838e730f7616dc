using System.Text.Json.Nodes;

namespace HybridGen.Cli.Tests;

/// <summary>A checkpoint with random weights: what it writes means nothing, but it is the same each time.</summary>
public class DiffuseTests
{
    private static readonly string[] Options = ["--refiner", Repository.Checkpoint("llada"), "--device", "cpu", "--precision", "f32", "--max-tokens", "8"];

    [Fact]
    public async Task Run_Prompt_WritesTheTextThatItsJsonHas()
    {
        var plain = await Hybridgen.RunAsync(["diffuse", "The old town", .. Options]);
        var json = await Hybridgen.RunAsync(["diffuse", "-", "--json", .. Options], "The old town"u8.ToArray());
        Assert.Equal((0, 0), (plain.ExitCode, json.ExitCode));
        var report = JsonNode.Parse(json.Text)!;
        Assert.Equal("The old town", report["prompt"]!.GetValue<string>());
        Assert.Equal(plain.Text, report["result"]!["text"]!.GetValue<string>() + "\n");
        Assert.InRange(report["result"]!["tokens"]!.AsArray().Count, 1, 8);
        Assert.True(report["result"]!["forwards"]!.GetValue<int>() > 0);
    }

    [Fact]
    public async Task Run_UnknownCache_IsRefusedWith2() => (await Hybridgen.RunAsync(["diffuse", "x", "--cache", "some"])).AssertRefused(2, "some");
}
