namespace HybridGen.Telemetry;

/// <summary>Names under which engines tell what they do; docs/telemetry.md has all spans and metrics.</summary>
public static class HybridGenTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string SourceName = "HybridGen";

    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "HybridGen";

    /// <summary>
    /// The <see cref="AppContext"/> switch that puts prompts and texts into spans; without it the environment variable
    /// <c>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</c> decides. Default: they are not there.
    /// </summary>
    public const string CaptureContentSwitch = "HybridGen.Telemetry.CaptureContent";

    /// <summary>What the names of spans begin with.</summary>
    internal const string Prefix = "hybridgen.";

    internal static bool CapturesContent =>
        Captures(AppContext.TryGetSwitch(CaptureContentSwitch, out var isOn) ? isOn : null, Environment.GetEnvironmentVariable("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"));

    internal static bool Captures(bool? isOn, string? variable) => isOn ?? (bool.TryParse(variable, out var captures) && captures);
}
