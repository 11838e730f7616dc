namespace HybridGen.Drafting;

/// <summary>How many tokens one step decodes.</summary>
/// <param name="Most">At most so many: what is decoded without a break.</param>
/// <param name="IsInvariant">Whether what else is decoded may not change what a token's logits are.</param>
internal readonly record struct StepSize(int Most, bool IsInvariant)
{
    /// <summary>How many rows of logits there are at least: one alone is computed in another way than several.</summary>
    public int LeastRows => IsInvariant ? 2 : 1;

    /// <summary>How many sequences the context must have: a row that may not stand alone needs another beside it.</summary>
    public int LeastSequences => LeastRows;

    /// <summary>How many tokens of a prompt go into a batch.</summary>
    /// <param name="unread">Tokens of it that are still to be read.</param>
    /// <param name="used">Tokens in the batch already.</param>
    /// <param name="prompts">How many prompts share what is left, this one included.</param>
    public int Share(int unread, int used, int prompts) => Math.Min(unread, (Math.Max(0, Most - used) + prompts - 1) / prompts);
}
