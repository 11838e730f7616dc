using HybridGen.Schedules;

namespace HybridGen.Denoising;

/// <summary>How many tokens each step of a block commits on one canvas.</summary>
internal sealed class StepPlan
{
    private readonly List<int> _counts;
    private readonly int _steps;
    private readonly NoiseSchedule _noise;
    private int _next;

    /// <param name="schedule">The schedule.</param>
    /// <param name="masks">Masked places of the block.</param>
    /// <param name="steps">Steps of the block.</param>
    /// <param name="keepsIdleSteps">Whether steps that commit nothing are made too.</param>
    public StepPlan(TransferSchedule schedule, int masks, int steps, bool keepsIdleSteps)
    {
        (_counts, _steps, _noise) = ([.. keepsIdleSteps ? schedule.EveryStep(masks, steps) : schedule.Counts(masks, steps)], steps, schedule.Noise);
    }

    public int Steps => _steps;

    public bool IsOver => _next >= _counts.Count;

    /// <summary>Whether this step is the last one planned.</summary>
    public bool IsLast => _next == _counts.Count - 1;

    /// <summary>What the step at hand commits.</summary>
    public int Quota => IsOver ? 0 : _counts[_next];

    /// <summary>The step at hand, from 0; past the schedule's last, that.</summary>
    public int Step => Math.Min(_next, _steps - 1);

    /// <summary>Where in the diffusion the step at hand lies.</summary>
    public StepTime Time
    {
        get
        {
            var (t, s) = ((float)(_steps - Step) / _steps, (float)(_steps - Step - 1) / _steps);
            return new StepTime(t, s, _noise.Alpha(t), _noise.Alpha(s));
        }
    }

    public void Advance() => _next++;

    /// <summary>Sees that what is left of the plan reaches for all masks, where some came back.</summary>
    public void Cover(int masks)
    {
        var missing = masks - _counts.Skip(_next).Sum();
        if (missing <= 0) return;
        if (IsOver) _counts.Add(missing);
        else _counts[_next] += missing;
    }
}
