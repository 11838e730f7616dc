using HybridGen.Canvases;

namespace HybridGen.Scoring;

/// <summary>p(word | rest) by masking every n-th word: the words of a window are scored in n rows.</summary>
internal sealed class StridedMasking(Predictor predictor, int strides, bool entropies = false) : IWordScoring
{
    public WordScore[][] Score(IReadOnlyList<Canvas> canvases)
    {
        var rows = new List<int[]>();
        var masks = new List<float>();
        var asked = new QueryList();
        for (var canvas = 0; canvas < canvases.Count; canvas++)
        {
            var row = TokenRow.Of(canvases[canvas], predictor.Denoiser.Descriptor);
            for (var phase = 0; phase < Math.Min(strides, row.Words); phase++)
            {
                for (var word = phase; word < row.Words; word += strides) asked.Add(canvas, word, rows.Count, row);
                rows.Add(row.Masked(word => word % strides == phase, predictor.Denoiser.Descriptor.MaskId));
                masks.Add(1f / strides);
            }
        }

        return asked.Read(canvases, predictor.Predict(rows, asked.Queries, masks: masks, entropies: entropies));
    }
}

/// <summary>p(word) with everything visible, for denoisers that were trained on visible errors.</summary>
internal sealed class VisibleErrors(Predictor predictor, bool entropies = false) : IWordScoring
{
    public WordScore[][] Score(IReadOnlyList<Canvas> canvases)
    {
        var asked = new QueryList();
        var rows = canvases.Select(canvas => TokenRow.Of(canvas, predictor.Denoiser.Descriptor)).ToArray();
        for (var canvas = 0; canvas < rows.Length; canvas++)
            for (var word = 0; word < rows[canvas].Words; word++) asked.Add(canvas, word, canvas, rows[canvas]);
        return asked.Read(canvases, predictor.Predict([.. rows.Select(row => row.Ids)], asked.Queries, entropies: entropies));
    }
}

/// <summary>The queries for words' tokens, and which word each belongs to.</summary>
internal sealed class QueryList
{
    private readonly List<(int Canvas, int Word)> _owners = [];

    public List<Query> Queries { get; } = [];

    /// <summary>Asks for the tokens of a word in a row.</summary>
    public void Add(int canvas, int word, int rowIndex, TokenRow row)
    {
        foreach (var position in row.Positions(word))
        {
            Queries.Add(new Query(rowIndex, position, row.Ids[position]));
            _owners.Add((canvas, word));
        }
    }

    /// <summary>Joins the answers for a word's tokens.</summary>
    public WordScore[][] Read(IReadOnlyList<Canvas> canvases, Prediction[] answers)
    {
        var scores = canvases.Select(canvas => new WordScore[canvas.Words.Count]).ToArray();
        foreach (var word in answers.Zip(_owners).GroupBy(answer => answer.Second, answer => answer.First))
        {
            var tokens = word.ToArray();
            scores[word.Key.Canvas][word.Key.Word] = new WordScore(
                tokens.Sum(token => token.LogProbability), tokens.Sum(token => token.LogProbabilities[0]), tokens.Average(token => token.Entropy), [.. tokens.Select(token => token.Ids[0])]);
        }

        return scores;
    }
}
