using System.Text;
using HybridGen.Drafting;
using HybridGen.Models;
using HybridGen.Tokens;

namespace HybridGen.Denoising;

/// <summary>Fills the gaps of one text.</summary>
/// <remarks>
/// A free length is searched for: one pass shows how sure the model is of its first proposals for each length (CAL, arXiv 2602.00476); the
/// lengths that look best are written, and the best mean log-probability wins.
/// </remarks>
internal sealed class GapFiller(IDenoiser denoiser, ITokenizer tokenizer, InfillOptions options, CancellationToken cancellationToken)
{
    // Where a length is free and others are searched for first; most words have fewer tokens.
    private const int UsualLength = 4;

    private readonly long _start = options.Sampling.Clock.GetTimestamp();
    private int _steps;
    private int _forwards;

    private DenoiserDescriptor Descriptor => denoiser.Descriptor;

    public InfilledText Fill(string text, IReadOnlyList<Gap> gaps)
    {
        var pieces = Pieces(text, gaps);
        var tokens = pieces.Select((piece, i) => Tokens(piece, isBeforeGap: i < gaps.Count)).ToArray();
        var needed = tokens.Sum(piece => piece.Length) + gaps.Sum(Longest) + GapCanvas.Frame(denoiser, tokenizer);
        var fills = gaps.Count == 0 ? [] : needed <= Descriptor.MaxPositions ? FillTogether(tokens, gaps) : FillApart(pieces, gaps);
        return Join(text, pieces, gaps, fills);
    }

    private List<Fill> FillTogether(IReadOnlyList<int[]> pieces, IReadOnlyList<Gap> gaps)
    {
        var candidates = Lengths(pieces, gaps).Select(lengths => new GapCanvas(denoiser, tokenizer, pieces, lengths)).ToArray();
        var results = Run(candidates);
        var best = Enumerable.Range(0, candidates.Length).MaxBy(c => candidates[c].MeanLogProbability(results[c]));
        return [.. gaps.Select((_, gap) => candidates[best].Fill(results[best], gap))];
    }

    /// <summary>A text that does not fit into the context: gap by gap, each with as much around it as fits.</summary>
    private List<Fill> FillApart(string[] pieces, IReadOnlyList<Gap> gaps)
    {
        var (fills, before) = (new List<Fill>(), pieces[0]);
        for (var i = 0; i < gaps.Count; i++)
        {
            var room = Descriptor.MaxPositions - GapCanvas.Frame(denoiser, tokenizer) - Longest(gaps[i]);
            if (room < 0) throw new RefiningException($"The gap at {gaps[i].Span.Start} may have {Longest(gaps[i])} tokens, and the refiner's context has {Descriptor.MaxPositions}.");
            var (left, right) = (Tokens(before, isBeforeGap: true), Tokens(pieces[i + 1], isBeforeGap: i + 1 < gaps.Count));
            var behind = Math.Min(right.Length, Math.Max(room / 2, room - left.Length));
            var fill = FillTogether([left[^Math.Min(left.Length, room - behind)..], right[..behind]], [gaps[i]])[0];
            fills.Add(fill);
            before += Seam.Fit(before, fill.Text, pieces[i + 1]) + pieces[i + 1];
        }

        return fills;
    }

    private IReadOnlyList<SamplingResult> Run(GapCanvas[] candidates)
    {
        var length = candidates.Max(candidate => candidate.Ids.Count);
        var results = DiffusionSampler.Run(denoiser, [.. candidates.Select(candidate => candidate.ToCanvas())], new BlockRule.Columns(length), Left(), cancellationToken);
        (_steps, _forwards) = (_steps + results[0].Steps, _forwards + results[0].Forwards);
        return results;
    }

    /// <summary>The options with what is left of their limits.</summary>
    private SamplingOptions Left() => options.Sampling with
    {
        MaxForwards = options.Sampling.MaxForwards is { } most ? Math.Max(0, most - _forwards) : null,
        TimeBudget = options.Sampling.TimeBudget is { } time ? TimeSpan.FromTicks(Math.Max(0, (time - options.Sampling.Clock.GetElapsedTime(_start)).Ticks)) : null,
    };

    /// <summary>The sets of lengths to write out: the best of each gap, and the next best of one gap at a time.</summary>
    private List<int[]> Lengths(IReadOnlyList<int[]> pieces, IReadOnlyList<Gap> gaps)
    {
        var lengths = gaps.Select(gap => gap.Tokens ?? Math.Clamp(UsualLength, options.MinTokens, options.MaxTokens)).ToArray();
        var ranked = new List<(int[] Lengths, double Loss)>();
        foreach (var (gap, _) in gaps.Index().Where(gap => gap.Item.Tokens is null))
        {
            var scored = Score(pieces, lengths, gap);
            lengths[gap] = scored[0].Length;
            ranked.AddRange(scored.Skip(1).Select(other => (With(lengths, gap, other.Length), scored[0].Score - other.Score)));
        }

        return [lengths, .. ranked.OrderBy(candidate => candidate.Loss).Take(options.LengthsWritten - 1).Select(candidate => candidate.Lengths)];
    }

    /// <summary>Every length that is tried for a gap, with the mean log-probability of the first proposals; the best first.</summary>
    private List<(int Length, double Score)> Score(IReadOnlyList<int[]> pieces, int[] lengths, int gap)
    {
        var tried = Tried().ToArray();
        if (tried.Length == 1 || cancellationToken.IsCancellationRequested || _forwards >= options.Sampling.MaxForwards) return [(tried[0], 0)];
        var candidates = tried.Select(length => new GapCanvas(denoiser, tokenizer, pieces, With(lengths, gap, length))).ToArray();
        var places = candidates.SelectMany((candidate, c) => candidate.Places(gap).Select(place => (c, place))).ToArray();
        using var proposer = new Proposer(denoiser, options.Sampling with { Temperature = 0 }, [.. DiffusionSampler.EndIds(Descriptor)], 0);
        _forwards++;
        var proposals = proposer.Propose([.. candidates.Select(candidate => candidate.ToCanvas())], places, candidates.Max(candidate => candidate.Ids.Count));
        return [.. proposals.GroupBy(proposal => proposal.Canvas)
            .Select(canvas => (tried[canvas.Key], canvas.Average(proposal => GapCanvas.Log(proposal.Probability)))).OrderByDescending(scored => scored.Item2)];
    }

    /// <summary>All short lengths; of the long ones, each about a quarter longer than the one before.</summary>
    private IEnumerable<int> Tried()
    {
        for (var length = options.MinTokens; length < options.MaxTokens; length += Math.Max(1, length / 4)) yield return length;
        yield return options.MaxTokens;
    }

    private int Longest(Gap gap) => gap.Tokens ?? options.MaxTokens;

    private int[] Tokens(string piece, bool isBeforeGap) => [.. tokenizer.Tokenize(isBeforeGap ? Seam.Left(piece) : piece).Select(token => token.Id)];

    private static string[] Pieces(string text, IReadOnlyList<Gap> gaps)
    {
        int[] starts = [0, .. gaps.Select(gap => gap.Span.End)];
        int[] ends = [.. gaps.Select(gap => gap.Span.Start), text.Length];
        return [.. starts.Zip(ends, (start, end) => text[start..end])];
    }

    private static int[] With(int[] lengths, int gap, int length) => [.. lengths.Select((old, i) => i == gap ? length : old)];

    private InfilledText Join(string text, string[] pieces, IReadOnlyList<Gap> gaps, List<Fill> fills)
    {
        var (joined, filled) = (new StringBuilder(pieces[0]), new List<FilledGap>());
        foreach (var (i, fill) in fills.Index())
        {
            // Without anything written a gap keeps what stood there.
            var written = fill.Tokens.Any(token => token.Source.Kind != TokenSourceKind.Masked) ? Seam.Fit(joined.ToString(Math.Max(0, joined.Length - 1), Math.Min(1, joined.Length)), fill.Text, pieces[i + 1]) : gaps[i].Span.Of(text).ToString();
            filled.Add(new FilledGap(gaps[i].Span, new TextSpan(joined.Length, written.Length), written, fill.Tokens, fill.MeanLogProbability, fill.Reason));
            joined.Append(written).Append(pieces[i + 1]);
        }

        return new InfilledText(joined.ToString(), filled, fills.Find(fill => fill.Reason != SamplingEnd.Filled)?.Reason ?? SamplingEnd.Filled, _steps, _forwards);
    }
}

/// <summary>What was written into one gap.</summary>
internal sealed record Fill(string Text, IReadOnlyList<DiffusedToken> Tokens, double MeanLogProbability, SamplingEnd Reason);
