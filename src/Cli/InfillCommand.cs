using System.CommandLine;
using System.Text.Json;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using HybridGen.Cli.Texts;
using HybridGen.Denoising;

namespace HybridGen.Cli;

/// <summary><c>infill</c>: gaps in a text are written from what stands on both sides of them.</summary>
internal sealed class InfillCommand
{
    private readonly Argument<string> _text = new("TEXT") { Description = "A text with gaps: [_] of any length, [_3] of three tokens; - reads standard input." };
    private readonly Option<long?> _minTokens = OptionRules.WholeNumber("--min-tokens", "Fewest tokens of a gap of any length. Default: 1.", 1, 1 << 16);
    private readonly Option<long?> _maxTokens = OptionRules.WholeNumber("--max-tokens", "Most tokens of a gap of any length. Default: 16.", 1, 1 << 16);
    private readonly Option<bool> _json = new("--json") { Description = "Write the text and each gap with its tokens as JSON." };
    private readonly DiffusionControls _controls;
    private readonly ModelOptions _models;

    private InfillCommand(Command command)
    {
        command.Add(_text);
        foreach (var option in new Option[] { _minTokens, _maxTokens, _json }) command.Add(option);
        _controls = new DiffusionControls(command);
        _models = new ModelOptions(command, hasDrafter: false);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_minTokens) > (result.GetValue(_maxTokens) ?? new InfillOptions().MaxTokens)) result.AddError("--min-tokens is above --max-tokens.");
        });
    }

    public static Command Create()
    {
        var command = new Command("infill", "Writes the gaps of a text from what stands on both sides; the rest of it stays as it is.");
        command.SetAction(new InfillCommand(command).RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var marked = parsed.GetRequiredValue(_text);
        if (marked == "-") marked = await Task.Run(Console.In.ReadToEnd, cancellationToken).WaitAsync(cancellationToken);
        var (text, gaps) = MarkedGaps.Read(marked);
        if (gaps.Count == 0) throw new InputException("The text has no gap; mark one by [_], or by [_3] for three tokens.");
        await using var engine = new HybridGenEngine(_models.Read(parsed));
        await LoadingProgress.ShowAsync("loading the refiner", progress => engine.LoadAsync(drafter: false, progress: progress, cancellationToken: cancellationToken));
        var usual = new InfillOptions();
        var filled = await engine.InfillAsync(text, gaps, usual with
        {
            Sampling = _controls.Read(parsed),
            MinTokens = (int)(parsed.GetValue(_minTokens) ?? usual.MinTokens),
            MaxTokens = (int)(parsed.GetValue(_maxTokens) ?? usual.MaxTokens),
        }, cancellationToken);
        if (parsed.GetValue(_json)) Reports.Print(filled);
        else Console.Out.WriteLine(filled.Text);
        Terminal.Summarise($"{Terminal.Count(gaps.Count, "gap")}, {Terminal.Count(filled.Forwards, "forward")}, ended: {JsonNamingPolicy.CamelCase.ConvertName(filled.Reason.ToString())}");
        return filled.Reason == SamplingEnd.Cancelled ? ExitCode.Cancelled : ExitCode.Done;
    }
}
