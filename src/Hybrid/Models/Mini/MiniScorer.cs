using HybridGen.Candidates;
using HybridGen.Canvases;
using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>Scores the forms that could stand on a canvas: draft and candidates by the pointer, free proposals by the vocabulary.</summary>
internal sealed class MiniScorer : IDisposable
{
    private const int Choices = CandidateSource.Most + 1;
    private const int RowsAtOnce = 256;

    private readonly MiniDenoiser _denoiser;
    private readonly ChoiceVectors _choices;

    public MiniScorer(MiniDenoiser denoiser)
    {
        _denoiser = denoiser;
        Forms = new FormVectors(denoiser);
        _choices = new ChoiceVectors(denoiser, Forms);
    }

    public MiniConfig Config => _denoiser.Config;

    /// <summary>What the network makes of words' letters.</summary>
    public FormVectors Forms { get; }

    /// <summary>Canvases that have gone through the network so far.</summary>
    public int Forwards { get; private set; }

    /// <summary>
    /// The log-probability of every form of every word: the draft first, then the candidates; minus infinity where a form needs more slots.
    /// </summary>
    /// <param name="canvases">The canvases; each is one window.</param>
    /// <param name="normalise">
    /// Whether to divide by the sum over the vocabulary, for all words. Without it each word's values lack the same constant, which a
    /// comparison of its forms does not need, and words without candidates have none.
    /// </param>
    /// <param name="isAsked">Whether a word's values are wanted; null: all are.</param>
    /// <returns>For each canvas and word the values; empty where the word was not scored.</returns>
    public float[][][] Score(IReadOnlyList<Canvas> canvases, bool normalise = false, Func<CanvasWord, bool>? isAsked = null)
    {
        using var scope = NewDisposeScope();
        var batch = Batch(canvases);
        var pointers = new PointerRows(batch, _choices, word => (normalise || word.Candidates.Count > 0) && isAsked?.Invoke(word) != false);
        if (pointers.Count == 0) return pointers.Scores([], [], null);
        var rows = Rows(batch, pointers.Slots);
        var ids = tensor(pointers.Ids, [pointers.Count, Choices], device: _denoiser.Device);
        var logits = _denoiser.Logits(rows, ids);
        var points = Point(pointers, rows);
        return pointers.Scores(Copy(logits), Copy(points), normalise ? Copy(Normaliser(rows, pointers, points)) : null);
    }

    public void Dispose()
    {
        _choices.Dispose();
        Forms.Dispose();
        _denoiser.Dispose();
    }

    private MiniBatch Batch(IReadOnlyList<Canvas> canvases)
    {
        Forms.MakeRoom();
        _choices.MakeRoom();
        return new MiniBatch(canvases, Config, Forms);
    }

    /// <summary>Runs the network; the hidden states of some slots, (n, D).</summary>
    private Tensor Rows(MiniBatch batch, long[] slots)
    {
        using var hidden = batch.Hidden(_denoiser);
        Forwards += batch.Canvases.Count;
        return hidden.index_select(0, tensor(slots, device: _denoiser.Device));
    }

    private Tensor Point(PointerRows pointers, Tensor rows)
    {
        using var scope = NewDisposeScope();
        _choices.Compute();
        var places = tensor(pointers.Choices, device: _denoiser.Device);
        var keys = _choices.Keys.index_select(0, places).view(pointers.Count, Choices, -1);
        var biases = _choices.Biases.index_select(0, places).view(pointers.Count, Choices);
        return MiniDenoiser.PointerScores(_denoiser.PointerQueries(rows), keys, biases).MoveToOuterDisposeScope();
    }

    /// <summary>Log of the sum over the vocabulary and the candidates that fit, (rows); some rows at a time, for the vocabulary is wide.</summary>
    private Tensor Normaliser(Tensor rows, PointerRows pointers, Tensor points)
    {
        var absent = tensor(pointers.Ids.Select((_, i) => pointers.Fits(i) ? 0f : float.NegativeInfinity).ToArray(), [pointers.Count, Choices], device: _denoiser.Device);
        var sums = empty(pointers.Count, device: _denoiser.Device);
        for (var first = 0; first < pointers.Count; first += RowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var some = Math.Min(RowsAtOnce, pointers.Count - first);
            var chosen = points.narrow(0, first, some) + absent.narrow(0, first, some);
            sums.narrow(0, first, some).copy_(cat([_denoiser.Logits(rows.narrow(0, first, some)), chosen], 1).logsumexp(-1));
        }

        return sums;
    }

    private static float[] Copy(Tensor tensor) => tensor.cpu().data<float>().ToArray();
}
