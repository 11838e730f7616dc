namespace HybridGen.Denoising;

/// <summary>In which parts, one after the other, canvases are written.</summary>
internal abstract record BlockRule
{
    private BlockRule() { }

    /// <summary>How many parts there are at most.</summary>
    public abstract int Count(IReadOnlyList<DenoisingCanvas> canvases);

    /// <summary>The parts; a canvas may grow when the next one is asked for.</summary>
    public abstract IEnumerable<Block> Blocks(IReadOnlyList<DenoisingCanvas> canvases);

    /// <summary>Whether a text that fills every part was cut at its largest length.</summary>
    public virtual bool LimitsLength => false;

    /// <summary>Columns 0, Length, 2 · Length … of all canvases: gaps in given texts.</summary>
    public sealed record Columns(int Length) : BlockRule
    {
        public override int Count(IReadOnlyList<DenoisingCanvas> canvases) => Ceiling(canvases.Max(canvas => canvas.Length), Length);

        public override IEnumerable<Block> Blocks(IReadOnlyList<DenoisingCanvas> canvases) =>
            Enumerable.Range(0, Count(canvases)).Select(b => new Block([.. canvases.Select(canvas => Part.Of(b * Length, (b + 1) * Length, canvas.Length))]));
    }

    /// <summary>Tokens masks stand behind each prompt from the start and are written in blocks from there.</summary>
    /// <param name="Length">Of a block.</param>
    /// <param name="Tokens">To write.</param>
    /// <param name="LooksBack">Whether a mask that an earlier block left may be written too.</param>
    public sealed record AfterPrompt(int Length, int Tokens, bool LooksBack = false) : BlockRule
    {
        public override bool LimitsLength => true;

        public override int Count(IReadOnlyList<DenoisingCanvas> canvases) => Ceiling(Tokens, Length);

        public override IEnumerable<Block> Blocks(IReadOnlyList<DenoisingCanvas> canvases)
        {
            foreach (var canvas in canvases) canvas.Append(Tokens);
            return Enumerable.Range(0, Count(canvases)).Select(b => new Block([.. canvases.Select(canvas => PartOf(canvas, b))]));
        }

        private Part PartOf(DenoisingCanvas canvas, int b)
        {
            var part = Part.Of(canvas.PromptLength + b * Length, canvas.PromptLength + (b + 1) * Length, canvas.Length);
            return LooksBack ? part with { First = 0 } : part;
        }
    }

    /// <summary>Canvases grow by a block of masks at a time, until they end or have Tokens more.</summary>
    public sealed record Growing(int Length, int Tokens) : BlockRule
    {
        public override bool LimitsLength => true;

        public override int Count(IReadOnlyList<DenoisingCanvas> canvases) => Ceiling(Tokens, Length);

        public override IEnumerable<Block> Blocks(IReadOnlyList<DenoisingCanvas> canvases)
        {
            for (var b = 0; b < Count(canvases); b++) yield return new Block([.. canvases.Select(canvas => Grow(canvas, Math.Min(Length, Tokens - b * Length)))]);
        }

        private static Part Grow(DenoisingCanvas canvas, int masks)
        {
            var from = canvas.Length;
            canvas.Append(masks);
            return Part.Of(from, canvas.Length, canvas.Length);
        }
    }

    private static int Ceiling(int whole, int part) => (whole + part - 1) / part;
}

/// <summary>What is written next, for each canvas.</summary>
internal sealed record Block(IReadOnlyList<Part> Parts);

/// <summary>A part of a canvas: the schedule counts the masks from From to To; those from First on may be written.</summary>
internal readonly record struct Part(int First, int From, int To)
{
    /// <summary>The part of a canvas that is there.</summary>
    public static Part Of(int from, int to, int length) => new(Math.Min(from, length), Math.Min(from, length), Math.Min(to, length));
}
