namespace HybridGen.Drafting;

/// <summary>Which model a <see cref="LlamaDrafter"/> loads, and with how much of the machine.</summary>
public sealed record LlamaDrafterOptions
{
    /// <summary>Path of the GGUF file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>Context in tokens, prompt and draft together.</summary>
    /// <value><see langword="null"/> (default): what the model was trained for, at most 4,096.</value>
    public int? ContextSize { get; init => field = value is null or > 0 ? value : throw Above0(nameof(ContextSize), value); }

    /// <summary>Threads of one decode.</summary>
    /// <value>Above 0; default: the machine's processors.</value>
    public int Threads { get; init => field = value > 0 ? value : throw Above0(nameof(Threads), value); } = Environment.ProcessorCount;

    /// <summary>Layers that are kept on a GPU; the CPU build of llama.cpp ignores it.</summary>
    /// <value>0 or more; default 0.</value>
    public int GpuLayerCount
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(GpuLayerCount), value, "GpuLayerCount must be 0 or more.");
    }

    /// <summary>Tokens of a prompt that are read at once; cancellation is heeded between them.</summary>
    /// <value>Above 0; default 512.</value>
    public int BatchSize { get; init => field = value > 0 ? value : throw Above0(nameof(BatchSize), value); } = 512;

    private static ArgumentOutOfRangeException Above0(string name, int? value) => new(name, value, $"{name} must be above 0.");
}
