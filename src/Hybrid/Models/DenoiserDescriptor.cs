namespace HybridGen.Models;

/// <summary>What differs between denoisers, read from a checkpoint's folder: whoever drives one needs to know nothing else about its family.</summary>
internal sealed record DenoiserDescriptor
{
    /// <summary>The family as <c>model_type</c> in <c>config.json</c> names it.</summary>
    public required string Family { get; init; }

    /// <summary>Id of the mask token.</summary>
    public required int MaskId { get; init; }

    /// <summary>Id that ends a text; null where the family has none.</summary>
    public int? EosId { get; init; }

    /// <summary>Further ids that end a text, such as the end of a chat turn.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Id of padding; null where the family has none.</summary>
    public int? PadId { get; init; }

    /// <summary>Id that every text begins with (BOS, CLS); null where there is none.</summary>
    public int? BosId { get; init; }

    /// <summary>Id that closes every text (SEP); null where there is none.</summary>
    public int? SepId { get; init; }

    /// <summary>Width of the head; ids from the tokenizer's size on are padding and have no text.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Ids below <see cref="VocabularySize"/> that stand for no text and can never be chosen.</summary>
    public IReadOnlyList<int> IdsWithoutText { get; init; } = [];

    /// <summary>Most positions of a canvas.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Whether the logits at position i speak of position i + 1 (Dream, DiffuGPT).</summary>
    public bool ShiftsLogits { get; init; }

    /// <summary>Whether the network needs a diffusion time.</summary>
    public bool IsTimeConditioned { get; init; }

    /// <summary>Whether visible tokens were supervised in training too, so that their own probability says something (GIDD, mini).</summary>
    public bool ScoresVisibleTokens { get; init; }

    /// <summary>Whether the network heeds <see cref="DenoiserInput.Attention"/> for each query and <see cref="DenoiserInput.Positions"/>, as shadow masks need.</summary>
    public bool SeesByMask { get; init; } = true;

    /// <summary>Which positions a position sees.</summary>
    public AttentionPattern Attention { get; init; } = AttentionPattern.Full;

    /// <summary>Whether forwards may keep keys and values (<see cref="KeyValueCache"/>).</summary>
    public bool CanCache { get; init; }

    /// <summary>Block lengths that block-causal attention was trained with; empty for full attention.</summary>
    public IReadOnlyList<int> TrainedBlockLengths { get; init; } = [];
}

/// <summary>Which positions a position of a canvas sees.</summary>
internal enum AttentionPattern
{
    /// <summary>All.</summary>
    Full,

    /// <summary>All of its own block and of those before it.</summary>
    BlockCausal,
}
