using HybridGen.Hybrid.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(MiniEngine))]
// The models use all processors, and the count of living tensors belongs to the process.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace HybridGen.Hybrid.Tests;

/// <summary>One engine with the shipped mini pair for all tests.</summary>
public sealed class MiniEngine : IAsyncDisposable
{
    public HybridGenEngine Engine { get; } = new(new HybridGenOptions { DrafterPath = Repository.MiniDrafter, RefinerPath = Repository.MiniModel });

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
