using HybridGen.Drafting;

namespace HybridGen.Hybrid.Tests.Judging;

/// <summary>Answers with a given log-ratio for each way a place can be written, and remembers what it was asked.</summary>
internal sealed class FakeScorer(Func<string, double> logProbability, int mostTokens = 1000) : IDraftScorer
{
    public string ModelId => "fake";

    public long ParameterCount => 1;

    public int MaxScoredTokens => mostTokens;

    public List<TextVariants> Asked { get; } = [];

    public Task<IReadOnlyList<ScoredToken>> ScoreAsync(string text, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<Comparison> CompareAsync(IReadOnlyList<TextVariants> texts, int tail, CancellationToken cancellationToken = default)
    {
        Asked.AddRange(texts);
        return Task.FromResult(new Comparison([.. texts.Select(text => (IReadOnlyList<VariantScore>)[.. text.Variants.Select(variant => Score(text.Text, variant))])], 0, 0));
    }

    private VariantScore Score(string text, TextVariant variant) =>
        new(logProbability(variant.After) - logProbability(variant.Span.Of(text).ToString()), true);
}
