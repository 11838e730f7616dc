using HybridGen.Candidates;
using HybridGen.Canvases;

namespace HybridGen.Models.Mini;

/// <summary>The slots whose forms are scored, one row each, and the candidates that the pointer chooses from, one entry each.</summary>
internal sealed class PointerRows
{
    public const int FeatureCount = 6;

    private const int ChoicesPerRow = CandidateSource.Most + 1;
    private const int Absent = -1;

    private readonly MiniBatch _batch;
    private readonly List<(CanvasWord Word, int Canvas, int Index, int Row)> _words = [];
    private readonly List<long> _slots = [];
    private readonly List<int> _tokens = [];
    private readonly List<long> _choices = [];
    private readonly List<long> _formRows = [];
    private readonly List<long> _features = [];
    private readonly List<long> _operations = [];

    public PointerRows(MiniBatch batch, FormVectors forms, Func<CanvasWord, bool> isScored)
    {
        _batch = batch;
        foreach (var (word, canvas, index, slot) in batch.Words())
        {
            if (!isScored(word)) continue;
            _words.Add((word, canvas, index, _slots.Count));
            AddRows(word, slot, _formRows.Count);
            AddChoice(word, word.Draft, 0, forms);
            for (var i = 0; i < word.Candidates.Count; i++) AddChoice(word, word.Candidates[i], i + 1, forms);
        }
    }

    /// <summary>Number of rows.</summary>
    public int Count => _slots.Count;

    /// <summary>The batch's slot of each row.</summary>
    public long[] Slots => [.. _slots];

    /// <summary>The token that each form has at each row; 0 where it has none.</summary>
    public long[] Ids => [.. _tokens.Select(token => (long)Math.Max(token, 0))];

    /// <summary>The entry of each form of each row.</summary>
    public long[] Choices => [.. _choices];

    /// <summary>The entries' rows in the table of forms.</summary>
    public long[] FormRows => [.. _formRows];

    /// <summary>The entries' features, six each.</summary>
    public long[] Features => [.. _features];

    /// <summary>The entries' edit operations, four each.</summary>
    public long[] Operations => [.. _operations];

    /// <summary>Whether a form takes part at a row.</summary>
    public bool Fits(int rowAndChoice) => _tokens[rowAndChoice] != Absent;

    /// <summary>Sums each form's log numerators over its word's rows.</summary>
    /// <param name="logits">Of the forms' tokens, (rows, choices).</param>
    /// <param name="points">The pointer's scores, (rows, choices).</param>
    /// <param name="normaliser">Log denominators, (rows); null leaves them out.</param>
    public float[][][] Scores(float[] logits, float[] points, float[]? normaliser)
    {
        var scores = _batch.Canvases.Select(canvas => Enumerable.Repeat(Array.Empty<float>(), canvas.Words.Count).ToArray()).ToArray();
        foreach (var (word, canvas, index, row) in _words)
        {
            var forms = new float[word.Candidates.Count + 1];
            for (var slot = row; slot < row + word.Slots; slot++)
                for (var form = 0; form < forms.Length; form++)
                    forms[form] += Numerator(slot * ChoicesPerRow, form, logits, points) - (normaliser?[slot] ?? 0);
            scores[canvas][index] = forms;
        }

        return scores;
    }

    /// <summary>log [exp(logit of the token) + sum of exp(score) over the forms that have this token here].</summary>
    private float Numerator(int start, int form, float[] logits, float[] points)
    {
        if (!Fits(start + form)) return float.NegativeInfinity;
        var log = logits[start + form];
        for (var i = start; i < start + ChoicesPerRow; i++)
            if (_tokens[i] == _tokens[start + form]) log = LogAdd(log, points[i]);
        return log;
    }

    private static float LogAdd(float a, float b) => Math.Max(a, b) + MathF.Log(1 + MathF.Exp(-MathF.Abs(a - b)));

    private void AddRows(CanvasWord word, int slot, int firstChoice)
    {
        for (var place = 0; place < word.Slots; place++)
        {
            _slots.Add(slot + place);
            for (var choice = 0; choice < ChoicesPerRow; choice++)
            {
                var form = choice == 0 ? word.Draft : choice <= word.Candidates.Count ? word.Candidates[choice - 1] : null;
                var fits = form is not null && form.Tokens.Length <= word.Slots;
                _tokens.Add(fits ? _batch.TokenAt(form!, place) : Absent);
                _choices.Add(form is null ? firstChoice : firstChoice + choice);
            }
        }
    }

    private void AddChoice(CanvasWord word, CanvasForm form, int rank, FormVectors forms)
    {
        var candidate = form.Candidate;
        _formRows.Add(forms.Row(candidate.Form));
        _features.AddRange([
            candidate.Frequency,
            Math.Min(candidate.Distance, 4),
            (int)candidate.Kind,
            rank,
            form.DocumentBucket,
            word.Draft.Candidate.Frequency + 16 * word.Draft.DocumentBucket,
        ]);
        foreach (var operation in candidate.Operations) _operations.Add(operation);
    }
}
