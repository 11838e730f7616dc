namespace HybridGen.Drafting;

/// <summary>How the next token is chosen.</summary>
public abstract record Sampling
{
    private Sampling() { }

    /// <summary>Always the most probable token.</summary>
    public sealed record Greedy : Sampling;

    /// <summary>
    /// A random token of the distribution after, in this order: the <see cref="TopK"/> most probable, the smallest set that holds
    /// <see cref="TopP"/>, those with at least <see cref="MinP"/> times the best one's probability, <see cref="Temperature"/>.
    /// </summary>
    public sealed record Random : Sampling
    {
        /// <summary>Divides the logits; below 1 sharper, above 1 flatter.</summary>
        /// <value>Above 0, at most 10; default 0.8.</value>
        public double Temperature { get; init => field = Check(value, value is > 0 and <= 10, "above 0 and at most 10"); } = 0.8;

        /// <summary>Number of tokens kept; 0 keeps all.</summary>
        /// <value>Default 40.</value>
        public int TopK { get; init => field = Check(value, value >= 0, "0 or more"); } = 40;

        /// <summary>Probability mass kept (nucleus sampling, Holtzman et al. 2020, arXiv:1904.09751).</summary>
        /// <value>Above 0, at most 1; default 0.95.</value>
        public double TopP { get; init => field = Check(value, value is > 0 and <= 1, "above 0 and at most 1"); } = 0.95;

        /// <summary>Least probability kept, as a share of the best token's (Nguyen et al. 2024, arXiv:2407.01082).</summary>
        /// <value>0 to 1; default 0.05.</value>
        public double MinP { get; init => field = Check(value, value is >= 0 and <= 1, "0 to 1"); } = 0.05;

        /// <summary>Fixes the draft; <see langword="null"/> draws a new seed each time.</summary>
        public uint? Seed { get; init; }

        private static T Check<T>(T value, bool valid, string range, [System.Runtime.CompilerServices.CallerMemberName] string name = "") =>
            valid ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
    }
}
