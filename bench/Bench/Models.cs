using System.CommandLine;

namespace HybridGen.Bench;

/// <summary>The options that choose models and threads, the same for every command.</summary>
internal static class Models
{
    public static Option<string> Drafter { get; } = new("--drafter") { Description = "GGUF file; default the shipped mini drafter.", DefaultValueFactory = _ => ShippedModels.Drafter };

    public static Option<string> Refiner { get; } = new("--refiner") { Description = "Folder; default the shipped mini refiner.", DefaultValueFactory = _ => ShippedModels.Refiner };

    public static Option<int> Threads { get; } = new("--threads") { Description = "Threads for each model.", DefaultValueFactory = _ => Environment.ProcessorCount };

    public static Option<int> Runs { get; } = new("--runs") { Description = "Runs; the median counts.", DefaultValueFactory = _ => 3 };

    public static Option<string> Device { get; } = new("--device") { Description = "Where the refiner computes: auto, cpu, cuda or cuda:N.", DefaultValueFactory = _ => "auto" };

    /// <summary>An engine.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="judge">The judge's path; null for none.</param>
    public static HybridGenEngine Engine(ParseResult arguments, string? judge) => new(new()
    {
        JudgePath = judge,
        DrafterPath = arguments.GetValue(Drafter) ?? ShippedModels.Drafter,
        RefinerPath = arguments.GetValue(Refiner)!,
        RefinerPlacement = new() { Device = arguments.GetValue(Device) ?? "auto" },
        Threads = arguments.GetValue(Threads),
    });
}
