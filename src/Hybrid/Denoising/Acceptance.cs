using System.Runtime.CompilerServices;

namespace HybridGen.Denoising;

/// <summary>Which of a step's proposals are committed.</summary>
public abstract record Acceptance
{
    private Acceptance() { }

    /// <summary>Whether the schedule alone says how many steps there are; else steps go on until no mask is left.</summary>
    internal virtual bool FollowsSchedule => false;

    /// <summary>Whether a step with this quota commits nothing whatever is proposed.</summary>
    internal virtual bool IsIdle(int quota) => false;

    /// <summary>The accepted proposals.</summary>
    /// <param name="ranked">Proposals for one canvas, the surest first.</param>
    /// <param name="quota">How many the schedule wants.</param>
    /// <param name="share">The schedule's probability that a masked token is committed in this step.</param>
    /// <param name="uniform">Draws from [0, 1).</param>
    internal abstract IEnumerable<Proposal> Accept(IReadOnlyList<Proposal> ranked, int quota, double share, Func<double> uniform);

    /// <summary>As many as the schedule says, the surest first.</summary>
    public sealed record Scheduled : Acceptance
    {
        internal override bool FollowsSchedule => true;

        internal override bool IsIdle(int quota) => quota == 0;

        internal override IEnumerable<Proposal> Accept(IReadOnlyList<Proposal> ranked, int quota, double share, Func<double> uniform) => ranked.Take(quota);
    }

    /// <summary>Each masked place by itself, with the schedule's probability (Dream's origin).</summary>
    public sealed record Independent : Acceptance
    {
        internal override bool FollowsSchedule => true;

        internal override IEnumerable<Proposal> Accept(IReadOnlyList<Proposal> ranked, int quota, double share, Func<double> uniform) =>
            [.. ranked.OrderBy(proposal => proposal.Position).Where(_ => uniform() < share)];
    }

    /// <summary>All whose confidence reaches a bound, at least the surest one (Fast-dLLM, arXiv 2505.22618).</summary>
    public sealed record Threshold : Acceptance
    {
        /// <summary>Least confidence: a probability, a difference of probabilities, or a negative entropy.</summary>
        /// <value>At most 1; default 0.9.</value>
        public double Least { get; init => field = AtMostOne(value); } = 0.9;

        /// <summary>Whether at least as many as the schedule says are committed, so that its steps are an upper bound.</summary>
        /// <value>Default: false, as in the reference.</value>
        public bool KeepsSchedule { get; init; }

        internal override IEnumerable<Proposal> Accept(IReadOnlyList<Proposal> ranked, int quota, double share, Func<double> uniform)
        {
            var least = KeepsSchedule ? Math.Max(1, quota) : 1;
            return [.. ranked.Where((proposal, rank) => rank < least || proposal.Rating >= Least)];
        }
    }

    /// <summary>
    /// The surest ones while the r-th has at least the probability 1 − Value / (r + 1), at least the first (Fast-dLLM's dynamic factor).
    /// </summary>
    public sealed record Factor : Acceptance
    {
        /// <summary>The factor.</summary>
        /// <value>Above 0; default 1.</value>
        public double Value { get; init => field = Positive(value); } = 1;

        internal override IEnumerable<Proposal> Accept(IReadOnlyList<Proposal> ranked, int quota, double share, Func<double> uniform) =>
            ranked.TakeWhile((proposal, index) => index == 0 || proposal.Rating >= 1 - Value / (index + 2));
    }

    /// <summary>
    /// In the order of their entropies H, the lowest first, while the sum of the H before one stays within a bound: then what the accepted
    /// say of each other is bounded (EB sampler, arXiv 2505.24857).
    /// </summary>
    public sealed record EntropyBound : Acceptance
    {
        /// <summary>Largest sum of entropies.</summary>
        /// <value>0 or more, in nats; default 0.1.</value>
        public double Bound { get; init => field = NotNegative(value); } = 0.1;

        internal override IEnumerable<Proposal> Accept(IReadOnlyList<Proposal> ranked, int quota, double share, Func<double> uniform)
        {
            var before = 0.0;
            foreach (var proposal in ranked.OrderBy(proposal => proposal.Entropy))
            {
                if (before > Bound) yield break;
                yield return proposal;
                before += proposal.Entropy;
            }
        }
    }

    private static double AtMostOne(double value, [CallerMemberName] string name = "") => value <= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A threshold must be a number of at most 1.");

    private static double Positive(double value, [CallerMemberName] string name = "") => value is > 0 and < double.PositiveInfinity
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A factor must be above 0.");

    private static double NotNegative(double value, [CallerMemberName] string name = "") => value is >= 0 and < double.PositiveInfinity
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "An entropy bound must be 0 or more nats.");
}
