using System.CommandLine;
using System.Text.RegularExpressions;
using HybridGen.Cli.Texts;
using HybridGen.Protecting;
using HybridGen.Revising;
using HybridGen.Schedules;
using HybridGen.Selecting;

namespace HybridGen.Cli;

/// <summary>The dial from fast to thorough: how a revision remasks, what it must leave alone, and when it ends.</summary>
internal sealed class RevisionControls
{
    private static readonly Dictionary<string, EditPolicy> PoliciesByName = new(StringComparer.Ordinal)
    {
        ["spelling"] = new EditPolicy.Spelling(),
        ["consistency"] = new EditPolicy.Consistency(),
        ["fluency"] = new EditPolicy.Fluency(),
        ["free"] = new EditPolicy.Free(),
    };

    private static readonly Dictionary<string, RemaskStrategy> StrategiesByName = new(StringComparer.Ordinal)
    {
        ["low-confidence"] = new RemaskStrategy.LowConfidence(),
        ["margin"] = new RemaskStrategy.Margin(),
        ["entropy"] = new RemaskStrategy.Entropy(),
        ["threshold"] = new RemaskStrategy.Threshold(),
        ["random"] = new RemaskStrategy.Random(),
    };

    /// <summary>The noise schedules that an option can name.</summary>
    public static readonly IReadOnlyDictionary<string, NoiseSchedule> SchedulesByName = new Dictionary<string, NoiseSchedule>(StringComparer.Ordinal)
    {
        ["linear"] = new NoiseSchedule.Linear(),
        ["cosine"] = new NoiseSchedule.Cosine(),
        ["geometric"] = new NoiseSchedule.Geometric(),
    };

    private readonly Option<string[]> _policies = new Option<string[]>("--policy") { Description = $"{string.Join(", ", PoliciesByName.Keys)}; several are applied one after the other. Default: the command's own.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true }.AcceptOnlyFromAmong([.. PoliciesByName.Keys]);
    private readonly Option<double?> _minGain = OptionRules.Number("--min-gain", "Least gain of a change in nats: higher changes less. Default: the policies' own.", 0, 1000);
    private readonly Option<long?> _passes = OptionRules.WholeNumber("--passes", "Largest number of passes; they end when one finds nothing new to try. Default: 1.", 1, 100);
    private readonly Option<double?> _share = OptionRules.Number("--remask-share", "Largest share of the words that a pass remasks. Default: the policies' own.", 0.001, 1);
    private readonly Option<string?> _strategy = new Option<string?>("--strategy") { Description = $"Which doubtful words are remasked first: {string.Join(", ", StrategiesByName.Keys)}. Default: margin.", HelpName = "NAME" }.AcceptOnlyFromAmong([.. StrategiesByName.Keys]);
    private readonly Option<string?> _schedule = new Option<string?>("--schedule") { Description = $"How the share falls from pass to pass: {string.Join(", ", SchedulesByName.Keys)}. Default: linear.", HelpName = "NAME" }.AcceptOnlyFromAmong([.. SchedulesByName.Keys]);
    private readonly Option<double?> _temperature = OptionRules.Number("--temperature", "Temperature of refilled words; 0 takes the most probable. Default: 0.", 0, 10);
    private readonly Option<long?> _seed = OptionRules.WholeNumber("--seed", "Fixes what is drawn. Default: 0.", 0, int.MaxValue);
    private readonly Option<long?> _candidates = OptionRules.WholeNumber("--candidates", "Proposals that are judged for each remasked place. Default: 4.", 1, 32);
    private readonly Option<long?> _maxForwards = OptionRules.WholeNumber("--max-forwards", "End once so many windows of a text went through the refiner.", 1, int.MaxValue);
    private readonly Option<double?> _seconds = OptionRules.Number("--time-budget", "End a text after so many seconds, with what is done.", 0.001, 1e6);
    private readonly Option<string[]> _patterns = new("--protect") { Description = "A regular expression; words that touch a match stay as they are.", HelpName = "REGEX" };
    private readonly Option<string?> _glossary = new("--glossary") { Description = "A text with a term a line; these stay as they are.", HelpName = "FILE" };
    private readonly Option<bool> _quotations = new("--keep-quotations") { Description = "Words in quotation marks stay as they are." };

    /// <summary>Adds the options to a command.</summary>
    public RevisionControls(Command command)
    {
        foreach (var option in new Option[] { _policies, _minGain, _passes, _share, _strategy, _schedule, _temperature, _seed, _candidates, _maxForwards, _seconds, _patterns, _glossary, _quotations })
            command.Add(option);
        _patterns.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (Expression(token.Value) is null) result.AddError($"--protect: '{token.Value}' is no regular expression.");
        });
    }

    /// <summary>The options over those that a command begins with.</summary>
    /// <exception cref="InputException">The glossary cannot be read.</exception>
    public ReviseOptions Read(ParseResult parsed, ReviseOptions options)
    {
        var policies = parsed.GetValue(_policies) is { Length: > 0 } names ? [.. names.Select(name => PoliciesByName[name])] : options.Policies;
        return options with
        {
            Policies = parsed.GetValue(_minGain) is { } gain ? [.. policies.Select(policy => WithGain(policy, gain))] : policies,
            Passes = (int)(parsed.GetValue(_passes) ?? options.Passes),
            RemaskShare = parsed.GetValue(_share) ?? options.RemaskShare,
            Strategy = parsed.GetValue(_strategy) is { } strategy ? StrategiesByName[strategy] : options.Strategy,
            Schedule = parsed.GetValue(_schedule) is { } schedule ? SchedulesByName[schedule] : options.Schedule,
            Temperature = parsed.GetValue(_temperature) ?? options.Temperature,
            Seed = (int)(parsed.GetValue(_seed) ?? options.Seed),
            Candidates = (int)(parsed.GetValue(_candidates) ?? options.Candidates),
            MaxForwards = (int?)parsed.GetValue(_maxForwards),
            TimeBudget = parsed.GetValue(_seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Protection = new Protection
            {
                Patterns = [.. (parsed.GetValue(_patterns) ?? []).Select(pattern => Expression(pattern)!)],
                Glossary = parsed.GetValue(_glossary) is { } path ? Terms(path) : [],
                Quotations = parsed.GetValue(_quotations),
            },
        };
    }

    private static EditPolicy WithGain(EditPolicy policy, double gain) => policy switch
    {
        EditPolicy.Spelling spelling => spelling with { MinGain = gain },
        EditPolicy.Consistency consistency => consistency with { MinGain = gain },
        EditPolicy.Fluency fluency => fluency with { MinGain = gain },
        EditPolicy.Free free => free with { MinGain = gain },
        _ => policy,
    };

    private static Regex? Expression(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string[] Terms(string path)
    {
        try
        {
            return [.. File.ReadAllLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The glossary '{path}' cannot be read: {failure.Message}");
        }
    }
}
