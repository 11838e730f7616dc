namespace HybridGen;

/// <summary>How far a model is loaded.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Share">The share of it, 0 to 1.</param>
public readonly record struct LoadProgress(string Path, float Share);

/// <summary>Reports the share of one file.</summary>
internal sealed class ShareOf(string path, IProgress<LoadProgress> progress) : IProgress<float>
{
    public void Report(float value) => progress.Report(new LoadProgress(path, value));
}
