using System.CommandLine;
using HybridGen.Cli.Catalogue;
using HybridGen.Models;

namespace HybridGen.Cli;

/// <summary>The options that choose the models and the share of the machine.</summary>
internal sealed class ModelOptions
{
    private const string Off = "off";

    private readonly bool _hasDrafter;
    private readonly Option<string> _drafter = new("--drafter") { Description = "The drafter, a GGUF file or the name of a pulled model. Default: the shipped mini drafter.", HelpName = "PATH|NAME" };
    private readonly Option<string> _refiner = new("--refiner") { Description = "The refiner, a folder or the name of a pulled model. Default: the shipped mini refiner.", HelpName = "PATH|NAME" };
    private readonly Option<string> _device = new Option<string>("--device") { Description = "Where the refiner computes: auto, cpu, cuda or cuda:N. Default: auto.", HelpName = "NAME", DefaultValueFactory = _ => "auto" };
    private readonly Option<DenoiserPrecision> _precision = new("--precision") { Description = "How the refiner computes: auto, f32, bf16 or f16. Default: auto, which is bf16 on a GPU and on processors that multiply it (AVX512-BF16), else f32.", HelpName = "NAME" };
    private readonly Option<string> _judge;
    private readonly Option<long?> _gpuLayers = OptionRules.WholeNumber("--gpu-layers", "Layers of drafter and judge on a GPU, with LlamaBackend=cuda12 or vulkan. Default: 0.", 0, 1 << 20);
    private readonly Option<long?> _threads = OptionRules.WholeNumber("--threads", "Threads of the models. Default: the processors.", 1, 1024);

    /// <summary>Adds the options to a command; one that only revises has no use for a drafter.</summary>
    public ModelOptions(Command command, bool hasDrafter = true)
    {
        _hasDrafter = hasDrafter;
        _judge = new("--judge")
        {
            Description = $"A GGUF file or the name of a pulled model that judges spelling together with the refiner, or off: faster, but finds less. Default: {(hasDrafter ? "the drafter" : "the shipped mini drafter")}.",
            HelpName = "off|PATH|NAME",
        };
        if (hasDrafter) command.Add(_drafter);
        command.Add(_refiner);
        command.Add(_device);
        command.Add(_precision);
        _device.Reject(value => new DenoiserPlacement { Device = value! });
        command.Add(_judge);
        command.Add(_gpuLayers);
        command.Add(_threads);
    }

    /// <exception cref="ModelUnavailableException">An option names a model that is not pulled, or one of another kind.</exception>
    public HybridGenOptions Read(ParseResult parsed)
    {
        var shipped = new HybridGenOptions();
        var drafter = parsed.GetValue(_drafter) is { } named ? ModelNames.Drafter(named) : shipped.DrafterPath;
        return new HybridGenOptions
        {
            DrafterPath = drafter,
            RefinerPath = parsed.GetValue(_refiner) is { } refiner ? ModelNames.Refiner(refiner) : shipped.RefinerPath,
            RefinerPlacement = new DenoiserPlacement { Device = parsed.GetValue(_device)!, Precision = parsed.GetValue(_precision) },
            JudgePath = parsed.GetValue(_judge) switch { null => _hasDrafter ? drafter : shipped.JudgePath, Off => null, var judge => ModelNames.Drafter(judge) },
            GpuLayerCount = (int)(parsed.GetValue(_gpuLayers) ?? 0),
            Threads = (int?)parsed.GetValue(_threads) ?? shipped.Threads,
        };
    }
}
