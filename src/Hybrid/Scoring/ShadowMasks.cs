using HybridGen.Canvases;
using HybridGen.Models;
using static TorchSharp.torch;

namespace HybridGen.Scoring;

/// <summary>p(word | rest) of all words in one forward: the tokens, then a masked twin of each at the same position.</summary>
/// <remarks>
/// No token sees a twin. A twin sees itself, the twins of the other tokens of its word, and every token outside of its word (Feng et al., WINO, arXiv 2507.18578, section 3, where a block's twins
/// also see each other: with a whole text of twins that would be a text of masks).
/// </remarks>
internal sealed class ShadowMasks : IWordScoring
{
    private readonly Predictor _predictor;

    public ShadowMasks(Predictor predictor)
    {
        var descriptor = predictor.Denoiser.Descriptor;
        if (descriptor.ShiftsLogits || descriptor.Attention != AttentionPattern.Full || !descriptor.SeesByMask)
            throw new RefiningException($"Shadow masks need a refiner that sees both sides by a mask and whose logits are not shifted; '{descriptor.Family}' is none. Use strided masking.");
        _predictor = predictor;
    }

    public WordScore[][] Score(IReadOnlyList<Canvas> canvases)
    {
        var asked = new QueryList();
        var answers = new List<Prediction>();
        foreach (var (canvas, index) in canvases.Select((canvas, index) => (canvas, index)))
        {
            var row = TokenRow.Of(canvas, _predictor.Denoiser.Descriptor);
            for (var word = 0; word < row.Words; word++) asked.Add(index, word, index, row);
            if (row.Words > 0) answers.AddRange(_predictor.Predict(Shadowed(row), Twins(row)));
        }

        return asked.Read(canvases, [.. answers]);
    }

    private static List<Query> Twins(TokenRow row)
    {
        var queries = new List<Query>();
        for (var word = 0; word < row.Words; word++)
            foreach (var position in row.Positions(word)) queries.Add(new Query(0, row.Ids.Length + position - row.Starts[0], row.Ids[position]));
        return queries;
    }

    /// <summary>The doubled row: ids (1, 2L), positions of the tokens twice, and who sees whom (1, 1, 2L, 2L).</summary>
    private DenoiserInput Shadowed(TokenRow row)
    {
        var (length, first, twins) = (row.Ids.Length, row.Starts[0], row.Starts[^1] - row.Starts[0]);
        var device = _predictor.Denoiser.Device;
        var ids = row.Ids.Select(id => (long)id).Concat(Enumerable.Repeat((long)_predictor.Denoiser.Descriptor.MaskId, twins)).ToArray();
        var positions = Enumerable.Range(0, length).Concat(Enumerable.Range(first, twins)).Select(position => (long)position).ToArray();
        var sees = new bool[ids.Length * ids.Length];
        for (var query = 0; query < ids.Length; query++) sees.AsSpan(query * ids.Length, length).Fill(true);
        for (var word = 0; word < row.Words; word++)
        {
            var (start, count) = (row.Starts[word], row.Starts[word + 1] - row.Starts[word]);
            for (var token = start; token < start + count; token++)
            {
                var line = sees.AsSpan((length + token - first) * ids.Length, ids.Length);
                line.Slice(start, count).Clear();
                line.Slice(length + start - first, count).Fill(true);
            }
        }

        return new DenoiserInput(tensor(ids, [1, ids.Length], device: device))
        {
            Positions = tensor(positions, [1, ids.Length], device: device),
            Attention = tensor(sees, [1, 1, ids.Length, ids.Length], device: device),
        };
    }
}
