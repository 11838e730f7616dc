using HybridGen.Schedules;

namespace HybridGen.Denoising;

/// <summary>Which of the tokens already written are masked again after a step, to be written anew with more context.</summary>
/// <remarks>
/// ReMDM (arXiv 2503.00307): a visible token is remasked with probability σ, at most σmax = min(1, (1 − α(s)) / α(t)); the next step commits
/// as many more, so that the share of visible tokens keeps to its schedule. Given tokens, an end and what the caller wrote are never remasked.
/// </remarks>
public abstract record Remasking
{
    private Remasking() { }

    /// <summary>The schedule that must be followed, where the strategy brings one.</summary>
    internal virtual NoiseSchedule.Held? Schedule => null;

    /// <summary>Probability that each of the visible tokens is remasked.</summary>
    /// <param name="time">The step.</param>
    /// <param name="confidences">The probability each had when it was committed.</param>
    internal abstract double[] Sigmas(StepTime time, IReadOnlyList<double> confidences);

    /// <summary>σ = min(Eta, σmax).</summary>
    public sealed record Cap : Remasking
    {
        /// <summary>Largest probability.</summary>
        /// <value>0 to 1; default 0.008.</value>
        public double Eta { get; init => field = Share(value); } = 0.008;

        internal override double[] Sigmas(StepTime time, IReadOnlyList<double> confidences) => All(Math.Min(Eta, time.MaxSigma), confidences.Count);
    }

    /// <summary>σ = Eta · σmax.</summary>
    public sealed record Rescale : Remasking
    {
        /// <summary>Share of the largest possible probability.</summary>
        /// <value>0 to 1; default 0.05.</value>
        public double Eta { get; init => field = Share(value); } = 0.05;

        internal override double[] Sigmas(StepTime time, IReadOnlyList<double> confidences) => All(Eta * time.MaxSigma, confidences.Count);
    }

    /// <summary>σ of each token is that of another strategy times softmax(−confidence) over the visible tokens: the doubtful ones go first.</summary>
    /// <param name="Base">What is shared out; null for σmax.</param>
    public sealed record ByConfidence(Remasking? Base = null) : Remasking
    {
        internal override NoiseSchedule.Held? Schedule => Base?.Schedule;

        internal override double[] Sigmas(StepTime time, IReadOnlyList<double> confidences)
        {
            var weights = confidences.Select(confidence => Math.Exp(-confidence)).ToArray();
            var (total, sigmas) = (weights.Sum(), Base?.Sigmas(time, confidences) ?? All(time.MaxSigma, weights.Length));
            return [.. sigmas.Zip(weights, (sigma, weight) => sigma * weight / total)];
        }
    }

    /// <summary>σ = Eta while the schedule is held at one share of visible tokens, 0 before and after.</summary>
    public sealed record Looped : Remasking
    {
        /// <summary>Probability within the loop.</summary>
        /// <value>0 to 1; default 0.02.</value>
        public double Eta { get; init => field = Share(value); } = 0.02;

        /// <summary>When the schedule is held, and where; it replaces the sampler's own.</summary>
        public NoiseSchedule.Held Held { get; init; } = new();

        internal override NoiseSchedule.Held? Schedule => Held;

        internal override double[] Sigmas(StepTime time, IReadOnlyList<double> confidences) =>
            All(Held.Holds((float)time.T) && Held.Holds((float)time.S) ? Math.Min(Eta, time.MaxSigma) : 0, confidences.Count);
    }

    /// <summary>In the last part of a block, the least confident tokens of each step (ReMDM for LLaDA).</summary>
    public sealed record LeastConfident : Remasking
    {
        /// <summary>Tokens a step.</summary>
        /// <value>1 or more; default 1.</value>
        public int Count
        {
            get;
            init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Count), value, "Count must be 1 or more.");
        } = 1;

        /// <summary>The part of a block's steps in which tokens are remasked, from its end.</summary>
        /// <value>0 to 1; default 0.125.</value>
        public double Last { get; init => field = Share(value); } = 0.125;

        internal override double[] Sigmas(StepTime time, IReadOnlyList<double> confidences)
        {
            var sigmas = new double[confidences.Count];
            if (time.S > Last) return sigmas;
            foreach (var index in Enumerable.Range(0, sigmas.Length).OrderBy(index => confidences[index]).Take(Count)) sigmas[index] = 1;
            return sigmas;
        }
    }

    private static double[] All(double sigma, int count)
    {
        var sigmas = new double[count];
        Array.Fill(sigmas, sigma);
        return sigmas;
    }

    private static double Share(double value) => value is >= 0 and <= 1
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A share of tokens to remask must be 0 to 1.");
}

/// <summary>Where in the diffusion a step lies: it goes from time T to S, both from 1 (masks) to 0 (text).</summary>
internal readonly record struct StepTime(double T, double S, double AlphaT, double AlphaS)
{
    /// <summary>Largest probability of remasking with which the visible share can still keep to its schedule.</summary>
    public double MaxSigma => AlphaT > 0 ? Math.Clamp((1 - AlphaS) / AlphaT, 0, 1) : 1;
}
