using HybridGen.Plugin.Tests;

[assembly: AssemblyFixture(typeof(MiniEngine))]

namespace HybridGen.Plugin.Tests;

/// <summary>One engine with the shipped mini pair for all tests that do not dispose of one.</summary>
public sealed class MiniEngine : IAsyncDisposable
{
    public HybridGenEngine Engine { get; } = new();

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
