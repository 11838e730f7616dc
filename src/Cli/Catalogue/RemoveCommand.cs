using System.CommandLine;
using HybridGen.Cli.Display;

namespace HybridGen.Cli.Catalogue;

/// <summary><c>models rm</c>: removes a model from the cache.</summary>
internal static class RemoveCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A name that 'models list' shows as pulled or begun." };
        var command = new Command("rm", "Removes a model, or what was begun of one, from the cache.") { name };
        command.SetAction(parsed => Terminal.Summarise($"{ModelCache.Open().Remove(parsed.GetRequiredValue(name))} was removed"));
        return command;
    }
}
