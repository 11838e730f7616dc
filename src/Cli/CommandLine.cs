using System.CommandLine;
using HybridGen.Cli.Doctor;
using HybridGen.Revising;

namespace HybridGen.Cli;

/// <summary>The commands of the program.</summary>
internal static class CommandLine
{
    public static RootCommand Root() => new("HybridGen drafts with an autoregressive model and revises with a masked-diffusion model.")
    {
        GenerateCommand.Create(),
        TextCommand.Create("fix", "Mends spelling and consistency; everything else comes back byte for byte.", ReviseOptions.Fix),
        TextCommand.Create("revise", "Mends spelling, then rewrites words that do not fit their sentence.", new ReviseOptions()),
        ScoreCommand.Create(),
        InfillCommand.Create(),
        DiffuseCommand.Create(),
        ModelsCommand.Create(),
        DoctorCommand.Create(),
    };
}
