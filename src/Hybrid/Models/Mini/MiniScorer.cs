using HybridGen.Candidates;
using HybridGen.Canvases;
using static TorchSharp.torch;

namespace HybridGen.Models.Mini;

/// <summary>Scores the forms that could stand on a canvas: draft and candidates by the pointer, free proposals by the vocabulary.</summary>
internal sealed class MiniScorer(MiniDenoiser denoiser) : IDisposable
{
    private const int Choices = CandidateSource.Most + 1;
    private const int RowsAtOnce = 256;

    private readonly FormVectors _forms = new(denoiser);

    public MiniConfig Config => denoiser.Config;

    /// <summary>Windows that went through the network so far.</summary>
    public int Forwards { get; private set; }

    /// <summary>
    /// The log-probability of every form of every word: the draft first, then the candidates; minus infinity where a form needs more slots.
    /// </summary>
    /// <param name="canvases">The canvases; each is one window.</param>
    /// <param name="normalise">
    /// Whether to divide by the sum over the vocabulary, for all words. Without it each word's values lack the same constant, which a
    /// comparison of its forms does not need, and words without candidates have none.
    /// </param>
    /// <returns>For each canvas and word the values; empty where the word was not scored.</returns>
    public float[][][] Score(IReadOnlyList<Canvas> canvases, bool normalise = false)
    {
        using var scope = NewDisposeScope();
        _forms.MakeRoom();
        var batch = new MiniBatch(canvases, Config, _forms);
        var pointers = new PointerRows(batch, _forms, word => word.Visibility != Visibility.Hidden && (normalise || word.Candidates.Count > 0));
        if (pointers.Count == 0) return pointers.Scores([], [], null);
        using var hidden = batch.Hidden(denoiser);
        Forwards += canvases.Count;
        var rows = hidden.index_select(0, tensor(pointers.Slots));
        var ids = tensor(pointers.Ids, [pointers.Count, Choices]);
        var logits = denoiser.Logits(rows, ids);
        var points = Point(pointers, rows);
        return pointers.Scores(Copy(logits), Copy(points), normalise ? Copy(Normaliser(rows, pointers, points)) : null);
    }

    public void Dispose()
    {
        _forms.Dispose();
        denoiser.Dispose();
    }

    private Tensor Point(PointerRows pointers, Tensor rows)
    {
        using var scope = NewDisposeScope();
        var keys = _forms.Keys.index_select(0, tensor(pointers.FormRows));
        var (described, biases) = denoiser.DescribeCandidates(keys, tensor(pointers.Features).view(-1, PointerRows.FeatureCount), tensor(pointers.Operations).view(-1, EditOperations.Slots));
        var places = tensor(pointers.Choices);
        var ofRows = described.index_select(0, places).view(pointers.Count, Choices, -1);
        var biasOfRows = biases.index_select(0, places).view(pointers.Count, Choices);
        return MiniDenoiser.PointerScores(denoiser.PointerQueries(rows), ofRows, biasOfRows).MoveToOuterDisposeScope();
    }

    /// <summary>Log of the sum over the vocabulary and the candidates that fit, (rows); some rows at a time, for the vocabulary is wide.</summary>
    private Tensor Normaliser(Tensor rows, PointerRows pointers, Tensor points)
    {
        var absent = tensor(pointers.Ids.Select((_, i) => pointers.Fits(i) ? 0f : float.NegativeInfinity).ToArray(), [pointers.Count, Choices]);
        var sums = empty(pointers.Count);
        for (var first = 0; first < pointers.Count; first += RowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var some = Math.Min(RowsAtOnce, pointers.Count - first);
            var chosen = points.narrow(0, first, some) + absent.narrow(0, first, some);
            sums.narrow(0, first, some).copy_(cat([denoiser.Logits(rows.narrow(0, first, some)), chosen], 1).logsumexp(-1));
        }

        return sums;
    }

    private static float[] Copy(Tensor tensor) => tensor.data<float>().ToArray();
}
