namespace HybridGen.Schedules;

/// <summary>How much of a text is still visible at a time of the diffusion: 0 is the clean text, 1 nothing but masks.</summary>
/// <remarks>Computed in single precision, as the reference samplers do: where a count lies near a half, double precision rounds it the other way.</remarks>
public abstract record NoiseSchedule
{
    private NoiseSchedule() { }

    /// <summary>Share of the tokens that are visible at time <paramref name="t"/>, from 0 to 1 and never rising with it.</summary>
    public abstract float Alpha(float t);

    /// <summary>α = 1 − t (Sahoo et al. 2024, arXiv 2406.07524).</summary>
    public sealed record Linear : NoiseSchedule
    {
        /// <inheritdoc/>
        public override float Alpha(float t) => 1 - t;
    }

    /// <summary>α = 1 − cos(π/2 · (1 − t)): few tokens at first, many at last (MaskGIT, arXiv 2202.04200).</summary>
    public sealed record Cosine : NoiseSchedule
    {
        /// <inheritdoc/>
        public override float Alpha(float t) => 1 - MathF.Cos((float)(Math.PI / 2) * (1 - t));
    }

    /// <summary>α = exp(−σ) with σ = SigmaMin^(1 − t) · SigmaMax^t (SEDD, arXiv 2310.16834).</summary>
    public sealed record Geometric : NoiseSchedule
    {
        /// <summary>Noise at time 0.</summary>
        /// <value>Above 0; default 0.001.</value>
        public float SigmaMin { get; init => field = Sigma(value, nameof(SigmaMin)); } = 1e-3f;

        /// <summary>Noise at time 1.</summary>
        /// <value>Above 0; default 20.</value>
        public float SigmaMax { get; init => field = Sigma(value, nameof(SigmaMax)); } = 20;

        /// <inheritdoc/>
        public override float Alpha(float t) => MathF.Exp(-MathF.Pow(SigmaMin, 1 - t) * MathF.Pow(SigmaMax, t));

        private static float Sigma(float value, string name) => value is > 0 and < float.PositiveInfinity
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be above 0.");
    }

    /// <summary>Linear, but held at one share of visible tokens for a while, in which tokens are remasked and written anew (ReMDM's loop).</summary>
    /// <remarks>ReMDM, arXiv 2503.00307, section 4.2.</remarks>
    public sealed record Held : NoiseSchedule
    {
        /// <summary>Time from which α is held; above <see cref="Off"/>, below 1. Default 0.55.</summary>
        public float On { get; init => field = Inner(value, nameof(On)); } = 0.55f;

        /// <summary>Time at which α moves on; above 0. Default 0.05.</summary>
        public float Off { get; init => field = Inner(value, nameof(Off)); } = 0.05f;

        /// <summary>Share of visible tokens meanwhile; above 0, below 1. Default 0.9.</summary>
        public float Level { get; init => field = Inner(value, nameof(Level)); } = 0.9f;

        /// <inheritdoc/>
        public override float Alpha(float t) =>
            t > On ? (1 - t) * Level / (1 - On)
            : t > Off ? Level
            : 1 - t * (1 - Level) / Off;

        /// <summary>Whether α stands still at a time.</summary>
        internal bool Holds(float t) => t > Off && t <= On;

        private static float Inner(float value, string name) => value is > 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be above 0 and below 1.");
    }

    /// <summary>A caller's own.</summary>
    /// <param name="Visible">Share of visible tokens at a time from 0 to 1; falls from about 1 to about 0.</param>
    public sealed record Custom(Func<float, float> Visible) : NoiseSchedule
    {
        /// <inheritdoc/>
        public override float Alpha(float t) => Visible(t) is >= 0 and <= 1 and var alpha
            ? alpha
            : throw new InvalidOperationException($"The caller's noise schedule gave {Visible(t)} at time {t}; a share from 0 to 1 was expected.");
    }
}
