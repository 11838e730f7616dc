using System.CommandLine;

namespace HybridGen.Cli;

/// <summary>What options of a command line must be.</summary>
internal static class OptionRules
{
    /// <summary>Refuses what an option's own type refuses, as an error of the command line.</summary>
    public static void Reject<T>(this Option<T> option, Func<T?, object> make) => option.Validators.Add(result =>
    {
        try
        {
            make(result.GetValueOrDefault<T>());
        }
        catch (ArgumentException refused)
        {
            result.AddError($"{option.Name}: {refused.Message.Split(" (Parameter", 2)[0]}");
        }
    });
}
