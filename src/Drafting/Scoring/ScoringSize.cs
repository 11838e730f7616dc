namespace HybridGen.Drafting;

/// <summary>How much is decoded at once where texts are scored.</summary>
/// <param name="Batch">At most so many tokens; no fewer than the sequences of the context.</param>
/// <param name="Vocabulary">Logits of a row.</param>
/// <param name="Threads">Threads that read them.</param>
/// <param name="IsInvariant">Whether what else is decoded may not change what a token's logits are.</param>
internal readonly record struct ScoringSize(int Batch, int Vocabulary, int Threads, bool IsInvariant)
{
    /// <summary>Rows of logits that are held at once: 64 MiB, but some of them however wide they are.</summary>
    public int Rows => Math.Max(16, (64 << 20) / (sizeof(float) * Vocabulary));

    /// <summary>Rows of no use that stand beside others at once.</summary>
    public int Spare => IsInvariant ? 1 : 0;

    /// <summary>Tokens of a decode.</summary>
    /// <remarks>
    /// Where nothing may change, llama.cpp is given no more than it computes in one way and in one piece: a rest that it cut off itself could
    /// be a row alone, which it computes in another. One place is left for a row of no use beside such a one.
    /// </remarks>
    public int Tokens => IsInvariant ? Math.Min(Batch, ModelParameters.MostInvariantRows - 1) : Batch;
}
