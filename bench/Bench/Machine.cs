using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace HybridGen.Bench;

/// <summary>The machine and the process that numbers were measured on.</summary>
internal static class Machine
{
    public static IEnumerable<(string Name, string Value, string Unit)> Lines()
    {
        yield return ("processor", Processor(), "");
        yield return ("cores", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "");
        yield return ("system", RuntimeInformation.OSDescription, "");
        yield return ("runtime", RuntimeInformation.FrameworkDescription, "");
        yield return ("date", DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "");
    }

    /// <summary>Largest resident memory of this process so far (on Linux VmHWM), in MiB.</summary>
    public static double PeakMebibytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1048576.0;
    }

    /// <summary>Resident memory of this process now, in MiB, after garbage was collected: what is in use, or leaked.</summary>
    public static double Mebibytes()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1048576.0;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        var line = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
