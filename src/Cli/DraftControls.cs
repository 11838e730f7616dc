using System.CommandLine;
using System.Globalization;
using HybridGen.Cli.Texts;
using HybridGen.Drafting;

namespace HybridGen.Cli;

/// <summary>How a draft is written: its length, how tokens are chosen, what the text must look like.</summary>
internal sealed class DraftControls
{
    private readonly Option<bool> _greedy = new("--greedy") { Description = "Always take the most probable token." };
    private readonly Option<long?> _seed = OptionRules.WholeNumber("--seed", "Fixes the draft. Default: a new one each time, shown with --json.", 0, uint.MaxValue);
    private readonly Option<double> _temperature = new("--temperature") { Description = "Above 1 more varied, below 1 more likely; above 0, at most 10.", HelpName = "T", DefaultValueFactory = _ => new Sampling.Random().Temperature };
    private readonly Option<long?> _maxTokens = OptionRules.WholeNumber("--max-tokens", "Longest draft, in tokens. Default: 256.", 1, int.MaxValue);
    private readonly Option<long?> _topK = OptionRules.WholeNumber("--top-k", "Draw from so many of the most probable tokens; 0 for all. Default: 40.", 0, int.MaxValue);
    private readonly Option<double?> _topP = OptionRules.Number("--top-p", "Draw from the most probable tokens that together have this probability. Default: 0.95.", 0.001, 1);
    private readonly Option<double?> _minP = OptionRules.Number("--min-p", "Draw from tokens with at least this share of the best one's probability. Default: 0.05.", 0, 1);
    private readonly Option<double?> _typical = OptionRules.Number("--typical", "Draw from the most typical tokens that together have this probability. Default: 1, all.", 0.001, 1);
    private readonly Option<double?> _xtcProbability = OptionRules.Number("--xtc-probability", "How often the top choices are taken away. Default: 0, never; with --xtc-threshold 0.5.", 0, 1);
    private readonly Option<double?> _xtcThreshold = OptionRules.Number("--xtc-threshold", "Probability from which a token is a top choice. Default: 0.1.", 0.0001, 0.5);
    private readonly Option<long?> _mirostat = OptionRules.WholeNumber("--mirostat", "Keep the mean surprise at a target, by version 1 or 2 of Mirostat, instead of the filters above.", 1, 2);
    private readonly Option<double?> _mirostatTarget = OptionRules.Number("--mirostat-target", "That target, in bits. Default: 5.", 0.01, 20);
    private readonly Option<double?> _mirostatRate = OptionRules.Number("--mirostat-rate", "How fast it is followed. Default: 0.1.", 0.0001, 1);
    private readonly Option<double?> _repeat = OptionRules.Number("--repeat-penalty", "Divides the logit of a token that occurred. Default: 1.", 0.01, 10);
    private readonly Option<double?> _frequency = OptionRules.Number("--frequency-penalty", "Taken off a token's logit each time it occurred. Default: 0.", -10, 10);
    private readonly Option<double?> _presence = OptionRules.Number("--presence-penalty", "Taken off the logit of a token that occurred. Default: 0.", -10, 10);
    private readonly Option<long?> _window = OptionRules.WholeNumber("--penalty-window", "How many of the last tokens these penalties count, the prompt's too; 0 for all. Default: 64.", 0, int.MaxValue);
    private readonly Option<double?> _dryMultiplier = OptionRules.Number("--dry-multiplier", "Strength of the penalty on going on with a repetition. Default: 0, none; with the two below 0.8.", 0, 100);
    private readonly Option<double?> _dryBase = OptionRules.Number("--dry-base", "How fast it grows with the repetition. Default: 1.75.", 1, 10);
    private readonly Option<long?> _dryAllowed = OptionRules.WholeNumber("--dry-allowed-length", "Tokens from which a repetition counts. Default: 2.", 1, 1000);
    private readonly Option<LogitBias[]?> _bias;
    private readonly Option<string[]?> _stop = new("--stop") { Description = "End the draft before this text; may be given several times.", HelpName = "TEXT" };
    private readonly Option<string?> _grammar = new("--grammar") { Description = "The draft follows this GBNF grammar, and is not revised.", HelpName = "FILE" };
    private readonly Option<string?> _schema = new("--json-schema") { Description = "The draft is JSON that is valid by this JSON Schema, and is not revised.", HelpName = "FILE" };
    private readonly Option[] _filters;

    /// <summary>Adds the options to a command.</summary>
    public DraftControls(Command command)
    {
        _bias = new("--logit-bias") { Description = "Added to a token's logit: ID=X or TEXT=X, X a number or -inf; may be given several times.", HelpName = "ID=X", CustomParser = ReadBiases };
        _filters = [_topK, _topP, _minP, _typical, _xtcProbability, _xtcThreshold];
        Option[] all = [_greedy, _seed, _temperature, _maxTokens, .. _filters, _mirostat, _mirostatTarget, _mirostatRate, _repeat, _frequency, _presence, _window, _dryMultiplier, _dryBase, _dryAllowed, _bias, _stop, _grammar, _schema];
        foreach (var option in all) command.Add(option);
        _temperature.Validators.Add(result =>
        {
            if (!result.Tokens.All(token => double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 10)) result.AddError("--temperature must be a number above 0 and at most 10.");
        });
        _stop.Reject(stops => new DraftOptions { StopStrings = stops ?? [] });
        command.Validators.Add(result =>
        {
            bool IsGiven(Option option) => result.GetResult(option) is { Implicit: false };
            void Exclude(Option one, params IEnumerable<Option> others)
            {
                foreach (var other in others.Where(other => IsGiven(one) && IsGiven(other))) result.AddError($"{one.Name} has no use for a {other.Name}.");
            }

            Exclude(_greedy, [_seed, _temperature, .. _filters, _mirostat, _mirostatTarget, _mirostatRate]);
            Exclude(_mirostat, _filters);
            Exclude(_grammar, _schema);
            foreach (var option in new Option[] { _mirostatTarget, _mirostatRate })
                if (IsGiven(option) && !IsGiven(_mirostat)) result.AddError($"{option.Name} needs --mirostat.");
        });
    }

    /// <summary>Whether the text must have a form, which a revision could break.</summary>
    public bool IsConstrained(ParseResult parsed) => parsed.GetValue(_grammar) is not null || parsed.GetValue(_schema) is not null;

    /// <summary>Whether nothing is drawn.</summary>
    public bool IsGreedy(System.CommandLine.Parsing.CommandResult result) => result.GetValue(_greedy);

    /// <summary>The seed to draft with; <see langword="null"/> where nothing is drawn.</summary>
    public uint? Seed(ParseResult parsed) => parsed.GetValue(_greedy) ? null : (uint)(parsed.GetValue(_seed) ?? Random.Shared.NextInt64(1L << 32));

    /// <summary>The options.</summary>
    /// <exception cref="InputException">The grammar or the schema cannot be used.</exception>
    public DraftOptions Read(ParseResult parsed, uint? seed) => new()
    {
        MaxTokens = (int)(parsed.GetValue(_maxTokens) ?? new DraftOptions().MaxTokens),
        Sampling = Kind(parsed, seed) with { Penalties = Penalties(parsed), Dry = Dry(parsed), LogitBias = parsed.GetValue(_bias) ?? [] },
        StopStrings = parsed.GetValue(_stop) ?? [],
        Constraint = Constraint(parsed),
    };

    private Sampling Kind(ParseResult parsed, uint? seed)
    {
        if (seed is null) return new Sampling.Greedy();
        var temperature = parsed.GetValue(_temperature);
        var (target, rate) = (parsed.GetValue(_mirostatTarget) ?? 5, parsed.GetValue(_mirostatRate) ?? 0.1);
        return parsed.GetValue(_mirostat) switch
        {
            1 => new Sampling.Mirostat1 { Seed = seed, Temperature = temperature, TargetSurprise = target, LearningRate = rate },
            2 => new Sampling.Mirostat2 { Seed = seed, Temperature = temperature, TargetSurprise = target, LearningRate = rate },
            _ => Filtered(parsed, new Sampling.Random { Seed = seed, Temperature = temperature }),
        };
    }

    private Sampling.Random Filtered(ParseResult parsed, Sampling.Random usual) => usual with
    {
        TopK = (int)(parsed.GetValue(_topK) ?? usual.TopK),
        TopP = parsed.GetValue(_topP) ?? usual.TopP,
        MinP = parsed.GetValue(_minP) ?? usual.MinP,
        Typical = parsed.GetValue(_typical) ?? usual.Typical,
        Xtc = Xtc(parsed.GetValue(_xtcProbability), parsed.GetValue(_xtcThreshold)),
    };

    private static Xtc? Xtc(double? probability, double? threshold)
    {
        var usual = new Xtc();
        return probability == 0 || (probability ?? threshold) is null
            ? null
            : usual with { Probability = probability ?? usual.Probability, Threshold = threshold ?? usual.Threshold };
    }

    private Penalties? Penalties(ParseResult parsed)
    {
        var usual = new Penalties();
        var penalties = usual with { Repetition = parsed.GetValue(_repeat) ?? usual.Repetition, Frequency = parsed.GetValue(_frequency) ?? 0, Presence = parsed.GetValue(_presence) ?? 0 };
        if (penalties == usual) return null;
        return parsed.GetValue(_window) is { } window ? penalties with { Window = window == 0 ? null : (int)window } : penalties;
    }

    private Dry? Dry(ParseResult parsed)
    {
        var (multiplier, growth, allowed) = (parsed.GetValue(_dryMultiplier), parsed.GetValue(_dryBase), parsed.GetValue(_dryAllowed));
        if (multiplier == 0 || (multiplier ?? growth ?? allowed) is null) return null;
        var usual = new Dry();
        return usual with { Multiplier = multiplier ?? usual.Multiplier, Base = growth ?? usual.Base, AllowedLength = (int)(allowed ?? usual.AllowedLength) };
    }

    private OutputConstraint? Constraint(ParseResult parsed)
    {
        if (parsed.GetValue(_grammar) is { } grammar) return Read(_grammar, grammar, text => new OutputConstraint.Gbnf(text));
        return parsed.GetValue(_schema) is { } schema ? Read(_schema, schema, OutputConstraint.JsonSchema.Parse) : null;
    }

    private static OutputConstraint Read(Option option, string path, Func<string, OutputConstraint> read)
    {
        try
        {
            return read(File.ReadAllText(path));
        }
        catch (Exception failure) when (failure is DraftingException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{option.Name} {path}: {failure.Message}", failure);
        }
    }

    private static LogitBias[]? ReadBiases(System.CommandLine.Parsing.ArgumentResult result)
    {
        var biases = new List<LogitBias>();
        foreach (var token in result.Tokens)
            if (ReadBias(token.Value) is { } bias) biases.Add(bias);
            else result.AddError($"--logit-bias must be a token's number or text, '=' and a number or -inf, not '{token.Value}'.");
        return [.. biases];
    }

    private static LogitBias? ReadBias(string text)
    {
        var middle = text.LastIndexOf('=');
        if (middle < 1) return null;
        var (token, value) = (text[..middle], text[(middle + 1)..]);
        double? bias = value == "-inf" ? LogitBias.Banned : double.TryParse(value, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        if (bias is null) return null;
        return int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? new LogitBias.OfToken(id, bias.Value) : new LogitBias.OfText(token, bias.Value);
    }
}
