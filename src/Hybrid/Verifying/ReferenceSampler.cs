using HybridGen.Denoising;
using HybridGen.Models;
using HybridGen.Schedules;

namespace HybridGen.Verifying;

/// <summary>A reference project's sampler: which options, canvases and blocks it comes to.</summary>
internal abstract record ReferenceSampler(Trace Trace)
{
    /// <summary>The sampler a trace names; null for one that is not known here.</summary>
    public static ReferenceSampler? Of(Trace trace) => trace.Sampler switch
    {
        "dllm MDLMSampler.sample" => new Masked(trace),
        "dllm MDLMSampler.infill" or "dllm DreamSampler.infill" => new Infill(trace),
        "dllm FastdLLMLLaDASampler.sample, no cache" => new Fast(trace),
        "dllm BD3LMSampler.sample" => new BlockDiffusion(trace),
        "LLaDA generate.py generate" => new Llada(trace),
        "Dream generation_utils.py diffusion_generate" => new Dream(trace),
        "dllm DreamSampler.sample" => new DllmDream(trace),
        "gidd GiddSampler.generate" => new Gidd(trace),
        "gidd eval/self_correction.py correction_step, float32" => new GiddCorrection(trace),
        _ => null,
    };

    /// <summary>What this sampler takes the model to be.</summary>
    public virtual DenoiserDescriptor Describe(DenoiserDescriptor descriptor) =>
        descriptor with { EosId = Trace.IntOrNull("eos_id") ?? descriptor.EosId, EndIds = [], MaskId = Trace.Int("mask_id"), ShiftsLogits = Trace.ShiftsLogits };

    /// <summary>The canvases before the first step.</summary>
    public virtual IReadOnlyList<DenoisingCanvas> Canvases(DenoiserDescriptor descriptor) => [.. Trace.Prompts.Select(prompt => new DenoisingCanvas(prompt, descriptor.MaskId))];

    /// <summary>Runs it; the callback hears of each step.</summary>
    public virtual void Run(IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, Func<SamplingStep, StepResponse> onStep) =>
        DiffusionSampler.Run(denoiser, canvases, Rule(canvases), Options with { OnStep = onStep, Uniform = Draws() });

    protected int NewTokens => Trace.Int("max_new_tokens");

    protected virtual BlockRule Rule(IReadOnlyList<DenoisingCanvas> canvases) => new BlockRule.AfterPrompt(Trace.IntOrNull("block_length") ?? NewTokens, NewTokens, LooksBack: true);

    protected virtual SamplingOptions Options => new()
    {
        Steps = Trace.Int("steps"),
        Schedule = new TransferSchedule.ByNoise(Trace.Scheduler == "cosine" ? new NoiseSchedule.Cosine() : new NoiseSchedule.Linear()),
        Acceptance = new Acceptance.Scheduled(),
        Confidence = Trace.Algorithm switch
        {
            "topk_margin" => new Confidence.Margin(),
            "entropy" => new Confidence.NegativeEntropy(),
            _ => new Confidence.Probability(),
        },
        GuidanceScale = Trace.Number("cfg_scale") ?? 0,
        SuppressTokens = Trace.Ints("suppress_tokens"),
        BeginSuppressTokens = Trace.Ints("begin_suppress_tokens"),
        ForbidsMask = false,
        ForbidsIdsWithoutText = false,
        DoublePrecision = false,
        End = new EndRule.Ignored(),
        Runs = new RunRule.Ignored(),
    };

    protected Func<double>? Draws()
    {
        if (Trace.Uniforms is not { } uniforms) return null;
        var draws = new Queue<double>(uniforms.SelectMany(step => step));
        return draws.Dequeue;
    }

    private sealed record Masked(Trace Trace) : ReferenceSampler(Trace);

    private sealed record Infill(Trace Trace) : ReferenceSampler(Trace)
    {
        protected override BlockRule Rule(IReadOnlyList<DenoisingCanvas> canvases) => new BlockRule.Columns(Trace.IntOrNull("block_length") ?? canvases.Max(canvas => canvas.Length));
    }

    private sealed record Fast(Trace Trace) : ReferenceSampler(Trace)
    {
        protected override BlockRule Rule(IReadOnlyList<DenoisingCanvas> canvases) => new BlockRule.AfterPrompt(Trace.Int("block_length"), NewTokens);

        protected override SamplingOptions Options => base.Options with
        {
            Acceptance = Trace.Number("factor") is { } factor ? new Acceptance.Factor { Value = factor } : new Acceptance.Threshold { Least = Trace.Number("threshold")!.Value },
        };
    }

    private sealed record Llada(Trace Trace) : ReferenceSampler(Trace)
    {
        public override IReadOnlyList<DenoisingCanvas> Canvases(DenoiserDescriptor descriptor) => Padded(descriptor, Trace);

        protected override SamplingOptions Options => base.Options with { Schedule = new TransferSchedule.Even(), DoublePrecision = true };
    }

    private sealed record Dream(Trace Trace) : ReferenceSampler(Trace)
    {
        public override IReadOnlyList<DenoisingCanvas> Canvases(DenoiserDescriptor descriptor) => Padded(descriptor, Trace);

        protected override SamplingOptions Options => base.Options with
        {
            Schedule = new TransferSchedule.Truncated { Eps = (float)Trace.Number("eps")!.Value },
            Acceptance = Trace.Algorithm == "origin" ? new Acceptance.Independent() : new Acceptance.Scheduled(),
        };
    }

    private sealed record DllmDream(Trace Trace) : ReferenceSampler(Trace)
    {
        public override IReadOnlyList<DenoisingCanvas> Canvases(DenoiserDescriptor descriptor) =>
            LeftPadded(descriptor.MaskId, Trace.Prompts, Trace.Prompts.Max(prompt => prompt.Length), descriptor.EosId!.Value);
    }

    private sealed record BlockDiffusion(Trace Trace) : ReferenceSampler(Trace)
    {
        private int Length => Trace.Int("block_length");

        public override DenoiserDescriptor Describe(DenoiserDescriptor descriptor) => base.Describe(descriptor) with { Attention = AttentionPattern.BlockCausal, PadId = Trace.Int("pad_id") };

        public override IReadOnlyList<DenoisingCanvas> Canvases(DenoiserDescriptor descriptor) =>
            LeftPadded(descriptor.MaskId, Trace.Prompts, (Trace.Prompts.Max(prompt => prompt.Length) + Length - 1) / Length * Length, Trace.Int("pad_id"));

        protected override BlockRule Rule(IReadOnlyList<DenoisingCanvas> canvases) => new BlockRule.Growing(Length, NewTokens);

        protected override SamplingOptions Options => base.Options with { End = new EndRule.Block() };
    }

    private record Gidd(Trace Trace) : ReferenceSampler(Trace)
    {
        public override DenoiserDescriptor Describe(DenoiserDescriptor descriptor) => descriptor with { MaskId = Trace.Int("mask_id") };

        public override IReadOnlyList<DenoisingCanvas> Canvases(DenoiserDescriptor descriptor) =>
            [.. Trace.Start.Select(row => new DenoisingCanvas(row, descriptor.MaskId, isFixed: _ => false))];

        public override void Run(IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, Func<SamplingStep, StepResponse> onStep) =>
            GiddSampler.Generate(denoiser, canvases, GiddOptions(onStep));

        protected GiddOptions GiddOptions(Func<SamplingStep, StepResponse> onStep) => new()
        {
            Limits = new() { Steps = Trace.Int("steps"), OnStep = onStep, Uniform = Draws(), ForbidsIdsWithoutText = false },
            PUniform = Trace.Number("p_uniform") ?? 0,
            TEps = (float)(Trace.Number("t_eps") ?? 1e-4),
            MinP = Trace.Number("min_p") ?? 0,
            CorrectionTime = (float)(Trace.Number("t0") ?? 0.01),
            CorrectionTemperature = Trace.Number("temperature") ?? 1,
            TokensPerStep = Trace.IntOrNull("tokens_per_step") ?? 1,
            Patience = int.MaxValue,
        };
    }

    private sealed record GiddCorrection(Trace Trace) : Gidd(Trace)
    {
        public override void Run(IDenoiser denoiser, IReadOnlyList<DenoisingCanvas> canvases, Func<SamplingStep, StepResponse> onStep) =>
            GiddSampler.Correct(denoiser, canvases, GiddOptions(onStep));
    }

    private static DenoisingCanvas[] Padded(DenoiserDescriptor descriptor, Trace trace) =>
        [.. trace.Prompts.Select((prompt, row) => new DenoisingCanvas(prompt, descriptor.MaskId, trace.AttentionMask?[row].Count(seen => seen == 0) ?? 0))];

    private static DenoisingCanvas[] LeftPadded(int maskId, int[][] prompts, int width, int padId) =>
        [.. prompts.Select(prompt => new DenoisingCanvas([.. Enumerable.Repeat(padId, width - prompt.Length), .. prompt], maskId, width - prompt.Length))];
}
