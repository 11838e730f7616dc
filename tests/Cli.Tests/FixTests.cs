using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace HybridGen.Cli.Tests;

public sealed class FixTests : IDisposable
{
    private const string Misspelled = "I recieved teh letter.\r\nIt was wonderfull.\r\n\r\n\tlast line";
    private const string Fixed = "I received the letter.\r\nIt was wonderful.\r\n\r\n\tlast line";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Fix_StandardInput_WritesALineForALine()
    {
        var run = await Hybridgen.RunAsync(["fix", "-"], Encoding.UTF8.GetBytes("I recieved it.\n\n  and moer  \nend"));
        Assert.Equal("I received it.\n\n  and more  \nend", run.Text);
        Assert.Equal((0, 0), (run.ExitCode, run.Errors.Length));
    }

    [Fact]
    public async Task Fix_File_KeepsByteOrderMarkAndLineEnds()
    {
        var path = _scratch.Write("a.txt", "\uFEFF" + Misspelled);
        var run = await Hybridgen.RunAsync(["fix", path]);
        Assert.Equal("\uFEFF" + Fixed, run.Text);
        Assert.Equal(Encoding.UTF8.GetBytes("\uFEFF" + Misspelled), File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Fix_InPlace_ReplacesTheFileBehindALinkAndLeavesNothingElse()
    {
        var path = _scratch.Write("a.txt", "\uFEFF" + Misspelled);
        var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
        var link = Path.Combine(_scratch.Folder, "link.txt");
        File.CreateSymbolicLink(link, path);
        var run = await Hybridgen.RunAsync(["fix", link, "--in-place"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Text));
        Assert.Equal(Encoding.UTF8.GetBytes("\uFEFF" + Fixed), File.ReadAllBytes(path));
        Assert.NotNull(new FileInfo(link).LinkTarget);
        if (!OperatingSystem.IsWindows()) Assert.Equal(mode, File.GetUnixFileMode(path));
        Assert.Equal(2, Directory.GetFileSystemEntries(_scratch.Folder).Length);
    }

    [Fact]
    public async Task Fix_InPlaceWithoutChanges_DoesNotTouchTheFile()
    {
        var path = _scratch.Write("a.txt", "She walked to the market.\n");
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await Hybridgen.RunAsync(["fix", path, "--in-place"]);
        Assert.Equal(2020, File.GetLastWriteTimeUtc(path).Year);
        Assert.Single(Directory.GetFileSystemEntries(_scratch.Folder));
    }

    [Theory]
    [InlineData("\uFEFF" + Misspelled)]
    [InlineData("Give teh dog a bone.\n")]
    [InlineData("a\nb\nc\nd\nI recieved it.\ne\nf\ng\nh\ni\nj\nk\nl\nAnd teh end.\nm\nn\no\np\nq")]
    public async Task Fix_Diff_IsAPatchThatGivesTheFixedText(string text)
    {
        var path = _scratch.Write("my essay.txt", text);
        var expected = await Hybridgen.RunAsync(["fix", path]);
        var diff = await Hybridgen.RunAsync(["fix", "./my essay.txt", "--diff"], folder: _scratch.Folder);
        var patch = _scratch.Write("a.diff", diff.Output);
        using var git = Process.Start(new ProcessStartInfo("git", ["apply", "--whitespace=nowarn", patch]) { WorkingDirectory = _scratch.Folder })!;
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, git.ExitCode);
        Assert.Equal(expected.Output, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Fix_Json_EditsOfTheTextGiveTheFixedText()
    {
        var path = _scratch.Write("a.txt", Misspelled);
        var json = JsonDocument.Parse((await Hybridgen.RunAsync(["fix", path, "--json"])).Text).RootElement;
        var text = new StringBuilder(Misspelled);
        foreach (var edit in json.GetProperty("edits").EnumerateArray().Reverse())
        {
            var (start, length) = (edit.GetProperty("start").GetInt32(), edit.GetProperty("length").GetInt32());
            Assert.Equal(edit.GetProperty("before").GetString(), text.ToString(start, length));
            text.Remove(start, length).Insert(start, edit.GetProperty("after").GetString());
        }

        Assert.Equal(Fixed, text.ToString());
        Assert.Equal(Fixed, json.GetProperty("text").GetString());
        Assert.Equal((2, 8), (json.GetProperty("edits")[2].GetProperty("line").GetInt32(), json.GetProperty("edits")[2].GetProperty("column").GetInt32()));
    }

    [Fact]
    public async Task Fix_SeveralFiles_ABadOneDoesNotStopTheOthers()
    {
        var good = _scratch.Write("good.txt", "I recieved it.");
        var run = await Hybridgen.RunAsync(["fix", Path.Combine(_scratch.Folder, "none.txt"), good]);
        Assert.Equal((1, "I received it."), (run.ExitCode, run.Text));
        Assert.Contains("none.txt' does not exist", Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string> BadTexts => new()
    {
        { "binary.dat", [1, 2, 0, 3], "zero byte at offset 2" },
        { "latin1.txt", [.. "caf"u8, 0xE9, .. " is bad"u8], "byte 0xE9 at offset 3" },
        { "utf16.txt", [0xFF, 0xFE, (byte)'h', 0], "UTF-16" },
        { "cut.txt", [.. "teh end "u8, 0xF0, 0x9F], "byte 0xF0 at offset 8" },
    };

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task Fix_NoUtf8Text_IsRefusedAndLeftAsItIs(string name, byte[] content, string expected)
    {
        var path = _scratch.Write(name, content);
        (await Hybridgen.RunAsync(["fix", path, "--in-place"])).AssertRefused(1, name, expected);
        Assert.Equal(content, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_scratch.Folder));
        (await Hybridgen.RunAsync(["fix", "-"], content)).AssertRefused(1, "stdin", expected);
    }

    [Fact]
    public async Task Fix_Folder_IsRefused() => (await Hybridgen.RunAsync(["fix", _scratch.Folder])).AssertRefused(1, "is a folder");

    [Fact]
    public async Task Fix_EmptyText_IsDoneAndSaysSo()
    {
        var run = await Hybridgen.RunAsync(["fix", _scratch.Write("empty.txt", "")]);
        Assert.Equal((0, ""), (run.ExitCode, run.Text));
        Assert.Contains("empty.txt' is empty", Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fix_Interrupted_LeavesTheFile()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill -INT.");
        var text = string.Concat(Enumerable.Repeat("I recieved teh letter yesterday and it was wonderfull.\n", 20_000));
        var path = _scratch.Write("long.txt", text);
        var run = await Hybridgen.RunAsync(["fix", path, "--in-place"], meanwhile: async process =>
        {
            while (Directory.GetFileSystemEntries(_scratch.Folder).Length < 2) await Task.Delay(50, TestContext.Current.CancellationToken);
            await Hybridgen.InterruptAsync(process);
        });
        run.AssertRefused(130, "cancelled; '", "long.txt' was left as it is");
        Assert.Equal(text, File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_scratch.Folder));
    }

    [Fact]
    public async Task Fix_InterruptedWhileItWaitsForInput_Ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows which files a process has open.");
        var run = await Hybridgen.RunAsync(["fix", "-"], "teh"u8.ToArray(), meanwhile: async process =>
        {
            while (!IsSpooling(process)) await Task.Delay(50, TestContext.Current.CancellationToken);
            await Hybridgen.InterruptAsync(process);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        });
        run.AssertRefused(130, "cancelled; '-'");
    }

    /// <summary>Whether the program has begun to read its input: it holds a file that is deleted already, so that nothing is left behind.</summary>
    private static bool IsSpooling(Process process) =>
        Directory.GetFiles($"/proc/{process.Id}/fd").Any(file => new FileInfo(file).LinkTarget?.EndsWith(".tmp (deleted)", StringComparison.Ordinal) == true);

    [Fact]
    public async Task Fix_NoPath_IsRefused() => (await Hybridgen.RunAsync(["fix", ""])).AssertRefused(1, "cannot be read");

    [Fact]
    public async Task Fix_EmptyTextAsJson_IsALineToo()
    {
        var run = await Hybridgen.RunAsync(["fix", "-", "--json"]);
        Assert.Equal("", JsonDocument.Parse(run.Text).RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Fix_Passes_EndWhenOneChangesNothing()
    {
        var run = await Hybridgen.RunAsync(["fix", "-", "--passes", "9", "--json"], Encoding.UTF8.GetBytes(Misspelled));
        var json = JsonDocument.Parse(run.Text).RootElement;
        Assert.Equal(Fixed, json.GetProperty("text").GetString());
        Assert.All(json.GetProperty("edits").EnumerateArray(), edit => Assert.Equal(1, edit.GetProperty("pass").GetInt32()));
    }

    [Fact]
    public async Task Revise_File_RepairsSpellingToo()
    {
        var run = await Hybridgen.RunAsync(["revise", _scratch.Write("a.txt", Misspelled)]);
        Assert.Equal((0, Fixed), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Fix_RefinerWithALyingHeader_IsRefused()
    {
        foreach (var file in Directory.GetFiles(Repository.MiniModel)) File.Copy(file, Path.Combine(_scratch.Folder, Path.GetFileName(file)));
        var weights = Path.Combine(_scratch.Folder, "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        BitConverter.TryWriteBytes(bytes, ulong.MaxValue / 3);
        File.WriteAllBytes(weights, bytes);
        (await Hybridgen.RunAsync(["fix", "-", "--refiner", _scratch.Folder], "teh"u8.ToArray())).AssertRefused(3, "model.safetensors");
    }
}
