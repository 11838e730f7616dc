using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Reads passages and their variants with one context: a passage once, its variants from where they differ, many of them at once.</summary>
/// <remarks>All methods run as work of the context.</remarks>
/// <param name="context">The context.</param>
/// <param name="size">How much is decoded at once.</param>
internal sealed class LlamaScorer(ScoringContext context, ScoringSize size)
{
    /// <summary>Sequences of the context: passages and variants side by side.</summary>
    public const int Sequences = 128;

    private readonly ScoringBatch _batch = new(context, size, spare: Sequences);

    /// <summary>Tokens of passages, and of variants, that are held side by side; also the longest variant.</summary>
    public int Room => size.Batch;

    private SafeLLamaContextHandle Handle => context.Context.NativeHandle;

    /// <summary>The parameters of a context for scoring: room for the longest text, or a batch of shorter ones, and for a batch of variants.</summary>
    public static ModelParams Parameters(ModelParams context, ScoringSize size, int longest)
    {
        // llama.cpp ends the process where a batch is smaller than the number of sequences.
        const int All = Sequences + 1;
        var batch = (uint)Math.Max(size.Tokens + size.Spare, All);
        return context with { ContextSize = (uint)(Math.Max(longest, size.Batch) + size.Batch + size.Spare), BatchSize = batch, UBatchSize = size.IsInvariant ? ModelParameters.MostInvariantRows : batch, SeqMax = All };
    }

    /// <summary>Reads passages and what may still win of their branches.</summary>
    public (int Passages, int Branches) Compare(IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var (own, branches) = (0, 0);
        for (int first = 0, next; first < passages.Count; first = next)
        {
            Handle.MemoryClear(data: false);
            var used = 0;
            for (next = first; next < passages.Count && next - first < Sequences / 2 && (next == first || used + passages[next].Needed <= Room); next++)
            {
                Read(passages[next], next - first, cancellationToken);
                used += passages[next].Needed;
            }

            _batch.Flush(cancellationToken);
            own += used;
            branches += ReadBranches([.. passages.Skip(first).Take(next - first)], cancellationToken);
        }

        return (own, branches);
    }

    private void Read(Passage passage, int sequence, CancellationToken cancellationToken)
    {
        var needed = passage.Needed;
        for (var i = 0; i < needed; i++)
        {
            _batch.Add(passage.Tokens[i], i, sequence, passage.IsWanted[i + 1], cancellationToken);
            if (!passage.IsWanted[i + 1]) continue;
            _batch.Want(passage.Tokens[i + 1], passage.LogProbabilities, i + 1);
            foreach (var branch in passage.Branches)
                if (branch.At == i + 1 && branch.Tokens.Length > 0) _batch.Want(branch.Tokens[0], branch.LogProbabilities, 0);
        }
    }

    private int ReadBranches(IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var (read, sequence, held) = (0, Sequences / 2, 0);
        for (var number = 0; number < passages.Count; number++)
        {
            foreach (var branch in passages[number].Branches)
            {
                branch.Weigh(passages[number].LogProbabilities);
                var more = branch.Unread;
                if (more == 0) continue;
                if (sequence == Sequences || held + more > Room)
                {
                    _batch.Flush(cancellationToken);
                    while (sequence > Sequences / 2) Handle.MemorySequenceRemove((LLamaSeqId)(--sequence), -1, -1);
                    held = 0;
                }

                Read(branch, number, sequence++, cancellationToken);
                held += more;
                read += more;
            }
        }

        _batch.Flush(cancellationToken);
        return read;
    }

    private void Read(Branch branch, int passage, int sequence, CancellationToken cancellationToken)
    {
        Handle.MemorySequenceCopy((LLamaSeqId)passage, (LLamaSeqId)sequence, 0, branch.At);
        for (var i = 0; i < branch.Unread; i++)
        {
            _batch.Add(branch.Tokens[i], branch.At + i, sequence, logits: true, cancellationToken);
            _batch.Want(branch.Tokens[i + 1], branch.LogProbabilities, i + 1);
        }
    }
}
