using System.CommandLine;
using System.Globalization;

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

    /// <summary>An option that is a number in a range, <see langword="null"/> where it is not given.</summary>
    public static Option<double?> Number(string name, string description, double least, double most) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most) return value;
            result.AddError($"{name} must be a number from {least} to {most}, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    /// <summary>An option that is a whole number in a range, <see langword="null"/> where it is not given.</summary>
    public static Option<long?> WholeNumber(string name, string description, long least, long most) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most) return value;
            result.AddError($"{name} must be a whole number from {least} to {most}, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };
}
