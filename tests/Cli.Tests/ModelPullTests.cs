using HybridGen.Cli.Catalogue;

namespace HybridGen.Cli.Tests;

public sealed class ModelPullTests : IDisposable
{
    private static readonly byte[] Model = TinyGguf.Make(1);
    private static readonly string ModelHash = TinyGguf.Sha256(Model);

    private readonly Scratch _scratch = new();
    private readonly FileServer _server = new();
    private readonly List<string> _lines = [];

    private string Path => System.IO.Path.Combine(_scratch.Folder, "m", "m.gguf");

    private string Part => Path + Origin.Part;

    public void Dispose()
    {
        _server.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Pull_WholeFile_IsThereAndNothingElse()
    {
        await PullAsync(_server.Serve("m.gguf", new ServedFile(Model)), ModelHash);
        Assert.Equal(Model, File.ReadAllBytes(Path));
        Assert.Equal(["m.gguf", "m.gguf.origin"], Directory.EnumerateFiles(System.IO.Path.GetDirectoryName(Path)!).Select(System.IO.Path.GetFileName).Order());
        Assert.Contains($"SHA-256 {ModelHash}, as the test says", Assert.Single(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_CutConnection_NextPullGoesOn()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { CutAfter = 150_000 }, new ServedFile(Model));
        var refused = await Assert.ThrowsAsync<PullException>(() => PullAsync(address, ModelHash));
        var kept = new FileInfo(Part).Length;
        Assert.Contains($"{kept:N0} bytes are kept", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path));
        await PullAsync(address, ModelHash);
        Assert.Equal(["", $"bytes={kept}-"], _server.Ranges);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_CutConnection_GoesOnByItself()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { CutAfter = 100_000 }, new ServedFile(Model) { Status = 503 }, new ServedFile(Model) { CutAfter = 200_000 }, new ServedFile(Model));
        await PullAsync(address, ModelHash, retries: 2);
        Assert.Equal(4, _server.Ranges.Count);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_RangeIgnored_StartsAnew()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { CutAfter = 150_000 }, new ServedFile(Model) { IgnoresRanges = true });
        await PullAsync(address, ModelHash, retries: 1);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_ChangedMeanwhile_PartIsDiscarded()
    {
        var other = TinyGguf.Make(2, 300_000);
        var address = _server.Serve("m.gguf", new ServedFile(Model) { CutAfter = 150_000 }, new ServedFile(other) { EntityTag = "\"v2\"" });
        await PullAsync(address, null, retries: 1);
        Assert.Equal(other, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_PieceOfAnotherVersion_IsNotJoined()
    {
        var other = TinyGguf.Make(2, 300_000);
        var address = _server.Serve("m.gguf", new ServedFile(Model) { CutAfter = 150_000 }, new ServedFile(other) { EntityTag = "\"v2\"", IgnoresVersions = true });
        await PullAsync(address, null, retries: 1);
        Assert.Equal(other, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_NoVersionNamed_StartsAnew()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { CutAfter = 150_000, EntityTag = null }, new ServedFile(Model) { EntityTag = null });
        await PullAsync(address, ModelHash, retries: 1);
        Assert.Equal(["", ""], _server.Ranges);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_WrongHash_KeepsWhatWasThere()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model), new ServedFile(TinyGguf.Make(2)));
        await PullAsync(address, ModelHash);
        var expected = new string('a', 64);
        var refused = await Assert.ThrowsAsync<PullException>(() => PullAsync(address, expected));
        Assert.Contains($"SHA-256 {TinyGguf.Sha256(TinyGguf.Make(2))}, but the test says {expected}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Model, File.ReadAllBytes(Path));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task Pull_AnnouncedHash_IsChecked()
    {
        var content = _server.Serve("cdn/m", new ServedFile(Model));
        await PullAsync(_server.Serve("m.gguf", new ServedFile([]) { RedirectsTo = content.ToString(), Announced = ModelHash }), null);
        Assert.Contains("as the server announced", Assert.Single(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_OtherThanAnnounced_IsRefused()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { Announced = new string('b', 64) });
        Assert.Contains("the server says bbbb", (await Assert.ThrowsAsync<PullException>(() => PullAsync(address, null))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public async Task Pull_WebPage_IsRefused()
    {
        var address = _server.Serve("m.gguf", new ServedFile("<html>Sign in</html>"u8.ToArray()));
        Assert.Contains("web page", (await Assert.ThrowsAsync<PullException>(() => PullAsync(address, null))).Message, StringComparison.Ordinal);
        Assert.Equal((false, false), (File.Exists(Path), File.Exists(Part)));
    }

    [Fact]
    public async Task Pull_OtherSize_IsRefusedBeforeItIsFetched()
    {
        var file = new WantedFile("m.gguf", _server.Serve("m.gguf", new ServedFile(Model)), 7, null, "the test");
        Assert.Contains("7 were expected", (await Assert.ThrowsAsync<PullException>(() => PullAsync(file))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_LargerThanTheDisk_IsRefused()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { ClaimedLength = 1L << 60 });
        Assert.Contains("its disk has only", (await Assert.ThrowsAsync<PullException>(() => PullAsync(address, null))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "does not exist on the server")]
    [InlineData(401, "HF_TOKEN")]
    [InlineData(403, "accept the licence at ")]
    [InlineData(418, "the server answers 418")]
    [InlineData(503, "the server answers 503")]
    public async Task Pull_RefusedByServer_SaysWhatHelps(int status, string expected)
    {
        var address = _server.Serve("owner/model/resolve/main/m.gguf", new ServedFile(Model) { Status = status });
        Assert.Contains(expected, (await Assert.ThrowsAsync<PullException>(() => PullAsync(address, null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_Token_GoesToTheHubOnly()
    {
        using var elsewhere = new FileServer();
        var content = elsewhere.Serve("m", new ServedFile(Model));
        await PullAsync(_server.Serve("m.gguf", new ServedFile([]) { RedirectsTo = content.ToString() }), ModelHash);
        Assert.Equal("Bearer secret", Assert.Single(_server.Authorizations));
        Assert.Null(Assert.Single(elsewhere.Authorizations));
    }

    [Fact]
    public async Task Pull_SilentServer_IsLeft()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { StallAfter = 100_000 }, new ServedFile(Model));
        await PullAsync(address, ModelHash, retries: 1, silence: TimeSpan.FromSeconds(2));
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_Cancelled_LeavesAPartThatIsResumed()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { StallAfter = 100_000 }, new ServedFile(Model));
        using var cancelling = new CancellationTokenSource();
        var progress = new Heard(arrived => { if (arrived.Bytes >= 100_000) cancelling.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(Wanted(address, ModelHash), progress: progress, cancellationToken: cancelling.Token));
        Assert.Equal(100_000, new FileInfo(Part).Length);
        await PullAsync(address, ModelHash);
        Assert.Equal(["", "bytes=100000-"], _server.Ranges);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_CancelledWhenAllHadArrived_IsOnlyChecked()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model));
        using var cancelling = new CancellationTokenSource();
        var progress = new Heard(arrived => { if (arrived.Bytes == Model.Length) cancelling.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(Wanted(address, ModelHash), progress: progress, cancellationToken: cancelling.Token));
        await PullAsync(address, ModelHash);
        Assert.Equal(["", $"bytes={Model.Length}-"], _server.Ranges);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_FullDisk_SaysSoAndKeepsThePart()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This test needs a device that is full.");
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.CreateSymbolicLink(Path + ".origin", "/dev/full");
        var refused = await Assert.ThrowsAsync<PullException>(() => PullAsync(_server.Serve("m.gguf", new ServedFile(Model)), ModelHash));
        Assert.Contains($"is full. {Model.Length:N0} bytes are kept", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_Refused_LeavesNothing()
    {
        await Assert.ThrowsAsync<PullException>(() => PullAsync(new Uri(_server.Address, "missing.gguf"), null));
        Assert.False(Directory.Exists(System.IO.Path.GetDirectoryName(Path)));
    }

    [Fact]
    public async Task Pull_TwoAtOnce_SecondIsRefused()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model) { StallAfter = 100_000 });
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var begun = new TaskCompletionSource();
        var first = PullAsync(Wanted(address, null), progress: new Heard(_ => begun.TrySetResult()), cancellationToken: cancelling.Token);
        await begun.Task;
        Assert.Contains("another process", (await Assert.ThrowsAsync<PullException>(() => PullAsync(address, null))).Message, StringComparison.Ordinal);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task Pull_ThereAlready_IsNotFetchedAgain()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model));
        await PullAsync(address, null);
        await PullAsync(address, null);
        Assert.Single(_server.Ranges);
        Assert.Contains("is there already", _lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_DamagedOnDisk_IsFetchedAgain()
    {
        var address = _server.Serve("m.gguf", new ServedFile(Model));
        await PullAsync(address, null);
        File.WriteAllBytes(Path, TinyGguf.Make(3));
        await PullAsync(address, null);
        Assert.Equal(Model, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Pull_SameNameFromElsewhere_IsRefused()
    {
        await PullAsync(_server.Serve("m.gguf", new ServedFile(Model)), null);
        Assert.Contains("models rm m", (await Assert.ThrowsAsync<PullException>(() => PullAsync(_server.Serve("other/m.gguf", new ServedFile(Model)), null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_PlainHttpRedirection_IsRefused()
    {
        var address = _server.Serve("m.gguf", new ServedFile([]) { RedirectsTo = "http://example.invalid/m.gguf" });
        Assert.Contains("--sha256", (await Assert.ThrowsAsync<PullException>(() => PullAsync(address, null))).Message, StringComparison.Ordinal);
    }

    private static WantedFile Wanted(Uri address, string? sha256) => new("m.gguf", address, null, sha256, "the test");

    private Task PullAsync(Uri address, string? sha256, int retries = 0, TimeSpan? silence = null) => PullAsync(Wanted(address, sha256), retries, silence);

    private async Task PullAsync(WantedFile file, int retries = 0, TimeSpan? silence = null, IProgress<Transferred>? progress = null, CancellationToken? cancellationToken = null)
    {
        var options = new DownloadOptions { Retries = retries, Pause = TimeSpan.FromMilliseconds(1), Silence = silence ?? TimeSpan.FromMinutes(1) };
        using var download = new FileDownload(new Hub(_server.Address, "secret"), options);
        await new ModelPull(new ModelCache(_scratch.Folder), download, (_, fetch) => fetch(progress), _lines.Add).RunAsync("m", [file], cancellationToken ?? TestContext.Current.CancellationToken);
    }

    /// <summary>Hears of progress at once, not some time later on another thread.</summary>
    private sealed class Heard(Action<Transferred> hear) : IProgress<Transferred>
    {
        public void Report(Transferred value) => hear(value);
    }
}
