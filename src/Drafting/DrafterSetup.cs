using LLama;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What a loaded <see cref="LlamaDrafter"/> drafts with.</summary>
/// <param name="Architecture">The model's, such as <c>llama</c>.</param>
/// <param name="Layers">Its layers, the one that gives the logits included.</param>
/// <param name="ParameterCount">Its weights.</param>
/// <param name="WeightBytes">What they take.</param>
/// <param name="ContextSize">Context in tokens of each draft.</param>
/// <param name="TrainedContextSize">The context that it was trained for.</param>
public sealed record DrafterSetup(string Architecture, int Layers, long ParameterCount, long WeightBytes, int ContextSize, int TrainedContextSize)
{
    /// <summary>Layers that are kept on GPUs.</summary>
    /// <value>0 where the build is for the processor alone; <see langword="null"/> where the caller loaded the weights.</value>
    public int? GpuLayers { get; init; }

    /// <summary>Whether the weights' file is mapped into memory.</summary>
    /// <value><see langword="null"/> where the caller loaded the weights.</value>
    public bool? IsMemoryMapped { get; init; }

    /// <inheritdoc cref="LlamaDrafterOptions.FlashAttention"/>
    public bool? FlashAttention { get; init; }

    /// <inheritdoc cref="LlamaDrafterOptions.KeyCache"/>
    public CacheNumber KeyCache { get; init; }

    /// <inheritdoc cref="LlamaDrafterOptions.ValueCache"/>
    public CacheNumber ValueCache { get; init; }

    /// <summary>Drafts that are written at once.</summary>
    public int Sequences { get; init; }

    /// <summary>Threads of one decode.</summary>
    public int Threads { get; init; }

    /// <summary>Threads that read prompts and score texts.</summary>
    public int BatchThreads { get; init; }

    internal static DrafterSetup Of(LLamaWeights weights, LlamaDrafterOptions options, int contextSize, bool isLoadedByUs)
    {
        var layers = weights.NativeHandle.LayerCount + 1;
        var parameters = ModelParameters.Context(options);
        return new DrafterSetup(weights.Metadata.GetValueOrDefault("general.architecture", ""), layers, (long)weights.ParameterCount, (long)weights.SizeInBytes, contextSize, weights.ContextSize)
        {
            GpuLayers = isLoadedByUs ? LlamaLibrary.CanUseGpu ? Math.Min(options.GpuLayerCount, layers) : 0 : null,
            IsMemoryMapped = isLoadedByUs ? options.IsMemoryMapped && NativeApi.llama_supports_mmap() : null,
            FlashAttention = parameters.FlashAttention,
            KeyCache = options.KeyCache,
            ValueCache = options.ValueCache,
            Sequences = options.Sequences,
            Threads = parameters.Threads ?? options.Threads,
            BatchThreads = parameters.BatchThreads ?? options.Threads,
        };
    }
}
