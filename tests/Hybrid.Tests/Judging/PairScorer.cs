using System.IO.Hashing;
using System.Runtime.InteropServices;
using HybridGen.Drafting;

namespace HybridGen.Hybrid.Tests.Judging;

/// <summary>A drafter whose opinion of a line is a sum over all pairs of its words, so that no change can be judged without the others.</summary>
internal sealed class PairScorer : IDraftScorer
{
    public string ModelId => "pairs";

    public long ParameterCount => 1;

    public int MaxScoredTokens => 100_000;

    public static double LogProbability(string line)
    {
        var words = line.Trim().Split(' ');
        return words.Index().Sum(first => words.Skip(first.Index + 1).Sum(second => Nats(first.Item, second)));
    }

    public Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<Comparison> CompareAsync(IReadOnlyList<TextVariants> texts, int tail, CancellationToken cancellationToken = default) =>
        Task.FromResult(new Comparison([.. texts.Select(text => (IReadOnlyList<VariantScore>)[.. text.Variants.Select(variant => Score(text.Text, variant))])], 0, 0));

    private static VariantScore Score(string text, TextVariant variant) =>
        new(LogProbability(text[..variant.Span.Start] + variant.After + text[variant.Span.End..]) - LogProbability(text), true);

    /// <summary>-6 to 6, by chance.</summary>
    private static double Nats(string first, string second) => (XxHash32.HashToUInt32(MemoryMarshal.AsBytes($"{first} {second}".AsSpan())) % 1201 / 100.0) - 6;
}
