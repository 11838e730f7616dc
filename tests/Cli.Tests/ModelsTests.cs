using System.Text.Json.Nodes;

namespace HybridGen.Cli.Tests;

public sealed class ModelsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Verify_SoundCheckpoint_PrintsALineACase()
    {
        var run = await Hybridgen.RunAsync(["models", "verify", Repository.Checkpoint("modernbert"), "--device", "cpu"]);
        var lines = run.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, 0), (run.ExitCode, run.Errors.Length));
        Assert.Equal(6 + 3 + 7, lines.Length);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"ok    tokenizer {i}"), lines.Take(6).Select(line => line.Split(':')[0]));
        Assert.Equal(["ok    logits case0", "ok    logits case1", "ok    logits case2", "ok    trace mdlm one block"], lines.Skip(6).Take(4).Select(line => line.Split(':')[0]));
        Assert.All(lines.Skip(6).Take(3), line => Assert.Contains("largest difference", line, StringComparison.Ordinal));
        Assert.Equal("ok    trace mdlm one block: the same canvas after each of 6 steps", lines[9]);
    }

    [Fact]
    public async Task Verify_OtherWeights_FailsWith1()
    {
        foreach (var name in new[] { "config.json", "tokenizer.json", "tokenizer_config.json", "expected.safetensors", "model.safetensors" })
            _scratch.Write(name, File.ReadAllBytes(Path.Combine(Repository.Checkpoint("bert"), name)));
        _scratch.Write("config.json", File.ReadAllText(Path.Combine(_scratch.Folder, "config.json")).Replace("\"gelu\"", "\"relu\"", StringComparison.Ordinal));
        var run = await Hybridgen.RunAsync(["models", "verify", _scratch.Folder]);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("FAIL  logits case0: ", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OtherTokenizerCase_FailsWith1AndNamesIt()
    {
        foreach (var path in Directory.EnumerateFiles(Repository.Checkpoint("bert"))) _scratch.Write(Path.GetFileName(path), File.ReadAllBytes(path));
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(_scratch.Folder, "tokenizer_cases.json")))!;
        cases["cases"]![1]!["decoded"] = "something else";
        _scratch.Write("tokenizer_cases.json", cases.ToJsonString());
        var run = await Hybridgen.RunAsync(["models", "verify", _scratch.Folder, "--device", "cpu"]);
        var lines = run.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("FAIL  tokenizer 1: decoded text differ", Assert.Single(lines, line => !line.StartsWith("ok ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_AutoregressiveModel_IsRefusedWith3() =>
        (await Hybridgen.RunAsync(["models", "verify", Repository.Checkpoint("llama-ar")])).AssertRefused(3, "LlamaForCausalLM", "autoregressive");

    [Fact]
    public async Task Verify_NothingExpected_IsRefusedWith3() =>
        (await Hybridgen.RunAsync(["models", "verify", _scratch.Folder])).AssertRefused(3, _scratch.Folder, "expected.safetensors");

    [Theory]
    [InlineData("--device", "gpu")]
    [InlineData("--tolerance", "-1")]
    [InlineData("--precision", "f8")]
    public async Task Verify_BadOption_IsRefusedWith2(string option, string value) =>
        (await Hybridgen.RunAsync(["models", "verify", _scratch.Folder, option, value])).AssertRefused(2, option);
}
