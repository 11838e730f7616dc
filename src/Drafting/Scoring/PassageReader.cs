using LLama.Common;

namespace HybridGen.Drafting;

/// <summary>Reads whole passages, one at a time, with a context of its own: of any length, in the memory of one window.</summary>
/// <remarks>All methods run as work of the context.</remarks>
/// <param name="context">The context.</param>
/// <param name="size">How much is decoded at once.</param>
/// <param name="windowSize">Tokens that a window has room for.</param>
internal sealed class PassageReader(ScoringContext context, ScoringSize size, int windowSize)
{
    private const int Sequence = 0;
    private const int Spare = 1;

    private readonly ScoringBatch _batch = new(context, size, Spare);

    /// <summary>The parameters of a context for it.</summary>
    public static ModelParams Parameters(ModelParams context, ScoringSize size, int windowSize)
    {
        var batch = (uint)Math.Max(size.Tokens + size.Spare, Spare + 1);
        return context with { ContextSize = Math.Max((uint)(windowSize + size.Spare), batch), BatchSize = batch, UBatchSize = batch, SeqMax = Spare + 1 };
    }

    /// <summary>Reads a passage, of which all tokens are wanted.</summary>
    public void Read(Passage passage, CancellationToken cancellationToken)
    {
        foreach (var window in ScoringWindow.Cut(passage.Tokens.Length, passage.Lead, windowSize))
        {
            context.Context.NativeHandle.MemoryClear(data: false);
            Read(passage, window, cancellationToken);
            _batch.Flush(cancellationToken);
        }
    }

    private void Read(Passage passage, ScoringWindow window, CancellationToken cancellationToken)
    {
        for (var i = 0; i < passage.Lead; i++) Read(passage, window, i, i, cancellationToken);
        for (var i = window.Start; i < window.End; i++) Read(passage, window, i, passage.Lead + i - window.Start, cancellationToken);
    }

    private void Read(Passage passage, ScoringWindow window, int token, int position, CancellationToken cancellationToken)
    {
        var next = position + 1 == passage.Lead ? window.Start : token + 1;
        _batch.Add(passage.Tokens[token], position, Sequence, next >= window.From, cancellationToken);
        if (next >= window.From) _batch.Want(passage.Tokens[next], passage.LogProbabilities, next);
    }
}
