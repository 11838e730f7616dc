using System.Numerics.Tensors;
using LLama.Native;

namespace HybridGen.Drafting;

/// <summary>Tokens that are decoded together, and the log-probabilities that are read from their rows of logits.</summary>
/// <param name="context">Decodes; all methods run as its work.</param>
/// <param name="size">How much is decoded at once.</param>
/// <param name="spare">A sequence of the context that nothing else uses.</param>
internal sealed class ScoringBatch(ScoringContext context, ScoringSize size, int spare)
{
    private readonly LLamaBatch _batch = new();
    private readonly List<Pick> _picks = [];
    private readonly List<int> _rows = [];
    private LLamaToken _last;

    /// <summary>A log-probability that is to be read from a row of logits.</summary>
    private readonly record struct Pick(int Row, LLamaToken Token, float[] Values, int Index);

    private SafeLLamaContextHandle Handle => context.Context.NativeHandle;

    /// <summary>Adds a token; what was added before is decoded where there is no room.</summary>
    /// <param name="token">The token.</param>
    /// <param name="position">Where it stands.</param>
    /// <param name="sequence">In which sequence.</param>
    /// <param name="logits">Whether its logits are wanted.</param>
    /// <param name="cancellationToken">Stops the decode.</param>
    public void Add(LLamaToken token, int position, int sequence, bool logits, CancellationToken cancellationToken)
    {
        if (_batch.TokenCount == size.Tokens || _rows.Count == size.Rows) Flush(cancellationToken);
        var row = _batch.Add(token, position, (LLamaSeqId)sequence, logits);
        if (logits) _rows.Add(row);
        _last = token;
    }

    /// <summary>Wants the log-probability of a token after the one that was added last, whose logits are wanted.</summary>
    /// <param name="token">The token.</param>
    /// <param name="values">Where it goes,</param>
    /// <param name="index">and in which place.</param>
    public void Want(LLamaToken token, float[] values, int index) => _picks.Add(new Pick(_rows.Count - 1, token, values, index));

    /// <summary>Decodes what was added and reads the log-probabilities that are wanted of it.</summary>
    public void Flush(CancellationToken cancellationToken)
    {
        try
        {
            if (_batch.TokenCount > 0) Decode(cancellationToken);
        }
        finally
        {
            _batch.Clear();
            _rows.Clear();
            _picks.Clear();
        }
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

    private void Decode(CancellationToken cancellationToken)
    {
        // The last layer and the vocabulary are computed only where logits are wanted: there too a row would be alone.
        var isAlone = size.IsInvariant && (_batch.TokenCount == 1 || _rows.Count == 1);
        if (isAlone) _batch.Add(_last, 0, (LLamaSeqId)spare, logits: true);
        context.Decode(_batch, cancellationToken);
        if (isAlone) Handle.MemorySequenceRemove((LLamaSeqId)spare, -1, -1);
        ReadRows();
    }

    private unsafe void ReadRows()
    {
        var rows = new nint[_rows.Count];
        for (var i = 0; i < rows.Length; i++)
            fixed (float* logits = Handle.GetLogitsIth(_rows[i])) rows[i] = (nint)logits;
        var normalisers = new float[rows.Length];
        Parallel.For(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = size.Threads }, i => normalisers[i] = LogSumExp(new ReadOnlySpan<float>((void*)rows[i], size.Vocabulary)));
        foreach (var (row, token, values, index) in _picks) values[index] = ((float*)rows[row])[(int)token] - normalisers[row];
    }
}
