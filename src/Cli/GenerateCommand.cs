using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using HybridGen.Cli.Texts;
using HybridGen.Drafting;
using HybridGen.Pipelines;
using HybridGen.Revising;

namespace HybridGen.Cli;

/// <summary><c>generate</c>: a prompt is drafted and the draft revised.</summary>
internal sealed class GenerateCommand
{
    private readonly Argument<string> _prompt = new("PROMPT") { Description = "What to write about or to go on from; - reads standard input." };
    private readonly Option<bool> _noRevise = new("--no-revise") { Description = "Return the draft as it is." };
    private readonly Option<bool> _raw = new("--raw") { Description = "Go on from the prompt as it stands, without the model's chat template." };
    private readonly Option<string?> _chatTemplate = new("--chat-template") { Description = "A Jinja template to use instead of the model's own.", HelpName = "FILE" };
    private readonly Option<string?> _system = new("--system") { Description = "What the model is told before the prompt.", HelpName = "TEXT" };
    private readonly Option<bool> _noThinking = new("--no-thinking") { Description = "Answer at once, where the model can also think first." };
    private readonly Option<string> _pipeline = new Option<string>("--pipeline") { Description = "whole revises the finished draft; interleaved revises block by block and drafts on from the corrected text; overlapped revises a block while the next is drafted.", HelpName = "NAME", DefaultValueFactory = _ => "whole" }.AcceptOnlyFromAmong("whole", "interleaved", "overlapped");
    private readonly Option<long?> _blockTokens = OptionRules.WholeNumber("--block-tokens", "Tokens of a block of the pipeline. Default: 64.", 1, int.MaxValue);
    private readonly Option<long?> _drafts = OptionRules.WholeNumber("--drafts", "Write so many drafts and keep the one that drafter and refiner together like best. Default: 1.", 1, 64);
    private readonly Option<bool> _json = new("--json") { Description = "Write the text, the draft with its tokens and log-probabilities, the edits and the times as JSON." };
    private readonly DraftControls _controls;
    private readonly ModelOptions _models;

    private GenerateCommand(Command command)
    {
        command.Add(_prompt);
        foreach (var option in new Option[] { _noRevise, _raw, _chatTemplate, _system, _noThinking, _pipeline, _blockTokens, _drafts, _json }) command.Add(option);
        _controls = new DraftControls(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_drafts) is not > 1) return;
            if (result.GetValue(_pipeline) is not (null or "whole")) result.AddError("--drafts needs --pipeline whole: the others revise while one draft is written.");
            if (_controls.IsGreedy(result)) result.AddError("--greedy has no use for --drafts: they would all be the same.");
        });
        _models = new ModelOptions(command);
        command.Validators.Add(result =>
        {
            foreach (var option in new Option[] { _chatTemplate, _system, _noThinking })
                if (result.GetResult(_raw) is { Implicit: false } && result.GetResult(option) is { Implicit: false }) result.AddError($"--raw has no use for a {option.Name}.");
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
        var seed = _controls.Seed(parsed);
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
        var options = Options(parsed, seed);
        await using var engine = new HybridGenEngine(_models.Read(parsed) with { Sequences = options.Drafts, ChatTemplate = Template(parsed.GetValue(_chatTemplate)) });
        var needsRefiner = options.Revise is not null || (options.Drafts > 1 && options.Draft.Constraint is null);
        await LoadingProgress.ShowAsync("loading the models", progress => engine.LoadAsync(refiner: needsRefiner, progress: progress, cancellationToken: cancellationToken));
        var load = Stopwatch.GetElapsedTime(started);
        var updates = engine.StreamAsync(Prompt(parsed, prompt), options, cancellationToken);
        var generation = await DraftDisplay.ShowAsync(updates, draft);
        var timings = Timings(generation, load, Stopwatch.GetElapsedTime(started));
        if (parsed.GetValue(_json)) Console.Out.WriteLine(JsonSerializer.Serialize(Report(prompt, engine.Options.DrafterPath, seed, generation, timings), Reports.Json));
        else Show(generation, timings);
    }

    private DraftPrompt Prompt(ParseResult parsed, string prompt)
    {
        if (parsed.GetValue(_raw)) return new DraftPrompt.Raw(prompt);
        ChatTurn[] system = parsed.GetValue(_system) is { } text ? [new("system", text)] : [];
        return new DraftPrompt.Chat([.. system, new("user", prompt)]) { IsThinking = parsed.GetValue(_noThinking) ? false : null };
    }

    private static ChatTemplate? Template(string? path)
    {
        try
        {
            return path is null ? null : ChatTemplate.Parse(File.ReadAllText(path));
        }
        catch (Exception failure) when (failure is ChatTemplateException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--chat-template {path}: {failure.Message}", failure);
        }
    }

    private GenerateOptions Options(ParseResult parsed, uint? seed) => new()
    {
        Draft = _controls.Read(parsed, seed),
        Drafts = (int)(parsed.GetValue(_drafts) ?? 1),
        // The refiner sees words, not structure.
        Revise = parsed.GetValue(_noRevise) || _controls.IsConstrained(parsed) ? null : new ReviseOptions(),
        Pipeline = Pipeline(parsed.GetValue(_pipeline), (int)(parsed.GetValue(_blockTokens) ?? 64)),
    };

    private static Pipeline Pipeline(string? name, int blockTokens) => name switch
    {
        "interleaved" => new Pipeline.Interleaved { BlockTokens = blockTokens },
        "overlapped" => new Pipeline.Overlapped { BlockTokens = blockTokens },
        _ => new Pipeline.DraftThenRevise(),
    };

    private static void Show(Generation generation, TimingsReport timings)
    {
        if (Terminal.ShowsResults) MarkedText.Write(generation.Draft.Text, generation.Revision?.Edits ?? [], wrap: true);
        else Console.Out.Write(generation.Content);
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
            prompt, generation.Text, generation.Content, generation.Thinking, draft.Text, drafter, seed, completion.Reason, completion.StopString, completion.PromptTokens,
            completion.PromptIds, [.. draft.Tokens.Select(token => token.Id)], [.. draft.Tokens.Select(token => token.LogProbability)],
            [.. draft.Tokens.Select(TokenReport.Of)], EditReport.All(draft.Text, generation.Revision?.Edits ?? [], ref start),
            [.. generation.Drafts.Select(ranked => new DraftReport(ranked.Draft.Text, ranked.LogProbability, ranked.Doubt, ranked.Score, ranked.Draft.Text == draft.Text))], timings);
    }
}
