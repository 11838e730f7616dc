namespace HybridGen.Schedules;

/// <summary>How many masked tokens are committed in each step.</summary>
public abstract record TransferSchedule
{
    private TransferSchedule() { }

    /// <summary>How the share of visible tokens grows; remasking goes by it.</summary>
    internal abstract NoiseSchedule Noise { get; }

    /// <summary>Tokens to commit step by step; together all of them. The list may be shorter than the number of steps.</summary>
    /// <param name="masks">Masked tokens; 0 or more.</param>
    /// <param name="steps">Steps; 1 or more.</param>
    public IReadOnlyList<int> Counts(int masks, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(masks);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var counts = EveryStep(masks, steps);
        return DropsIdleSteps ? [.. counts.Where(count => count > 0)] : counts;
    }

    /// <summary>The same with a place for every step, idle ones too.</summary>
    internal abstract int[] EveryStep(int masks, int steps);

    /// <summary>Probability that a masked token is committed in a step, counted from 0; 1 in the last one.</summary>
    internal abstract double Share(int step, int steps);

    private protected virtual bool DropsIdleSteps => false;

    /// <summary>The expected number under a noise schedule, rounded; steps that would commit nothing are dropped (dllm).</summary>
    /// <param name="Schedule">The noise schedule.</param>
    public sealed record ByNoise(NoiseSchedule Schedule) : TransferSchedule
    {
        internal override NoiseSchedule Noise => Schedule;

        private protected override bool DropsIdleSteps => true;

        /// <summary>round(masks left · (1 − (1 − α(s)) / (1 − α(t)))), halves to even; the quotient is single precision, the rest double.</summary>
        internal override int[] EveryStep(int masks, int steps)
        {
            var counts = new int[steps];
            for (var i = 0; i < steps; i++)
            {
                counts[i] = Math.Clamp((int)Math.Round(masks * Share(i, steps), MidpointRounding.ToEven), 0, masks);
                masks -= counts[i];
            }

            return counts;
        }

        internal override double Share(int step, int steps)
        {
            if (step == steps - 1) return 1;
            var (t, s) = ((float)((double)(steps - step) / steps), (float)((double)(steps - step - 1) / steps));
            var masked = 1 - Schedule.Alpha(t);
            return masked > 0 ? 1 - (double)((1 - Schedule.Alpha(s)) / masked) : 0;
        }
    }

    /// <summary>The same number in every step, one more in the first ones where it does not divide (LLaDA's generate).</summary>
    public sealed record Even : TransferSchedule
    {
        internal override NoiseSchedule Noise { get; } = new NoiseSchedule.Linear();

        internal override int[] EveryStep(int masks, int steps) =>
            [.. Enumerable.Range(0, steps).Select(step => masks / steps + (step < masks % steps ? 1 : 0))];

        internal override double Share(int step, int steps) => 1.0 / (steps - step);
    }

    /// <summary>The expected number under the linear schedule, cut to an integer, and all the rest in the last step (Dream).</summary>
    public sealed record Truncated : TransferSchedule
    {
        /// <summary>Time of the last step.</summary>
        /// <value>Above 0, below 1; default 0.001.</value>
        public float Eps
        {
            get;
            init => field = value is > 0 and < 1
                ? value
                : throw new ArgumentOutOfRangeException(nameof(Eps), value, "Eps must be above 0 and below 1.");
        } = 1e-3f;

        internal override NoiseSchedule Noise { get; } = new NoiseSchedule.Linear();

        /// <summary>1 − s/t, in single precision.</summary>
        internal override double Share(int step, int steps) => step == steps - 1 ? 1 : 1 - Time(step + 1, steps) / Time(step, steps);

        internal override int[] EveryStep(int masks, int steps)
        {
            var counts = new int[steps];
            for (var i = 0; i < steps; i++)
            {
                counts[i] = (int)(masks * (float)Share(i, steps));
                masks -= counts[i];
            }

            return counts;
        }

        /// <summary>linspace(1, eps, steps + 1), which counts from the nearer end.</summary>
        private float Time(int i, int steps)
        {
            var width = (Eps - 1) / steps;
            return i < (steps + 1) / 2 ? 1 + width * i : Eps - width * (steps - i);
        }
    }
}
