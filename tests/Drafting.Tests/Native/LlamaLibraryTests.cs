using System.Runtime.CompilerServices;
using LLama.Native;

namespace HybridGen.Drafting.Tests;

public class LlamaLibraryTests
{
    [Fact]
    public void Inspect_PackagedLibrary_WorksAndNamesItsFile()
    {
        var report = LlamaLibrary.Inspect();
        Assert.Null(report.Problem);
        Assert.True(File.Exists(report.Path), report.Path);
        Assert.Contains("LLamaSharp 0.30.0", report.Version, StringComparison.Ordinal);
    }

    /// <summary>Another size means that the binding and the library no longer fit: look at both before changing the figures.</summary>
    [Fact]
    public void NativeStructures_HaveTheSizesOfTheLibrary()
    {
        Assert.Equal(72, Unsafe.SizeOf<LLamaModelParams>());
        Assert.Equal(160, Unsafe.SizeOf<LLamaContextParams>());
        Assert.Equal(56, Unsafe.SizeOf<LLamaNativeBatch>());
    }

    [Fact]
    public void NativeDefaults_AreThoseThatTheBindingWasWrittenFor()
    {
        LlamaLibrary.EnsureLoaded();
        var context = LLamaContextParams.Default();
        Assert.Equal((512u, 2048u, 512u, 1u), (context.n_ctx, context.n_batch, context.n_ubatch, context.n_seq_max));
        Assert.Equal((-1f, -1f, -1f), (context.yarn_ext_factor, context.yarn_attn_factor, context.yarn_beta_fast));
        Assert.Equal((GGMLType.GGML_TYPE_F16, GGMLType.GGML_TYPE_F16), (context.type_k, context.type_v));
        Assert.False(LLamaModelParams.Default().vocab_only);
    }
}
