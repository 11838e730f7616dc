namespace HybridGen.Drafting;

/// <summary>How the next token is chosen.</summary>
/// <remarks>
/// The order is that of llama.cpp's own tools: <see cref="LogitBias"/>, <see cref="Penalties"/>, <see cref="Dry"/>, then what the kind of
/// sampling does. A <see cref="DraftOptions.Constraint"/> comes in first where it refuses what was chosen. What is reported beside a
/// token is the model's own distribution, before all of this.
/// </remarks>
public abstract record Sampling
{
    private const string TemperatureRange = "above 0 and at most 10; for the most probable token there is Sampling.Greedy";

    private Sampling() { }

    /// <summary>Makes tokens that occurred less probable.</summary>
    /// <value><see langword="null"/> (default): off.</value>
    public Penalties? Penalties { get; init; }

    /// <summary>Makes tokens that would go on with a repetition less probable.</summary>
    /// <value><see langword="null"/> (default): off.</value>
    public Dry? Dry { get; init; }

    /// <summary>What is added to the logits of single tokens; several for one token add up.</summary>
    /// <value>Default: nothing.</value>
    public IReadOnlyList<LogitBias> LogitBias { get; init => field = value ?? throw new ArgumentNullException(nameof(LogitBias)); } = [];

    /// <summary>Whether the model's own logits are used as they are.</summary>
    internal bool LeavesLogits => Penalties is null && Dry is null && LogitBias.Count == 0;

    /// <summary>Always the most probable token.</summary>
    public sealed record Greedy : Sampling;

    /// <summary>
    /// A random token of the distribution after, in this order: the <see cref="TopK"/> most probable, the most typical that hold
    /// <see cref="Typical"/>, the smallest set that holds <see cref="TopP"/>, those with at least <see cref="MinP"/> times the best one's
    /// probability, <see cref="Xtc"/>, <see cref="Temperature"/>.
    /// </summary>
    public sealed record Random : Sampling
    {
        /// <summary>Divides the logits; below 1 sharper, above 1 flatter.</summary>
        /// <value>Above 0, at most 10; default 0.8. For the most probable token there is <see cref="Greedy"/>.</value>
        public double Temperature { get; init => field = Bounds.Check(value, value is > 0 and <= 10, TemperatureRange); } = 0.8;

        /// <summary>Number of tokens kept; 0 keeps all.</summary>
        /// <value>Default 40.</value>
        public int TopK { get; init => field = Bounds.Check(value, value >= 0, "0 or more"); } = 40;

        /// <summary>
        /// Probability mass kept, of the tokens whose surprise is nearest to the distribution's entropy first (locally typical sampling,
        /// Meister et al. 2023, arXiv:2202.00666).
        /// </summary>
        /// <value>Above 0, at most 1; default 1, which keeps all.</value>
        public double Typical { get; init => field = Bounds.Check(value, value is > 0 and <= 1, "above 0 and at most 1"); } = 1;

        /// <summary>Probability mass kept (nucleus sampling, Holtzman et al. 2020, arXiv:1904.09751).</summary>
        /// <value>Above 0, at most 1; default 0.95.</value>
        public double TopP { get; init => field = Bounds.Check(value, value is > 0 and <= 1, "above 0 and at most 1"); } = 0.95;

        /// <summary>Least probability kept, as a share of the best token's (Nguyen et al. 2024, arXiv:2407.01082).</summary>
        /// <value>0 to 1; default 0.05.</value>
        public double MinP { get; init => field = Bounds.Check(value, value is >= 0 and <= 1, "0 to 1"); } = 0.05;

        /// <summary>Sometimes takes away the most probable tokens.</summary>
        /// <value><see langword="null"/> (default): never.</value>
        public Xtc? Xtc { get; init; }

        /// <summary>Fixes the draft; <see langword="null"/> draws a new seed each time.</summary>
        public uint? Seed { get; init; }
    }

    /// <summary>
    /// A random token of those whose surprise stays below a bound, which follows the surprise of what was drawn so that its mean comes to
    /// <see cref="TargetSurprise"/> (Mirostat 1, Basu et al. 2021, arXiv:2007.14966): the bound becomes a number of tokens under Zipf's law.
    /// </summary>
    public sealed record Mirostat1 : Sampling
    {
        /// <inheritdoc cref="Random.Temperature"/>
        public double Temperature { get; init => field = Bounds.Check(value, value is > 0 and <= 10, TemperatureRange); } = 0.8;

        /// <summary>The paper's tau: mean surprise of a token, in bits.</summary>
        /// <value>Above 0, at most 20; default 5.</value>
        public double TargetSurprise { get; init => field = Bounds.Check(value, value is > 0 and <= 20, "above 0 and at most 20"); } = 5;

        /// <summary>The paper's eta: how fast the bound follows.</summary>
        /// <value>Above 0, at most 1; default 0.1.</value>
        public double LearningRate { get; init => field = Bounds.Check(value, value is > 0 and <= 1, "above 0 and at most 1"); } = 0.1;

        /// <summary>The paper's m: how many of the most probable tokens the exponent of Zipf's law is estimated from.</summary>
        /// <value>2 to 10,000; default 100.</value>
        public int EstimatedFrom { get; init => field = Bounds.Check(value, value is >= 2 and <= 10_000, "2 to 10,000"); } = 100;

        /// <inheritdoc cref="Random.Seed"/>
        public uint? Seed { get; init; }
    }

    /// <summary>
    /// A random token of those whose surprise stays below a bound, which follows the surprise of what was drawn so that its mean comes to
    /// <see cref="TargetSurprise"/> (Mirostat 2, Basu et al. 2021, arXiv:2007.14966).
    /// </summary>
    public sealed record Mirostat2 : Sampling
    {
        /// <inheritdoc cref="Random.Temperature"/>
        public double Temperature { get; init => field = Bounds.Check(value, value is > 0 and <= 10, TemperatureRange); } = 0.8;

        /// <inheritdoc cref="Mirostat1.TargetSurprise"/>
        public double TargetSurprise { get; init => field = Bounds.Check(value, value is > 0 and <= 20, "above 0 and at most 20"); } = 5;

        /// <inheritdoc cref="Mirostat1.LearningRate"/>
        public double LearningRate { get; init => field = Bounds.Check(value, value is > 0 and <= 1, "above 0 and at most 1"); } = 0.1;

        /// <inheritdoc cref="Random.Seed"/>
        public uint? Seed { get; init; }
    }
}
