using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>What llama.cpp is told of a drafter's options; everything that LLamaSharp would otherwise choose by itself is said.</summary>
internal static class ModelParameters
{
    /// <summary>Rows up to which llama.cpp computes attention in one way.</summary>
    /// <remarks>
    /// From 64 on it does so in another on the processor. The difference is rounding, but quantised weights round activations to 8 bits, and it
    /// grows to 0.3 nats a token.
    /// </remarks>
    public const int MostInvariantRows = 63;

    /// <summary>For the weights.</summary>
    public static ModelParams Weights(LlamaDrafterOptions options) => new(options.ModelPath)
    {
        LoadMode = options.IsMemoryMapped ? LLamaLoadMode.MemoryMap : LLamaLoadMode.None,
        GpuLayerCount = options.GpuLayerCount,
        SplitMode = options.GpuSplit switch
        {
            GpuSplit.None => GPUSplitMode.None,
            GpuSplit.Row => GPUSplitMode.Row,
            _ => GPUSplitMode.Layer,
        },
        MainGpu = options.MainGpu,
    };

    /// <summary>For the context that drafts are written in: memory for each sequence, and a token to spare.</summary>
    public static ModelParams Drafting(LlamaDrafterOptions options, int contextSize)
    {
        var sequences = Math.Max(options.Sequences, Step(options).LeastSequences);
        if ((contextSize + 1L) * sequences > int.MaxValue)
            throw new DraftingException($"A context of {contextSize} tokens for each of {sequences} sequences is more than llama.cpp can count; lower ContextSize or Sequences.");
        var batch = (uint)Math.Max(MostAtOnce(options), sequences);
        return Context(options) with
        {
            ContextSize = (uint)((contextSize + 1) * sequences),
            SeqMax = (uint)sequences,
            BatchSize = batch,
            UBatchSize = batch,
            // In a memory of its own a sequence lies in its order, so that its sums are always taken in the same one.
            KVUnified = !options.IsBatchInvariant,
        };
    }

    /// <summary>For a context; its sizes are left open.</summary>
    public static ModelParams Context(LlamaDrafterOptions options) => Weights(options) with
    {
        Threads = options.Threads,
        BatchThreads = options.BatchThreads ?? options.Threads,
        FlashAttention = options.IsBatchInvariant ? true : options.FlashAttention,
        TypeK = Number(options.KeyCache),
        TypeV = Number(options.ValueCache),
        KVUnified = true,
    };

    /// <summary>How much one step decodes.</summary>
    public static StepSize Step(LlamaDrafterOptions options) => new(MostAtOnce(options), options.IsBatchInvariant);

    /// <summary>Refuses options that exclude each other.</summary>
    /// <exception cref="ArgumentException">They do.</exception>
    public static void Check(LlamaDrafterOptions options)
    {
        if (options.IsBatchInvariant && options.FlashAttention == false)
            throw new ArgumentException("IsBatchInvariant needs flash attention; leave FlashAttention open.", nameof(options));
        if (options.FlashAttention == false && options.ValueCache is CacheNumber.Q8 or CacheNumber.Q4)
            throw new ArgumentException($"ValueCache {options.ValueCache} needs flash attention; leave FlashAttention open.", nameof(options));
    }

    private static int MostAtOnce(LlamaDrafterOptions options) => options.IsBatchInvariant ? Math.Min(options.BatchSize, MostInvariantRows) : options.BatchSize;

    private static GGMLType Number(CacheNumber number) => number switch
    {
        CacheNumber.F32 => GGMLType.GGML_TYPE_F32,
        CacheNumber.Q8 => GGMLType.GGML_TYPE_Q8_0,
        CacheNumber.Q4 => GGMLType.GGML_TYPE_Q4_0,
        _ => GGMLType.GGML_TYPE_F16,
    };
}
