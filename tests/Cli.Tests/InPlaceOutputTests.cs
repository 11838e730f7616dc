using HybridGen.Cli.Outputs;
using HybridGen.Cli.Texts;
using HybridGen.Editing;

namespace HybridGen.Cli.Tests;

public sealed class InPlaceOutputTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>An editor saves by writing over the file, or by renaming another over it; either save must survive.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Finish_FileWasSavedMeanwhile_LeavesTheSavedText(bool byRename)
    {
        var path = _scratch.Write("a.txt", "teh");
        using var source = TextSource.Open(path);
        var saved = byRename ? _scratch.Write("a.txt~", "saved meanwhile") : path;
        File.WriteAllText(saved, "saved meanwhile");
        if (byRename) File.Move(saved, path, overwrite: true);
        using (var output = new InPlaceOutput(source.Stamp!, hasByteOrderMark: false))
        {
            output.Write(new Revision("teh", "the", [new Edit(new(0, 3), "teh", "the", EditKind.Spelling, 3, 1)], 1, 1, TimeSpan.Zero));
            Assert.Contains("changed by another program", Assert.Throws<InputException>(output.Finish).Message, StringComparison.Ordinal);
        }

        Assert.Equal("saved meanwhile", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_scratch.Folder));
    }
}
