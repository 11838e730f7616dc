using System.Text;
using System.Text.Json;

namespace HybridGen.Cli.Tests;

public sealed class GenerateTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Generate_Seeded_IsTheSameEachTime()
    {
        string[] arguments = ["generate", "Once upon a time", "--seed", "5", "--max-tokens", "30"];
        var first = await Hybridgen.RunAsync(arguments);
        Assert.Equal((0, 0), (first.ExitCode, first.Errors.Length));
        Assert.Equal(first.Text, (await Hybridgen.RunAsync(arguments)).Text);
    }

    [Fact]
    public async Task Generate_Json_TokensTileTheDraftAndEditsGiveTheText()
    {
        var run = await Hybridgen.RunAsync(["generate", "The old town by the sea was", "--raw", "--seed", "20", "--max-tokens", "60", "--json"]);
        var json = JsonDocument.Parse(run.Text).RootElement;
        var draft = json.GetProperty("draft").GetString()!;
        Assert.Equal(draft, string.Concat(json.GetProperty("tokens").EnumerateArray().Select(token => token.GetProperty("text").GetString())));
        Assert.All(json.GetProperty("tokens").EnumerateArray(), token => Assert.True(token.GetProperty("logProbability").GetDouble() <= 0 && token.GetProperty("id").GetInt32() >= 0));
        var text = new StringBuilder(draft);
        foreach (var edit in json.GetProperty("edits").EnumerateArray().Reverse())
            text.Remove(edit.GetProperty("start").GetInt32(), edit.GetProperty("length").GetInt32()).Insert(edit.GetProperty("start").GetInt32(), edit.GetProperty("after").GetString());
        Assert.Equal(json.GetProperty("text").GetString(), text.ToString());
        Assert.True(json.GetProperty("timings").GetProperty("draft").GetDouble() > 0);
    }

    [Fact]
    public async Task Generate_NoRevise_ReturnsTheDraft()
    {
        var run = await Hybridgen.RunAsync(["generate", "The old town", "--raw", "--greedy", "--max-tokens", "4", "--no-revise"]);
        Assert.Equal(" was a great deal" + Environment.NewLine, run.Text);
    }

    [Fact]
    public async Task Generate_DamagedDrafter_IsRefused()
    {
        var cut = _scratch.Write("cut.gguf", File.ReadAllBytes(Repository.MiniDrafter)[..300_000]);
        var page = _scratch.Write("page.gguf", "<!DOCTYPE html><html></html>");
        (await Hybridgen.RunAsync(["generate", "x", "--drafter", cut])).AssertRefused(3, "cut.gguf", "300000 bytes");
        (await Hybridgen.RunAsync(["generate", "x", "--drafter", page])).AssertRefused(3, "page.gguf", "web page");
        (await Hybridgen.RunAsync(["generate", "x", "--drafter", Path.Combine(_scratch.Folder, "none.gguf")])).AssertRefused(3, "none.gguf", "does not exist");
    }
}
