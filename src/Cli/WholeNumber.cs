using System.CommandLine;
using System.Globalization;

namespace HybridGen.Cli;

/// <summary>Options that are a whole number in a range.</summary>
internal static class WholeNumber
{
    /// <summary>An option that is <see langword="null"/> where it is not given.</summary>
    public static Option<long?> Option(string name, string description, long least, long most) => new(name)
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
