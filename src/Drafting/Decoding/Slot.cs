using System.Runtime.InteropServices;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>A sequence of a context, and the tokens that its memory holds.</summary>
internal sealed class Slot(int sequence, int vocabularySize)
{
    private SafeLLamaContextHandle? _context;

    public LLamaSeqId Sequence { get; } = (LLamaSeqId)sequence;

    /// <summary>The tokens in memory, from position 0 on.</summary>
    public List<LLamaToken> Held { get; } = [];

    /// <summary>Whose tokens they are; <see langword="null"/> where nobody will ask for them again.</summary>
    public DraftSession? Owner { get; set; }

    /// <summary>Whether a request uses it.</summary>
    public bool IsTaken { get; set; }

    /// <summary>When it was last taken, in requests.</summary>
    public long LastUse { get; set; }

    public TokenStatistics Statistics { get; } = new(vocabularySize);

    private SafeLLamaContextHandle Context => _context ?? throw new InvalidOperationException("The slot has no context yet.");

    public void Attach(SafeLLamaContextHandle context) => _context = context;

    /// <summary>Keeps the longest beginning that it shares with other tokens, but for their last; forgets the rest.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="refused">Whether the model cannot forget a part, so that all was forgotten.</param>
    /// <returns>How many tokens were kept.</returns>
    public int KeepCommon(IReadOnlyList<LLamaToken> tokens, out bool refused)
    {
        var common = 0;
        while (common < Math.Min(Held.Count, tokens.Count - 1) && Held[common] == tokens[common]) common++;
        refused = !Truncate(common);
        return Held.Count;
    }

    /// <summary>Forgets the tokens from a position on, also those that were read by a decode that was broken off.</summary>
    /// <returns>Whether just those were forgotten: recurrent models can only forget all.</returns>
    public bool Truncate(int length)
    {
        if (InMemory > length) Context.MemorySequenceRemove(Sequence, length == 0 ? -1 : length, -1);
        // The binding drops llama.cpp's answer; what is left tells.
        var refused = length > 0 && InMemory > length;
        if (refused) Truncate(0);
        else CollectionsMarshal.SetCount(Held, Math.Min(Held.Count, length));
        return !refused;
    }

    /// <summary>Holds what another does; the memory is shared as far as both go on.</summary>
    public void CopyFrom(Slot other)
    {
        Truncate(0);
        Context.MemorySequenceCopy(other.Sequence, Sequence, -1, -1);
        Held.AddRange(other.Held);
    }

    private int InMemory => (int)Context.MemorySequenceMaxPosition(Sequence) + 1;
}
