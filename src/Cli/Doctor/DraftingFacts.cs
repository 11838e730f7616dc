using System.Globalization;
using HybridGen.Cli.Display;
using HybridGen.Drafting;

namespace HybridGen.Cli.Doctor;

/// <summary>What drafts would be computed with.</summary>
/// <param name="Features">What llama.cpp's build uses of the processor.</param>
/// <param name="Devices">The devices that it sees.</param>
/// <param name="Setup">What the drafter would use of them; <see langword="null"/> where it could not be loaded.</param>
internal sealed record DraftingFacts(IReadOnlyList<string> Features, IReadOnlyList<LlamaDevice> Devices, DrafterSetup? Setup)
{
    /// <summary>Reads what llama.cpp says of itself; nothing where it is not loaded.</summary>
    public static DraftingFacts Read(DrafterSetup? setup) =>
        LlamaLibrary.Inspect().Works ? new(LlamaBackEnd.Features(), LlamaBackEnd.Devices(), setup) : new([], [], null);

    /// <summary>The findings, line by line, each with its name.</summary>
    public IEnumerable<(string Name, string Finding)> Lines()
    {
        if (Features.Count > 0) yield return ("Build", string.Join(' ', Features));
        if (Devices.Count > 0) yield return ("Devices", string.Join("; ", Devices.Select(Line)));
        if (Setup is { } setup) yield return ("Drafting", Line(setup));
    }

    private static string Line(LlamaDevice device) =>
        string.Create(CultureInfo.InvariantCulture, $"{device.Name} ({device.Description.Trim()}{(device.TotalBytes > 0 ? $", {device.FreeBytes / 1e9:F1} of {device.TotalBytes / 1e9:F1} GB free" : "")})");

    private static string Line(DrafterSetup setup) => string.Join(", ",
        $"{setup.GpuLayers} of {Terminal.Count(setup.Layers, "layer")} on a GPU",
        string.Create(CultureInfo.InvariantCulture, $"weights {setup.WeightBytes / 1e6:F1} MB {(setup.IsMemoryMapped == true ? "mapped into memory" : "read into memory")}"),
        $"context {setup.ContextSize} of {setup.TrainedContextSize}",
        $"keys {setup.KeyCache}, values {setup.ValueCache}",
        $"flash attention {setup.FlashAttention switch { true => "on", false => "off", _ => "where the devices can" }}",
        $"{Terminal.Count(setup.Threads, "thread")}, {setup.BatchThreads} for prompts");
}
