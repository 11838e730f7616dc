using System.CommandLine;

namespace HybridGen.Cli;

/// <summary>The options that choose the models and the share of the machine.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> _drafter = new("--drafter") { Description = "The drafter, a GGUF file. Default: the shipped mini drafter.", HelpName = "PATH" };
    private readonly Option<string> _refiner = new("--refiner") { Description = "The refiner, a folder. Default: the shipped mini refiner.", HelpName = "PATH" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of the models.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };

    /// <summary>Adds the options to a command; one that only revises has no use for a drafter.</summary>
    public ModelOptions(Command command, bool hasDrafter = true)
    {
        if (hasDrafter) command.Add(_drafter);
        command.Add(_refiner);
        command.Add(_threads);
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--threads must be at least 1.");
        });
    }

    public HybridGenOptions Read(ParseResult parsed)
    {
        var shipped = new HybridGenOptions();
        return new HybridGenOptions
        {
            DrafterPath = parsed.GetValue(_drafter) ?? shipped.DrafterPath,
            RefinerPath = parsed.GetValue(_refiner) ?? shipped.RefinerPath,
            Threads = parsed.GetValue(_threads),
        };
    }
}
