namespace HybridGen.Drafting;

/// <summary>Which model a <see cref="LlamaDrafter"/> loads, and with how much of the machine.</summary>
public sealed record LlamaDrafterOptions
{
    /// <summary>Path of the GGUF file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>Context in tokens, prompt and draft together, of each of the <see cref="Sequences"/>.</summary>
    /// <value><see langword="null"/> (default): what the model was trained for, at most 4,096.</value>
    public int? ContextSize { get; init => field = value is null or > 0 ? value : throw Above0(nameof(ContextSize), value); }

    /// <summary>How many drafts are written at once, a token of each at every step; further ones wait for their turn.</summary>
    /// <value>
    /// 1 to 64; default 1. Each takes memory for its own context. Several at once are computed in one matrix product and not in several, which
    /// rounds otherwise: what a seed gives may then depend on what else is written; <see cref="IsBatchInvariant"/> prevents that.
    /// </value>
    public int Sequences
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Sequences), value, "Sequences must be 1 to 64.");
    } = 1;

    /// <summary>
    /// Whether a token's log-probability is the same whether it is drafted alone, among others, after a cached prompt, or scored.
    /// </summary>
    /// <value>
    /// Default <see langword="false"/>: whatever is fastest. llama.cpp computes a row alone, several, and 64 or more each in another way;
    /// with quantised weights that makes differences of some hundredths of a nat. With <see langword="true"/> it never computes less than 2 or
    /// more than 63 rows at once, and always with flash attention.
    /// </value>
    public bool IsBatchInvariant { get; init; }

    /// <summary>Threads of one decode.</summary>
    /// <value>Above 0; default: the machine's processors.</value>
    public int Threads { get; init => field = value > 0 ? value : throw Above0(nameof(Threads), value); } = Environment.ProcessorCount;

    /// <summary>Threads that read prompts and score texts.</summary>
    /// <value>Above 0; <see langword="null"/> (default): as <see cref="Threads"/>.</value>
    public int? BatchThreads { get; init => field = value is null or > 0 ? value : throw Above0(nameof(BatchThreads), value); }

    /// <summary>Tokens of a prompt that are read at once; cancellation is heeded between them.</summary>
    /// <value>Above 0; default 512.</value>
    public int BatchSize { get; init => field = value > 0 ? value : throw Above0(nameof(BatchSize), value); } = 512;

    /// <summary>Whether attention is computed without holding its whole matrix.</summary>
    /// <value><see langword="null"/> (default): where the model and the back end can.</value>
    public bool? FlashAttention { get; init; }

    /// <summary>Numbers that the context's memory holds keys in.</summary>
    /// <value>Default <see cref="CacheNumber.F16"/>.</value>
    public CacheNumber KeyCache { get; init; } = CacheNumber.F16;

    /// <summary>Numbers that the context's memory holds values in; less than 16 bits need flash attention.</summary>
    /// <value>Default <see cref="CacheNumber.F16"/>.</value>
    public CacheNumber ValueCache { get; init; } = CacheNumber.F16;

    /// <summary>Whether the file is mapped into memory instead of being read: it loads at once, and processes share it.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool IsMemoryMapped { get; init; } = true;

    /// <summary>Low-rank adapters (LoRA, Hu et al. 2021, arXiv:2106.09685) that are added to the model's weights.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<LoraAdapter> Adapters { get; init => field = value ?? throw new ArgumentNullException(nameof(Adapters)); } = [];

    /// <summary>How a conversation is written for the model.</summary>
    /// <value><see langword="null"/> (default): with the template that the file brings.</value>
    public ChatTemplate? ChatTemplate { get; init; }

    /// <summary>Layers that are kept on a GPU; the CPU build of llama.cpp ignores it.</summary>
    /// <value>0 or more; default 0.</value>
    public int GpuLayerCount
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(GpuLayerCount), value, "GpuLayerCount must be 0 or more.");
    }

    /// <summary>How a model is spread over several GPUs.</summary>
    /// <value>Default <see cref="GpuSplit.Layer"/>.</value>
    public GpuSplit GpuSplit { get; init; } = GpuSplit.Layer;

    /// <summary>The GPU that is used where the model is not spread.</summary>
    /// <value>0 or more; default 0.</value>
    public int MainGpu
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MainGpu), value, "MainGpu must be 0 or more.");
    }

    private static ArgumentOutOfRangeException Above0(string name, int? value) => new(name, value, $"{name} must be above 0.");
}

/// <summary>A low-rank adapter.</summary>
/// <param name="Path">Path of the GGUF file.</param>
/// <param name="Scale">What it is multiplied by; 1 is as it was trained.</param>
public sealed record LoraAdapter(string Path, float Scale = 1);

/// <summary>Numbers that a context's memory is held in.</summary>
public enum CacheNumber
{
    /// <summary>32 bits.</summary>
    F32,

    /// <summary>16 bits.</summary>
    F16,

    /// <summary>8 bits, with a scale for 32 numbers.</summary>
    Q8,

    /// <summary>4 bits, with a scale for 32 numbers.</summary>
    Q4,
}

/// <summary>How a model is spread over several GPUs.</summary>
public enum GpuSplit
{
    /// <summary>It is kept on one.</summary>
    None,

    /// <summary>Each gets some of the layers.</summary>
    Layer,

    /// <summary>Each gets some of the rows of every matrix.</summary>
    Row,
}
