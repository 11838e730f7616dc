using HybridGen.Candidates;
using HybridGen.Canvases;

namespace HybridGen.Models.Mini;

/// <summary>The slots whose forms are scored, one row each, with the forms that the pointer chooses from.</summary>
internal sealed class PointerRows
{
    private const int ChoicesPerRow = CandidateSource.Most + 1;
    private const int Absent = -1;

    private readonly MiniBatch _batch;
    private readonly List<(CanvasWord Word, int Canvas, int Index, int Row)> _words = [];
    private readonly List<long> _slots = [];
    private readonly List<int> _tokens = [];
    private readonly List<long> _choices = [];

    public PointerRows(MiniBatch batch, ChoiceVectors choices, Func<CanvasWord, bool> isScored)
    {
        _batch = batch;
        Span<long> ofWord = stackalloc long[ChoicesPerRow];
        foreach (var (word, canvas, index, slot) in batch.Words())
        {
            if (!isScored(word)) continue;
            _words.Add((word, canvas, index, _slots.Count));
            AddChoices(word, choices, ofWord);
            for (var place = 0; place < word.Slots; place++) AddRow(word, place, slot, ofWord);
        }
    }

    /// <summary>Number of rows.</summary>
    public int Count => _slots.Count;

    /// <summary>The batch's slot of each row.</summary>
    public long[] Slots => [.. _slots];

    /// <summary>The token that each form has at each row; 0 where it has none.</summary>
    public long[] Ids => [.. _tokens.Select(token => (long)Math.Max(token, 0))];

    /// <summary>The place of each form of each row in the table of choices; that of the draft where there is no form.</summary>
    public long[] Choices => [.. _choices];

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

    private static void AddChoices(CanvasWord word, ChoiceVectors choices, Span<long> ofWord)
    {
        ofWord.Fill(choices.Row(new Choice(word.Draft, word.Draft, 0)));
        for (var i = 0; i < word.Candidates.Count; i++) ofWord[i + 1] = choices.Row(new Choice(word.Draft, word.Candidates[i], i + 1));
    }

    private void AddRow(CanvasWord word, int place, int slot, ReadOnlySpan<long> ofWord)
    {
        _slots.Add(slot + place);
        _choices.AddRange(ofWord);
        for (var choice = 0; choice < ChoicesPerRow; choice++)
        {
            var form = choice == 0 ? word.Draft : choice <= word.Candidates.Count ? word.Candidates[choice - 1] : null;
            _tokens.Add(form is not null && form.Tokens.Length <= word.Slots ? _batch.TokenAt(form, place) : Absent);
        }
    }
}
