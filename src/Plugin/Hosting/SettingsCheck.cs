using Microsoft.Extensions.Options;

namespace HybridGen.Plugin.Hosting;

/// <summary>Refuses settings that make no options when the application starts.</summary>
internal sealed class SettingsCheck : IValidateOptions<HybridGenSettings>
{
    public ValidateOptionsResult Validate(string? name, HybridGenSettings options)
    {
        var key = string.IsNullOrEmpty(name) ? HybridGenSettings.SectionName : $"{HybridGenSettings.SectionName} '{name}'";
        return options.Read().Failures is { Count: > 0 } failures
            ? ValidateOptionsResult.Fail(failures.Select(failure => $"{key}: {failure}"))
            : ValidateOptionsResult.Success;
    }
}
