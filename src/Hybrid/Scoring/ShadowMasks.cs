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
    /// <summary>Columns of a batch, twins included; who sees whom grows with its square.</summary>
    private const int PositionsAtOnce = 4096;

    private readonly Predictor _predictor;
    private readonly bool _entropies;

    public ShadowMasks(Predictor predictor, bool entropies = false)
    {
        var descriptor = predictor.Denoiser.Descriptor;
        if (descriptor.ShiftsLogits || descriptor.Attention != AttentionPattern.Full || !descriptor.SeesByMask)
            throw new RefiningException($"Shadow masks need a refiner that sees both sides by a mask and whose logits are not shifted; '{descriptor.Family}' is none. Use strided masking.");
        (_predictor, _entropies) = (predictor, entropies);
    }

    public WordScore[][] Score(IReadOnlyList<Canvas> canvases)
    {
        var rows = canvases.Select(canvas => TokenRow.Of(canvas, _predictor.Denoiser.Descriptor)).ToArray();
        var asked = new QueryList();
        for (var canvas = 0; canvas < rows.Length; canvas++)
            for (var word = 0; word < rows[canvas].Words; word++) asked.Add(canvas, word, canvas, rows[canvas]);
        var answers = new Prediction[asked.Queries.Count];
        var places = asked.Queries.Index().ToLookup(query => query.Item.Row, query => query.Index);
        foreach (var batch in Batches(rows))
        {
            using var scope = NewDisposeScope();
            var predicted = _predictor.Predict(Shadowed([.. batch.Select(row => rows[row])]), [.. batch.SelectMany((row, place) => Twins(rows[row], place))], entropies: _entropies);
            foreach (var (answer, place) in predicted.Zip(batch.SelectMany(row => places[row]))) answers[place] = answer;
        }

        return asked.Read(canvases, answers);
    }

    /// <summary>Rows that have words, those of like length together.</summary>
    private static List<List<int>> Batches(TokenRow[] rows)
    {
        var batches = new List<List<int>>();
        foreach (var row in Enumerable.Range(0, rows.Length).Where(row => rows[row].Words > 0).OrderBy(row => Width(rows[row])))
        {
            if (batches.Count == 0 || (batches[^1].Count + 1) * Width(rows[row]) > PositionsAtOnce) batches.Add([]);
            batches[^1].Add(row);
        }

        return batches;
    }

    private static int Width(TokenRow row) => row.Ids.Length + row.Starts[^1] - row.Starts[0];

    private static IEnumerable<Query> Twins(TokenRow row, int place) => Enumerable.Range(row.Starts[0], row.Starts[^1] - row.Starts[0])
        .Select(position => new Query(place, row.Ids.Length + position - row.Starts[0], row.Ids[position]));

    /// <summary>The doubled rows, filled up at the right with what nobody sees: ids (B, W), positions of the tokens twice, and who sees whom (B, 1, W, W).</summary>
    private DenoiserInput Shadowed(TokenRow[] rows)
    {
        var (width, device) = (rows.Max(Width), _predictor.Denoiser.Device);
        var (ids, positions, sees) = (new long[rows.Length * width], new long[rows.Length * width], new bool[rows.Length * width * width]);
        for (var place = 0; place < rows.Length; place++)
            Lay(rows[place], width, ids.AsSpan(place * width, width), positions.AsSpan(place * width, width), sees.AsSpan(place * width * width, width * width));
        return new DenoiserInput(tensor(ids, [rows.Length, width], device: device))
        {
            Positions = tensor(positions, [rows.Length, width], device: device),
            Attention = tensor(sees, [rows.Length, 1, width, width], device: device),
        };
    }

    private void Lay(TokenRow row, int width, Span<long> ids, Span<long> positions, Span<bool> sees)
    {
        var (length, first, shift) = (row.Ids.Length, row.Starts[0], row.Ids.Length - row.Starts[0]);
        ids.Fill(_predictor.Denoiser.Descriptor.MaskId);
        for (var i = 0; i < length; i++) (ids[i], positions[i]) = (row.Ids[i], i);
        for (var i = first; i < row.Starts[^1]; i++) positions[shift + i] = i;
        // What fills up sees the row too: a softmax over nothing is no number.
        for (var query = 0; query < width; query++) sees.Slice(query * width, length).Fill(true);
        for (var word = 0; word < row.Words; word++)
        {
            var (start, count) = (row.Starts[word], row.Starts[word + 1] - row.Starts[word]);
            for (var token = start; token < start + count; token++)
            {
                sees.Slice(((shift + token) * width) + start, count).Clear();
                sees.Slice(((shift + token) * width) + shift + start, count).Fill(true);
            }
        }
    }
}
