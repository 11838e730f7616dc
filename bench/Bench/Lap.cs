using System.Diagnostics;

namespace HybridGen.Bench;

/// <summary>What some work took.</summary>
/// <param name="Seconds">On the clock.</param>
/// <param name="ProcessorSeconds">
/// Of all processors together. Beside other programs this says more than the clock, if threads that wait do not spin: set OMP_WAIT_POLICY=passive.
/// </param>
internal readonly record struct Lap(double Seconds, double ProcessorSeconds)
{
    public static Lap Of(Action work)
    {
        var (clock, processors) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        work();
        return Since(clock, processors);
    }

    public static async Task<Lap> OfAsync(Func<Task> work)
    {
        var (clock, processors) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await work();
        return Since(clock, processors);
    }

    private static Lap Since(long clock, TimeSpan processors) =>
        new(Stopwatch.GetElapsedTime(clock).TotalSeconds, (Environment.CpuUsage.TotalTime - processors).TotalSeconds);

    public static Lap operator +(Lap a, Lap b) => new(a.Seconds + b.Seconds, a.ProcessorSeconds + b.ProcessorSeconds);
}
