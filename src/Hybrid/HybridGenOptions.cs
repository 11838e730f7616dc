using HybridGen.Drafting;
using HybridGen.Judging;
using HybridGen.Models;

namespace HybridGen;

/// <summary>Which models an engine uses, and with how much of the machine.</summary>
public sealed record HybridGenOptions
{
    /// <summary>The drafter: path of a GGUF file.</summary>
    /// <value>Default: the shipped mini drafter.</value>
    public string DrafterPath { get; init; } = ShippedModels.Drafter;

    /// <summary>The refiner: folder with <c>config.json</c>, the weights as safetensors and <c>tokenizer.json</c>.</summary>
    /// <value>Default: the shipped mini refiner.</value>
    public string RefinerPath { get; init; } = ShippedModels.Refiner;

    /// <summary>Where the refiner computes, and in which precision; the mini refiner always computes in F32.</summary>
    /// <value>Default: a GPU where libtorch sees one, else the processor.</value>
    public DenoiserPlacement RefinerPlacement { get; init => field = value ?? throw new ArgumentNullException(nameof(RefinerPlacement)); } = new();

    /// <summary>
    /// The drafter that judges the refiner's proposals for spelling too (<see cref="DrafterJudge"/>), a GGUF file; <see langword="null"/> for none,
    /// which is faster. The same path as <see cref="DrafterPath"/> is the same model, loaded once.
    /// </summary>
    /// <value>
    /// Default: the shipped mini drafter, or none where it is not there. It reads every line that has a doubtful word; a larger one finds more and
    /// takes longer.
    /// </value>
    public string? JudgePath { get; init; } = File.Exists(ShippedModels.Drafter) ? ShippedModels.Drafter : null;

    /// <summary>Context of the drafter in tokens, prompt and draft together.</summary>
    /// <value><see langword="null"/> (default): what the model was trained for, at most 4,096.</value>
    public int? ContextSize
    {
        get;
        init => field = value is null or > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(ContextSize), value, "ContextSize must be above 0.");
    }

    /// <summary>Drafts that are written at once; as many as <see cref="GenerateOptions.Drafts"/> are written with one reading of the prompt.</summary>
    /// <value>1 to 64; default 1. Each takes memory for its own context.</value>
    public int Sequences
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Sequences), value, "Sequences must be 1 to 64.");
    } = 1;

    /// <summary>How a conversation is written for the drafter.</summary>
    /// <value><see langword="null"/> (default): with the template that its file brings.</value>
    public ChatTemplate? ChatTemplate { get; init; }

    /// <summary>Layers of the drafter, and of the judge, that are kept on a GPU, where llama.cpp was built for one (<c>LlamaBackend</c>).</summary>
    /// <value>0 or more; default 0. A number above the model's layers keeps all.</value>
    public int GpuLayerCount
    {
        get;
        init => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(GpuLayerCount), value, "GpuLayerCount must be 0 or more.");
    }

    /// <summary>Threads for each of the models; they take turns.</summary>
    /// <value>Default: the machine's processors.</value>
    public int Threads
    {
        get;
        init => field = value > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Threads), value, "Threads must be above 0.");
    } = Environment.ProcessorCount;

    /// <summary>
    /// How many requests may wait beyond those at work: <see cref="Sequences"/> drafts, and one revision beside them. A further one is refused at once
    /// (<see cref="Queueing.EngineBusyException"/>).
    /// </summary>
    /// <value>0 or more; <see langword="null"/> (default) for any number.</value>
    public int? QueueLimit
    {
        get;
        init => field = value is null or >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(QueueLimit), value, "QueueLimit must be 0 or more.");
    }

    /// <summary>
    /// How long a request may take, waiting included; then it is ended (<see cref="Queueing.EngineTimeoutException"/>), but infilling and diffusion return
    /// what they have. A model that it waited for is loaded on.
    /// </summary>
    /// <value>Above zero, at most 24 days; <see langword="null"/> (default) for as long as it takes.</value>
    public TimeSpan? RequestTimeout
    {
        get;
        init => field = value is null || (value > TimeSpan.Zero && value <= TimeSpan.FromDays(24))
            ? value
            : throw new ArgumentOutOfRangeException(nameof(RequestTimeout), value, "RequestTimeout must be above zero, and at most 24 days.");
    }
}

/// <summary>The mini pair that comes with the project.</summary>
public static class ShippedModels
{
    /// <summary>Folder of the pair: <c>HYBRIDGEN_MODELS</c> where set, else <c>models/mini</c> beside the program.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("HYBRIDGEN_MODELS") is { Length: > 0 } folder ? folder : Path.Combine(AppContext.BaseDirectory, "models", "mini");

    /// <summary>The mini drafter, a GGUF file.</summary>
    public static string Drafter { get; } = Path.Combine(Folder, "drafter.gguf");

    /// <summary>The mini refiner, a folder.</summary>
    public static string Refiner => Folder;
}
