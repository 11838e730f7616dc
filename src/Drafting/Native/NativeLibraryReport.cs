namespace HybridGen.Drafting;

/// <summary>What was found of a native library: enough to mend a machine on which it does not load.</summary>
/// <param name="Name">The library as its users know it, such as <c>llama.cpp</c> or <c>libtorch</c>.</param>
/// <param name="Path">The file that was loaded, or that would have been.</param>
/// <param name="Version">The version it reports.</param>
/// <param name="Problem">Why it was refused, as one sentence with the remedy; <see langword="null"/> when it works.</param>
public sealed record NativeLibraryReport(string Name, string? Path, string? Version, string? Problem)
{
    /// <summary>Whether the library is loaded and was accepted.</summary>
    public bool Works => Problem is null;
}
