namespace HybridGen.Denoising;

/// <summary>What an end of text, written by the model, does.</summary>
public abstract record EndRule
{
    private EndRule() { }

    /// <summary>The first one ends the text: what lies behind it is never decoded, counted, revised or seen by the model.</summary>
    public sealed record First : EndRule
    {
        /// <summary>Tokens that must be written before an end may stand.</summary>
        /// <value>0 or more; default 0.</value>
        public int MinTokens
        {
            get;
            init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MinTokens), value, "MinTokens must be 0 or more.");
        }
    }

    /// <summary>No further block is begun once every canvas holds one; blocks are finished (dllm's block diffusion).</summary>
    public sealed record Block : EndRule;

    /// <summary>Nothing: every place is decoded (LLaDA, Dream, dllm's masked diffusion).</summary>
    public sealed record Ignored : EndRule;

    /// <summary>None may be written; for gaps in the middle of a text.</summary>
    public sealed record Forbidden : EndRule;
}

/// <summary>What is done about one token written over and over.</summary>
public abstract record RunRule
{
    private RunRule() { }

    /// <summary>Nothing.</summary>
    public sealed record Ignored : RunRule;

    /// <summary>It is kept and marked in the result; no further step makes it longer.</summary>
    public sealed record Marked : RunRule
    {
        /// <summary>Tokens from which on it is a run.</summary>
        /// <value>2 or more; default 8.</value>
        public int Length { get; init => field = AtLeastTwo(value); } = 8;
    }

    /// <summary>All but its first token are masked again and written anew with other tokens.</summary>
    public sealed record Remasked : RunRule
    {
        /// <summary>Tokens from which on it is a run.</summary>
        /// <value>2 or more; default 8.</value>
        public int Length { get; init => field = AtLeastTwo(value); } = 8;
    }

    private static int AtLeastTwo(int value) => value >= 2
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A run has at least 2 tokens.");
}

/// <summary>One token written over and over.</summary>
/// <param name="Start">Its first position on the canvas.</param>
/// <param name="Length">Its tokens.</param>
/// <param name="Id">The token.</param>
public readonly record struct RepeatedRun(int Start, int Length, int Id);
