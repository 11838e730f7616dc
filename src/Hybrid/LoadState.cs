namespace HybridGen;

/// <summary>Whether models are loaded.</summary>
/// <param name="IsLoaded">Whether all that were asked about are.</param>
/// <param name="Failure">Why the last try to load one of them failed; <see langword="null"/> where none did, or one succeeded since.</param>
public readonly record struct LoadState(bool IsLoaded, Exception? Failure);
