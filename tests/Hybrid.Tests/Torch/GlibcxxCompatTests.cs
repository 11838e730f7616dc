using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsCheck;
using HybridGen.Torch;

namespace HybridGen.Hybrid.Tests.Torch;

public sealed class GlibcxxCompatTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void ALibraryThatNeedsNewerVersionsLoadsAsAPrivateCopy()
    {
        var library = Library();
        var before = SHA256.HashData(File.ReadAllBytes(library));
        LibTorch.EnsureLoaded(); // What the library links to is loaded by then.
        var loadable = GlibcxxCompat.Loadable(library, _scratch.Folder);
        Assert.True(NativeLibrary.TryLoad(loadable, out _));
        Assert.Equal(GlibcxxCompat.Installed < Needed(library), loadable != library);
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(library)));
        if (loadable == library) return;
        Assert.StartsWith(_scratch.Folder, loadable, StringComparison.Ordinal);
        Assert.Equal(loadable, GlibcxxCompat.Loadable(library, _scratch.Folder));
    }

    [Fact]
    public void ADamagedCopyIsWrittenAgain()
    {
        var library = Library();
        var copy = GlibcxxCompat.Loadable(library, _scratch.Folder);
        Assert.SkipWhen(copy == library, "This system's libstdc++ is new enough; no copy is needed.");
        var whole = File.ReadAllBytes(copy);
        File.WriteAllText(copy, "damaged");
        Assert.Equal(copy, GlibcxxCompat.Loadable(library, _scratch.Folder));
        Assert.Equal(whole, File.ReadAllBytes(copy));
    }

    [Fact]
    public void WeakeningChangesOneByteForEachNeedAndNothingElse()
    {
        var file = File.ReadAllBytes(Library());
        var needs = ElfVersionNeeds.Read(file);
        var names = needs.Names.Where(name => name.StartsWith("GLIBCXX_", StringComparison.Ordinal)).Distinct().Take(3).ToHashSet();
        var weak = needs.Weaken(names);
        Assert.NotEmpty(names);
        Assert.Equal(needs.Names.Count(names.Contains), file.Zip(weak).Count(pair => pair.First != pair.Second));
        Assert.Equal(needs.Names, ElfVersionNeeds.Read(weak).Names);
    }

    [Fact]
    public void DamagedLibrariesAreRefusedOrRead()
    {
        var file = File.ReadAllBytes(Library())[..4096];
        Gen.Select(Gen.Int[0, 4095], Gen.Byte).Array[0, 5].Sample(changes =>
        {
            var damaged = file.ToArray();
            foreach (var (at, value) in changes) damaged[at] = value;
            Assert.True(Record.Exception(() => ElfVersionNeeds.Read(damaged)) is null or InvalidDataException);
        });
    }

    private static Version Needed(string library) =>
        ElfVersionNeeds.Read(File.ReadAllBytes(library)).Names.Where(name => name.StartsWith("GLIBCXX_", StringComparison.Ordinal)).Select(name => Version.Parse(name["GLIBCXX_".Length..])).Max()!;

    private static string Library()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Symbol versions are Linux's.");
        var file = Directory.GetFiles(AppContext.BaseDirectory, "libLibTorchSharp.so", SearchOption.AllDirectories);
        Assert.SkipWhen(file.Length == 0, "TorchBackend=none brings no library.");
        return file[0];
    }
}
