using System.Numerics.Tensors;
using LLama.Common;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Reads passages and their variants with one context: a passage once, its variants from where they differ, many of them at once.</summary>
/// <remarks>All methods run as work of the context.</remarks>
internal sealed class LlamaScorer(ScoringContext context, int vocabularySize, int threads)
{
    /// <summary>Sequences of the context: passages and variants side by side.</summary>
    public const int Sequences = 128;

    /// <summary>Rows of logits that are held at once: 64 MiB, but some of them however wide they are.</summary>
    private int MostRows => Math.Max(16, (64 << 20) / (sizeof(float) * vocabularySize));

    private readonly LLamaBatch _batch = new();
    private readonly List<Pick> _picks = [];
    private readonly List<int> _rows = [];

    /// <summary>A log-probability that is to be read from a row of logits.</summary>
    private readonly record struct Pick(int Row, LLamaToken Token, float[] Values, int Index);

    /// <summary>Tokens of a batch; also the longest variant.</summary>
    public int Room => (int)context.Context.BatchSize;

    private SafeLLamaContextHandle Handle => context.Context.NativeHandle;

    /// <summary>The parameters of a context for scoring: room for the longest text, or a batch of shorter ones, and for a batch of variants.</summary>
    public static ModelParams Parameters(ModelParams context, int batchSize, int longest, bool isInvariant)
    {
        // llama.cpp ends the process where a batch is smaller than the number of sequences.
        var batch = (uint)Math.Max(batchSize, Sequences);
        return context with { ContextSize = Math.Max((uint)longest, batch) + batch, BatchSize = batch, UBatchSize = isInvariant ? ModelParameters.MostInvariantRows : batch, SeqMax = Sequences };
    }

    /// <summary>Reads one passage.</summary>
    public void Read(Passage passage, CancellationToken cancellationToken)
    {
        Handle.MemoryClear(data: false);
        Read(passage, 0, cancellationToken);
        Flush(cancellationToken);
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

            Flush(cancellationToken);
            own += used;
            branches += ReadBranches([.. passages.Skip(first).Take(next - first)], cancellationToken);
        }

        return (own, branches);
    }

    /// <summary>Log of the sum of the exponentials.</summary>
    internal static float LogSumExp(ReadOnlySpan<float> values)
    {
        const int Block = 2048;
        Span<float> block = stackalloc float[Block];
        var max = TensorPrimitives.Max(values);
        var sum = 0.0;
        for (; values.Length > 0; values = values[Math.Min(Block, values.Length)..])
        {
            var shifted = block[..Math.Min(Block, values.Length)];
            TensorPrimitives.Subtract(values[..shifted.Length], max, shifted);
            TensorPrimitives.Exp(shifted, shifted);
            sum += TensorPrimitives.Sum<float>(shifted);
        }

        return max + (float)Math.Log(sum);
    }

    private void Read(Passage passage, int sequence, CancellationToken cancellationToken)
    {
        var needed = passage.Needed;
        for (var i = 0; i < needed; i++)
        {
            Add(passage.Tokens[i], i, sequence, passage.IsWanted[i + 1], cancellationToken);
            if (!passage.IsWanted[i + 1]) continue;
            _picks.Add(new Pick(_rows.Count - 1, passage.Tokens[i + 1], passage.LogProbabilities, i + 1));
            foreach (var branch in passage.Branches)
                if (branch.At == i + 1 && branch.Tokens.Length > 0) _picks.Add(new Pick(_rows.Count - 1, branch.Tokens[0], branch.LogProbabilities, 0));
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
                    Flush(cancellationToken);
                    while (sequence > Sequences / 2) Handle.MemorySequenceRemove((LLamaSeqId)(--sequence), -1, -1);
                    held = 0;
                }

                Read(branch, number, sequence++, cancellationToken);
                held += more;
                read += more;
            }
        }

        Flush(cancellationToken);
        return read;
    }

    private void Read(Branch branch, int passage, int sequence, CancellationToken cancellationToken)
    {
        Handle.MemorySequenceCopy((LLamaSeqId)passage, (LLamaSeqId)sequence, 0, branch.At);
        for (var i = 0; i < branch.Unread; i++)
        {
            Add(branch.Tokens[i], branch.At + i, sequence, logits: true, cancellationToken);
            _picks.Add(new Pick(_rows.Count - 1, branch.Tokens[i + 1], branch.LogProbabilities, i + 1));
        }
    }

    private void Add(LLamaToken token, int position, int sequence, bool logits, CancellationToken cancellationToken)
    {
        if (_batch.TokenCount == Room || _rows.Count == MostRows) Flush(cancellationToken);
        var row = _batch.Add(token, position, (LLamaSeqId)sequence, logits);
        if (logits) _rows.Add(row);
    }

    /// <summary>Decodes what was added and reads the log-probabilities that are wanted of it.</summary>
    private void Flush(CancellationToken cancellationToken)
    {
        try
        {
            if (_batch.TokenCount == 0) return;
            context.Decode(_batch, cancellationToken);
            ReadRows();
        }
        finally
        {
            _batch.Clear();
            _rows.Clear();
            _picks.Clear();
        }
    }

    private unsafe void ReadRows()
    {
        var rows = new nint[_rows.Count];
        for (var i = 0; i < rows.Length; i++)
            fixed (float* logits = Handle.GetLogitsIth(_rows[i])) rows[i] = (nint)logits;
        var normalisers = new float[rows.Length];
        Parallel.For(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => normalisers[i] = LogSumExp(new ReadOnlySpan<float>((void*)rows[i], vocabularySize)));
        foreach (var (row, token, values, index) in _picks) values[index] = ((float*)rows[row])[(int)token] - normalisers[row];
    }
}
