using HybridGen.Drafting;
using HybridGen.Models;
using Microsoft.Extensions.Options;

namespace HybridGen.Plugin.Hosting;

/// <summary>An engine's options as a section of a configuration has them; what is <see langword="null"/> keeps the default of <see cref="HybridGenOptions"/>.</summary>
public sealed class HybridGenSettings
{
    /// <summary>Name of the section by convention.</summary>
    public const string SectionName = "HybridGen";

    /// <inheritdoc cref="HybridGenOptions.DrafterPath"/>
    public string? DrafterPath { get; set; }

    /// <inheritdoc cref="HybridGenOptions.RefinerPath"/>
    public string? RefinerPath { get; set; }

    /// <inheritdoc cref="DenoiserPlacement.Device"/>
    public string? RefinerDevice { get; set; }

    /// <inheritdoc cref="DenoiserPlacement.Precision"/>
    public DenoiserPrecision? RefinerPrecision { get; set; }

    /// <inheritdoc cref="HybridGenOptions.JudgePath"/>
    /// <value>The empty string for none; <see langword="null"/> (default) for the shipped mini drafter.</value>
    public string? JudgePath { get; set; }

    /// <summary>A file with the chat template of the drafter; <see langword="null"/> (default) for the one that its file brings.</summary>
    public string? ChatTemplatePath { get; set; }

    /// <inheritdoc cref="HybridGenOptions.ContextSize"/>
    public int? ContextSize { get; set; }

    /// <inheritdoc cref="HybridGenOptions.Sequences"/>
    public int? Sequences { get; set; }

    /// <inheritdoc cref="HybridGenOptions.GpuLayerCount"/>
    public int? GpuLayerCount { get; set; }

    /// <inheritdoc cref="HybridGenOptions.Threads"/>
    public int? Threads { get; set; }

    /// <inheritdoc cref="HybridGenOptions.QueueLimit"/>
    public int? QueueLimit { get; set; }

    /// <inheritdoc cref="HybridGenOptions.RequestTimeout"/>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>The options that these stand for.</summary>
    /// <exception cref="OptionsValidationException">Some are out of range, or name what is not there; the message names each.</exception>
    public HybridGenOptions ToOptions()
    {
        var (options, failures) = Read();
        return failures.Count == 0 ? options : throw new OptionsValidationException(Options.DefaultName, typeof(HybridGenSettings), failures);
    }

    /// <summary>The options, and what is wrong with these settings, a sentence each.</summary>
    internal (HybridGenOptions Options, IReadOnlyList<string> Failures) Read()
    {
        var (options, failures) = (new HybridGenOptions(), new List<string>());
        Take(nameof(DrafterPath), DrafterPath, (old, path) => old with { DrafterPath = File.Exists(path) ? path : throw new ArgumentException($"There is no file '{path}'.") });
        Take(nameof(RefinerPath), RefinerPath, (old, path) => old with { RefinerPath = Directory.Exists(path) ? path : throw new ArgumentException($"There is no folder '{path}'.") });
        Take(nameof(RefinerDevice), RefinerDevice, (old, device) => old with { RefinerPlacement = old.RefinerPlacement with { Device = device } });
        Take(nameof(RefinerPrecision), RefinerPrecision, (old, precision) => old with { RefinerPlacement = old.RefinerPlacement with { Precision = Known(precision!.Value) } });
        Take(nameof(JudgePath), JudgePath, (old, path) => old with { JudgePath = path is "" ? null : File.Exists(path) ? path : throw new ArgumentException($"There is no file '{path}'.") });
        Take(nameof(ChatTemplatePath), ChatTemplatePath, (old, path) => old with { ChatTemplate = Template(path) });
        Take(nameof(ContextSize), ContextSize, (old, size) => old with { ContextSize = size });
        Take(nameof(Sequences), Sequences, (old, count) => old with { Sequences = count!.Value });
        Take(nameof(GpuLayerCount), GpuLayerCount, (old, count) => old with { GpuLayerCount = count!.Value });
        Take(nameof(Threads), Threads, (old, count) => old with { Threads = count!.Value });
        Take(nameof(QueueLimit), QueueLimit, (old, limit) => old with { QueueLimit = limit });
        Take(nameof(RequestTimeout), RequestTimeout, (old, timeout) => old with { RequestTimeout = timeout });
        return (options, failures);

        void Take<T>(string key, T? value, Func<HybridGenOptions, T, HybridGenOptions> take)
        {
            if (value is null) return;
            try
            {
                options = take(options, value);
            }
            catch (ArgumentException wrong)
            {
                failures.Add($"{key}: {wrong.Message.Split(" (Parameter", 2)[0].ReplaceLineEndings(" ")}");
            }
        }
    }

    // A configuration may have an enumeration's value as a number, also one that there is not.
    private static DenoiserPrecision Known(DenoiserPrecision precision) => Enum.IsDefined(precision) ? precision : throw new ArgumentException($"The precision is '{precision}'; it must be one of {string.Join(", ", Enum.GetNames<DenoiserPrecision>())}.");

    private static ChatTemplate Template(string path)
    {
        if (!File.Exists(path)) throw new ArgumentException($"There is no file '{path}'.");
        try
        {
            return ChatTemplate.Parse(File.ReadAllText(path));
        }
        catch (ChatTemplateException wrong)
        {
            throw new ArgumentException($"'{path}' is no chat template: {wrong.Message}", wrong);
        }
    }
}
