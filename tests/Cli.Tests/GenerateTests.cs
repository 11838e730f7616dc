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
    public async Task Generate_SeveralDrafts_ReportsAllAndRevisesTheBest()
    {
        var run = await Hybridgen.RunAsync(["generate", "The old town", "--raw", "--seed", "3", "--max-tokens", "20", "--drafts", "3", "--json"]);
        var json = JsonDocument.Parse(run.Text).RootElement;
        var drafts = json.GetProperty("drafts").EnumerateArray().ToList();
        Assert.Equal(3, drafts.Select(draft => draft.GetProperty("text").GetString()).Distinct().Count());
        var best = drafts.MaxBy(draft => draft.GetProperty("score").GetDouble());
        Assert.Equal((true, json.GetProperty("draft").GetString()), (best.GetProperty("isKept").GetBoolean(), best.GetProperty("text").GetString()));
        Assert.All(drafts, draft => Assert.Equal(draft.GetProperty("logProbability").GetDouble() - draft.GetProperty("doubt").GetDouble(), draft.GetProperty("score").GetDouble(), 1e-9));
    }

    [Theory]
    [InlineData("--pipeline", "overlapped", "--pipeline whole")]
    [InlineData("--greedy", null, "--greedy")]
    public async Task Generate_SeveralDraftsWithoutUse_IsRefused(string option, string? value, string expected) =>
        (await Hybridgen.RunAsync(["generate", "x", "--drafts", "2", option, .. value is null ? Array.Empty<string>() : [value]])).AssertRefused(2, expected);

    /// <summary>Through a template of the caller's the model reads what it says, no more.</summary>
    [Fact]
    public async Task Generate_ChatTemplate_IsWhatTheModelReads()
    {
        var template = _scratch.Write("t.jinja", "{% for m in messages %}{{ m.content }}{% endfor %}{{ ' town' if enable_thinking is false }}");
        string[] greedy = ["--greedy", "--max-tokens", "12", "--no-revise", "--json"];
        var templated = await Hybridgen.RunAsync(["generate", " old", "--system", "The", "--no-thinking", "--chat-template", template, .. greedy]);
        var raw = await Hybridgen.RunAsync(["generate", "The old town", "--raw", .. greedy]);
        Assert.Equal(JsonDocument.Parse(raw.Text).RootElement.GetProperty("draft").GetString(), JsonDocument.Parse(templated.Text).RootElement.GetProperty("draft").GetString());
        (await Hybridgen.RunAsync(["generate", "x", "--chat-template", _scratch.Write("bad.jinja", "\n{{ x")])).AssertRefused(1, "--chat-template", "bad.jinja", "Line 2, column 1");
        (await Hybridgen.RunAsync(["generate", "x", "--raw", "--system", "y"])).AssertRefused(2, "--raw has no use for a --system");
    }

    /// <summary>Two programs that drive the same model compare by these.</summary>
    [Fact]
    public async Task Generate_JsonAndScore_SayTheSameOfTheSameText()
    {
        var run = await Hybridgen.RunAsync(["generate", "The old town", "--raw", "--greedy", "--max-tokens", "20", "--no-revise", "--json"]);
        var json = JsonDocument.Parse(run.Text).RootElement;
        int[] ids = [.. Numbers(json, "prompt_ids"), .. Numbers(json, "draft_ids")];
        var score = await Hybridgen.RunAsync(["score", _scratch.Write("text.txt", "The old town" + json.GetProperty("draft").GetString()), "--drafter", Repository.MiniDrafter, "--json"]);
        var scored = JsonDocument.Parse(score.Text).RootElement;
        var drafted = json.GetProperty("log_probabilities").EnumerateArray().Select(number => number.GetDouble()).ToList();
        var again = scored.GetProperty("log_probabilities").EnumerateArray().TakeLast(drafted.Count).Select(number => number.GetDouble()).ToList();
        Assert.Equal(ids.TakeLast(Numbers(scored, "ids").Length), Numbers(scored, "ids"));
        Assert.All(drafted.Zip(again), pair => Assert.Equal(pair.First, pair.Second, 2e-2));

        static int[] Numbers(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];
    }

    [Theory]
    [InlineData("interleaved")]
    [InlineData("overlapped")]
    public async Task Generate_AnyPipeline_WritesARevisedText(string pipeline)
    {
        var run = await Hybridgen.RunAsync(["generate", "Once upon a time", "--seed", "5", "--max-tokens", "40", "--pipeline", pipeline, "--block-tokens", "8", "--json"]);
        Assert.Equal((0, 0), (run.ExitCode, run.Errors.Length));
        Assert.NotEmpty(JsonDocument.Parse(run.Text).RootElement.GetProperty("text").GetString()!);
    }

    [Fact]
    public async Task Generate_NoRevise_ReturnsTheDraft()
    {
        var run = await Hybridgen.RunAsync(["generate", "The old town", "--raw", "--greedy", "--max-tokens", "4", "--no-revise"]);
        Assert.Equal(" was a great deal" + Environment.NewLine, run.Text);
    }

    [Fact]
    public async Task Generate_JsonSchema_WritesOnlyTheJson()
    {
        var schema = _scratch.Write("schema.json", """{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":8},"age":{"type":"integer","minimum":1,"maximum":99}},"required":["name","age"]}""");
        var run = await Hybridgen.RunAsync(["generate", "A person:", "--raw", "--seed", "3", "--temperature", "2", "--json-schema", schema]);
        Assert.Equal((0, 0), (run.ExitCode, run.Errors.Length));
        Assert.InRange(JsonDocument.Parse(run.Text).RootElement.GetProperty("age").GetInt32(), 1, 99);
    }

    [Fact]
    public async Task Generate_UnusableGrammarOrSchema_IsRefusedWithItsPlace()
    {
        (await Hybridgen.RunAsync(["generate", "x", "--grammar", _scratch.Write("a.gbnf", "root ::= x")])).AssertRefused(1, "--grammar", "a.gbnf", "Line 1, column 10");
        (await Hybridgen.RunAsync(["generate", "x", "--json-schema", _scratch.Write("a.json", """{"not":{}}""")])).AssertRefused(1, "--json-schema", "a.json", "/not");
        (await Hybridgen.RunAsync(["generate", "x", "--grammar", Path.Combine(_scratch.Folder, "none")])).AssertRefused(1, "--grammar", "none");
    }

    [Fact]
    public async Task Generate_SamplingOptions_ReachTheDrafter()
    {
        string[] common = ["generate", "The old town", "--raw", "--no-revise", "--max-tokens", "6", "--json"];
        var json = JsonDocument.Parse((await Hybridgen.RunAsync([.. common, "--greedy", "--stop", "deal", "--logit-bias", " a=-inf"])).Text).RootElement;
        Assert.DoesNotContain(json.GetProperty("tokens").EnumerateArray(), token => token.GetProperty("text").GetString() == " a");
        json = JsonDocument.Parse((await Hybridgen.RunAsync([.. common, "--greedy", "--stop", "deal"])).Text).RootElement;
        Assert.Equal((" was a great ", "stopString", "deal"), (json.GetProperty("draft").GetString(), json.GetProperty("stopReason").GetString(), json.GetProperty("stopString").GetString()));
        string[] varied = ["--seed", "1", "--repeat-penalty", "1.2", "--penalty-window", "0", "--dry-multiplier", "1"];
        foreach (var kind in new string[][] { ["--mirostat", "1"], ["--mirostat", "2", "--mirostat-target", "3"], ["--top-k", "0", "--typical", "0.5", "--xtc-threshold", "0.2"] })
            Assert.Equal(0, (await Hybridgen.RunAsync([.. common, .. varied, .. kind])).ExitCode);
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
