using HybridGen.Canvases;
using HybridGen.Scoring;
using HybridGen.Telemetry;

namespace HybridGen.Revising;

/// <summary>A span of a canvas that is written anew.</summary>
/// <param name="Canvas">Index of the canvas.</param>
/// <param name="First">First word that is replaced.</param>
/// <param name="Count">Words replaced; 0 inserts before <paramref name="First"/>.</param>
/// <param name="Length">Tokens that take their place.</param>
internal sealed record SpanGap(int Canvas, int First, int Count, int Length);

/// <summary>Tokens for a gap.</summary>
/// <param name="Gap">The gap.</param>
/// <param name="Ids">The tokens.</param>
/// <param name="LogProbability">Sum of their log-probabilities at the time each was committed (snapshot confidence), in nats.</param>
internal sealed record Filling(SpanGap Gap, int[] Ids, float LogProbability);

/// <summary>Denoises masked spans: the spans of a canvas that have the same change of length share a row and are filled in parallel.</summary>
/// <remarks>
/// In each step every span commits its most probable token, and with it every token above <see cref="Sure"/> (threshold acceptance, Fast-dLLM,
/// arXiv 2505.22618). Lengths are tried side by side (CAL, arXiv 2602.00476).
/// </remarks>
internal sealed class SpanFiller(Predictor predictor, double temperature, Random random)
{
    /// <summary>Log-probability from which a token is committed together with others.</summary>
    private const float Sure = -0.1f;

    private const int Drawn = 16;

    /// <summary>Fills every gap; gaps of one canvas must not overlap.</summary>
    /// <param name="canvases">The canvases.</param>
    /// <param name="gaps">The gaps; for several lengths of a span there are several.</param>
    /// <param name="alternatives">How many fillings a gap of one token gets.</param>
    public List<Filling> Fill(IReadOnlyList<Canvas> canvases, IReadOnlyList<SpanGap> gaps, int alternatives)
    {
        using var stage = Stage.Begin(Stage.Refill);
        // Spans of one canvas that are tried at the same place of their list of lengths share a row.
        var rows = gaps.GroupBy(gap => gap.Canvas)
            .SelectMany(canvas => canvas.GroupBy(gap => (gap.First, gap.Count)).SelectMany(span => span.Select((gap, place) => (gap, place))).GroupBy(gap => gap.place, gap => gap.gap))
            .Select(row => new Row(canvases[row.First().Canvas], [.. row.OrderBy(gap => gap.First).ThenBy(gap => gap.Count)], predictor.Denoiser.Descriptor))
            .ToArray();
        var fillings = new List<Filling>();
        for (var isFirst = true; rows.Any(row => row.IsOpen); isFirst = false) Step(rows, isFirst ? alternatives : 1, isFirst, fillings);
        fillings.AddRange(rows.SelectMany(row => row.Fillings()));
        return fillings;
    }

    private void Step(Row[] rows, int alternatives, bool isFirst, List<Filling> fillings)
    {
        var open = rows.Where(row => row.IsOpen).ToArray();
        var queries = open.SelectMany((row, i) => row.Masked().Select(masked => new Query(i, masked.Position, 0))).ToArray();
        var top = Math.Min(Math.Max(temperature > 0 ? Drawn : 1, alternatives), predictor.Denoiser.Descriptor.VocabularySize);
        var answers = predictor.Predict([.. open.Select(row => row.Ids)], queries, top, [.. open.Select(row => row.MaskedShare)]);
        var at = 0;
        foreach (var row in open)
        {
            var masked = row.Masked().ToArray();
            var predicted = answers.AsSpan(at, masked.Length).ToArray();
            at += masked.Length;
            foreach (var gap in masked.Zip(predicted).GroupBy(place => place.First.Gap))
            {
                if (isFirst && row.Gaps[gap.Key].Length == 1) fillings.AddRange(Others(row.Gaps[gap.Key], gap.Single().Second, alternatives));
                foreach (var (place, prediction) in Accepted(gap)) row.Commit(place.Gap, place.Position, prediction.Id, prediction.LogProbability);
            }
        }
    }

    private static IEnumerable<Filling> Others(SpanGap gap, Prediction prediction, int alternatives) =>
        Enumerable.Range(1, Math.Max(0, Math.Min(alternatives, prediction.Ids.Length) - 1)).Select(i => new Filling(gap, [prediction.Ids[i]], prediction.LogProbabilities[i]));

    private IEnumerable<((int Gap, int Position) Place, (int Id, float LogProbability) Token)> Accepted(IEnumerable<((int Gap, int Position) First, Prediction Second)> gap)
    {
        var ranked = gap.Select(place => (Place: place.First, Token: Choose(place.Second))).OrderByDescending(place => place.Token.LogProbability).ToArray();
        return ranked.TakeWhile((place, rank) => rank == 0 || place.Token.LogProbability >= Sure);
    }

    /// <summary>The most probable token, or one drawn with Gumbel noise among the most probable.</summary>
    private (int Id, float LogProbability) Choose(Prediction prediction)
    {
        if (temperature <= 0) return (prediction.Ids[0], prediction.LogProbabilities[0]);
        var best = Enumerable.Range(0, prediction.Ids.Length).Where(i => !float.IsNegativeInfinity(prediction.LogProbabilities[i]))
            .MaxBy(i => (prediction.LogProbabilities[i] / temperature) - Math.Log(-Math.Log(1 - random.NextDouble())));
        return (prediction.Ids[best], prediction.LogProbabilities[best]);
    }

    /// <summary>A canvas with gaps of which some positions are still masked.</summary>
    private sealed class Row
    {
        private readonly int _maskId;
        private readonly int[] _starts;
        private readonly float[] _logProbabilities;
        private readonly HashSet<(int Gap, int Position)> _masked = [];

        public Row(Canvas canvas, SpanGap[] gaps, Models.DenoiserDescriptor descriptor)
        {
            (Gaps, _maskId) = (gaps, descriptor.MaskId);
            (_starts, _logProbabilities) = (new int[gaps.Length], new float[gaps.Length]);
            var words = new List<int[]>();
            var places = new int[gaps.Length];
            for (int word = 0, gap = 0; word <= canvas.Words.Count;)
            {
                if (gap < gaps.Length && gaps[gap].First == word)
                {
                    places[gap] = words.Count;
                    words.Add([.. Enumerable.Repeat(_maskId, gaps[gap].Length)]);
                    word += gaps[gap++].Count;
                }
                else if (word < canvas.Words.Count) words.Add(canvas.Words[word++].Draft.Tokens);
                else break;
            }

            var row = TokenRow.Of(words, descriptor);
            Ids = row.Ids;
            for (var gap = 0; gap < gaps.Length; gap++)
            {
                _starts[gap] = row.Starts[places[gap]];
                for (var token = 0; token < gaps[gap].Length; token++) _masked.Add((gap, _starts[gap] + token));
            }
        }

        public SpanGap[] Gaps { get; }

        public int[] Ids { get; }

        public bool IsOpen => _masked.Count > 0;

        public float MaskedShare => (float)_masked.Count / Ids.Length;

        public IEnumerable<(int Gap, int Position)> Masked() => _masked.Order();

        public void Commit(int gap, int position, int id, float logProbability)
        {
            Ids[position] = id;
            _logProbabilities[gap] += logProbability;
            _masked.Remove((gap, position));
        }

        public IEnumerable<Filling> Fillings() => Gaps.Select((gap, i) => new Filling(gap, Ids[_starts[i]..(_starts[i] + gap.Length)], _logProbabilities[i]));
    }
}
