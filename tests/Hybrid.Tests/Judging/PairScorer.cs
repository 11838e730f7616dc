using System.IO.Hashing;
using System.Runtime.InteropServices;
using HybridGen.Drafting;

namespace HybridGen.Hybrid.Tests.Judging;

/// <summary>A drafter whose opinion of a line is a sum over pairs of near words, so that no change can be judged without the others near it.</summary>
/// <remarks>
/// A judge hears of a change what the drafter says of it and of the tail after it, and shows the drafter little more of a long line. Pairs that reach
/// further than the tail would make the whole line's sum another than what was asked for.
/// </remarks>
internal sealed class PairScorer : IDraftScorer
{
    /// <summary>Words after a word with which it is paired: the tail of the judges that ask.</summary>
    public const int Reach = 4;

    public string ModelId => "pairs";

    public long ParameterCount => 1;

    public int MaxScoredTokens => 100_000;

    public static double LogProbability(string line)
    {
        var words = line.Trim().Split(' ');
        return words.Index().Sum(first => words.Skip(first.Index + 1).Take(Reach).Sum(second => Nats(first.Item, second)));
    }

    public Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<Comparison> CompareAsync(IReadOnlyList<TextVariants> texts, int tail, CancellationToken cancellationToken = default) =>
        Task.FromResult(new Comparison([.. texts.Select(text => (IReadOnlyList<VariantScore>)[.. text.Variants.Select(variant => Score(text.Text, variant))])], 0, 0));

    private static VariantScore Score(string text, TextVariant variant) =>
        new(LogProbability(text[..variant.Span.Start] + variant.After + text[variant.Span.End..]) - LogProbability(text), true);

    /// <summary>-6 to 6, by chance.</summary>
    private static double Nats(string first, string second) => (XxHash32.HashToUInt32(MemoryMarshal.AsBytes($"{first} {second}".AsSpan())) % 1201 / 100.0) - 6;
}
