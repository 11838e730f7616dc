using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using HybridGen.Drafting;
using HybridGen.Revising;

namespace HybridGen.Cli;

/// <summary><c>generate</c>: a prompt is drafted and the draft revised.</summary>
internal sealed class GenerateCommand
{
    private readonly Argument<string> _prompt = new("PROMPT") { Description = "What to write about or to go on from; - reads standard input." };
    private readonly Option<bool> _noRevise = new("--no-revise") { Description = "Return the draft as it is." };
    private readonly Option<bool> _raw = new("--raw") { Description = "Go on from the prompt as it stands, without the model's chat template." };
    private readonly Option<bool> _greedy = new("--greedy") { Description = "Always take the most probable token." };
    private readonly Option<long?> _seed = OptionRules.WholeNumber("--seed", "Fixes the draft. Default: a new one each time, shown with --json.", 0, uint.MaxValue);
    private readonly Option<double> _temperature = new("--temperature") { Description = "Above 1 more varied, below 1 more likely; above 0, at most 10.", HelpName = "T", DefaultValueFactory = _ => new Sampling.Random().Temperature };
    private readonly Option<long?> _maxTokens = OptionRules.WholeNumber("--max-tokens", "Longest draft, in tokens. Default: 256.", 1, int.MaxValue);
    private readonly Option<bool> _json = new("--json") { Description = "Write the text, the draft with its tokens and log-probabilities, the edits and the times as JSON." };
    private readonly ModelOptions _models;

    private GenerateCommand(Command command)
    {
        command.Add(_prompt);
        foreach (var option in new Option[] { _noRevise, _raw, _greedy, _seed, _temperature, _maxTokens, _json }) command.Add(option);
        _models = new ModelOptions(command);
        _temperature.Validators.Add(result =>
        {
            if (!result.Tokens.All(token => double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 10)) result.AddError("--temperature must be a number above 0 and at most 10.");
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(_greedy) && result.GetValue(_seed) is not null) result.AddError("--greedy has no use for a --seed.");
            if (result.GetValue(_greedy) && result.GetResult(_temperature) is { Implicit: false }) result.AddError("--greedy has no use for a --temperature.");
        });
    }

    public static Command Create()
    {
        var command = new Command("generate", "Drafts a text from a prompt and revises it.");
        command.SetAction(new GenerateCommand(command).RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var prompt = parsed.GetRequiredValue(_prompt);
        if (prompt == "-") prompt = await Task.Run(Console.In.ReadToEnd, cancellationToken).WaitAsync(cancellationToken);
        var seed = parsed.GetValue(_greedy) ? (uint?)null : (uint)(parsed.GetValue(_seed) ?? Random.Shared.NextInt64(1L << 32));
        var draft = new StringBuilder();
        try
        {
            await GenerateAsync(parsed, prompt, seed, draft, cancellationToken);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (draft.Length > 0 && !parsed.GetValue(_json))
        {
            Console.Out.WriteLine(draft);
            Terminal.Complain("cancelled; this is the draft so far.");
            return ExitCode.Cancelled;
        }
        catch (RefiningException failure) when (draft.Length > 0 && !parsed.GetValue(_json))
        {
            Console.Out.WriteLine(draft);
            Terminal.Complain($"this is the draft; it could not be revised: {failure.Message}");
            return ExitCode.Model;
        }
    }

    private async Task GenerateAsync(ParseResult parsed, string prompt, uint? seed, StringBuilder draft, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await using var engine = new HybridGenEngine(_models.Read(parsed));
        var options = Options(parsed, seed);
        await RevisionProgress.LoadAsync("loading the models", () => engine.LoadAsync(refiner: options.Revise is not null, cancellationToken: cancellationToken));
        var load = Stopwatch.GetElapsedTime(started);
        var updates = engine.StreamAsync(parsed.GetValue(_raw) ? new DraftPrompt.Raw(prompt) : DraftPrompt.User(prompt), options, cancellationToken);
        var generation = await DraftDisplay.ShowAsync(updates, draft);
        var timings = Timings(generation, load, Stopwatch.GetElapsedTime(started));
        if (parsed.GetValue(_json)) Console.Out.WriteLine(JsonSerializer.Serialize(Report(prompt, engine.Options.DrafterPath, seed, generation, timings), Reports.Json));
        else Show(generation, timings);
    }

    private GenerateOptions Options(ParseResult parsed, uint? seed) => new()
    {
        Draft = new DraftOptions { MaxTokens = (int)(parsed.GetValue(_maxTokens) ?? new DraftOptions().MaxTokens), Sampling = seed is null ? new Sampling.Greedy() : new Sampling.Random { Seed = seed, Temperature = parsed.GetValue(_temperature) } },
        Revise = parsed.GetValue(_noRevise) ? null : new ReviseOptions(),
    };

    private static void Show(Generation generation, TimingsReport timings)
    {
        if (Terminal.ShowsResults) MarkedText.Write(generation.Draft.Text, generation.Revision?.Edits ?? [], wrap: true);
        else Console.Out.Write(generation.Text);
        Console.Out.WriteLine();
        var revised = generation.Revision is { } revision ? $", revised in {timings.Revise:F2} s with {Terminal.Count(revision.Edits.Count, "change")}" : "";
        Terminal.Summarise($"{Terminal.Count(generation.Draft.Tokens.Count, "token")} drafted in {timings.Draft:F2} s ({timings.DraftTokensPerSecond:F0} a second){revised}");
    }

    private static TimingsReport Timings(Generation generation, TimeSpan load, TimeSpan total)
    {
        var (tokens, completion) = (generation.Draft.Tokens.Count, generation.Draft.Completion);
        var drafting = completion.DraftDuration.TotalSeconds;
        return new TimingsReport(
            Seconds(load), Seconds(completion.PromptDuration), Seconds(completion.DraftDuration), generation.Revision is { } revision ? Seconds(revision.Duration) : null,
            Seconds(total), Math.Round(drafting > 0 ? tokens / drafting : 0, 1));
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 4);

    private static GenerationReport Report(string prompt, string drafter, uint? seed, Generation generation, TimingsReport timings)
    {
        var (draft, completion, start) = (generation.Draft, generation.Draft.Completion, TextPlace.Start);
        return new GenerationReport(
            prompt, generation.Text, draft.Text, drafter, seed, completion.Reason, completion.PromptTokens,
            [.. draft.Tokens.Select(TokenReport.Of)], EditReport.All(draft.Text, generation.Revision?.Edits ?? [], ref start), timings);
    }
}
