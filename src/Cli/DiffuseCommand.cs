using System.CommandLine;
using System.Text.Json;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using HybridGen.Denoising;

namespace HybridGen.Cli;

/// <summary><c>diffuse</c>: the refiner alone goes on from a prompt, block by block.</summary>
internal sealed class DiffuseCommand
{
    private static readonly Dictionary<string, CacheRule> Caches = new(StringComparer.Ordinal)
    {
        ["exact"] = new CacheRule.Exact(),
        ["none"] = new CacheRule.None(),
        ["prefix"] = new CacheRule.Prefix(),
        ["dual"] = new CacheRule.Dual(),
    };

    private readonly Argument<string> _prompt = new("PROMPT") { Description = "What to go on from; - reads standard input." };
    private readonly Option<long?> _maxTokens = OptionRules.WholeNumber("--max-tokens", "Longest text, in tokens; the text ends earlier where the refiner ends it. Default: 128.", 1, 1 << 20);
    private readonly Option<long?> _block = OptionRules.WholeNumber("--block-length", "Tokens of a block. Default: what the refiner was trained with, else 32.", 1, 1 << 20);
    private readonly Option<bool> _whole = new("--whole") { Description = "Put all masks on the canvas at once instead of letting it grow by blocks." };
    private readonly Option<bool> _control = new("--control-tokens") { Description = "Read control strings in the prompt (a chat template's) as control tokens." };
    private readonly Option<string> _cache = new Option<string>("--cache") { Description = $"What passes take over from earlier ones: {string.Join(", ", Caches.Keys)}. The last two are faster and approximate. Default: exact.", HelpName = "NAME", DefaultValueFactory = _ => "exact" }.AcceptOnlyFromAmong([.. Caches.Keys]);
    private readonly Option<bool> _json = new("--json") { Description = "Write the text, why it ended, and where each token came from as JSON." };
    private readonly DiffusionControls _controls;
    private readonly ModelOptions _models;

    private DiffuseCommand(Command command)
    {
        command.Add(_prompt);
        foreach (var option in new Option[] { _maxTokens, _block, _whole, _control, _cache, _json }) command.Add(option);
        _controls = new DiffusionControls(command);
        _models = new ModelOptions(command, hasDrafter: false);
    }

    public static Command Create()
    {
        var command = new Command("diffuse", "Writes a text by diffusion alone: the refiner goes on from a prompt.");
        command.SetAction(new DiffuseCommand(command).RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var prompt = parsed.GetRequiredValue(_prompt);
        if (prompt == "-") prompt = await Task.Run(Console.In.ReadToEnd, cancellationToken).WaitAsync(cancellationToken);
        await using var engine = new HybridGenEngine(_models.Read(parsed));
        await LoadingProgress.ShowAsync("loading the refiner", progress => engine.LoadAsync(drafter: false, progress: progress, cancellationToken: cancellationToken));
        var usual = new DiffusionOptions();
        var text = await engine.DiffuseAsync(prompt, usual with
        {
            Sampling = _controls.Read(parsed) with { Cache = Caches[parsed.GetValue(_cache)!] },
            MaxNewTokens = (int)(parsed.GetValue(_maxTokens) ?? usual.MaxNewTokens),
            BlockLength = (int?)parsed.GetValue(_block),
            Grows = !parsed.GetValue(_whole),
            ReadsControlTokens = parsed.GetValue(_control),
        }, cancellationToken);
        if (parsed.GetValue(_json)) Reports.Print(new DiffusionReport(prompt, text));
        else Console.Out.WriteLine(text.Text);
        Terminal.Summarise($"{Terminal.Count(text.Tokens.Count, "token")} in {Terminal.Count(text.Forwards, "forward")}, ended: {JsonNamingPolicy.CamelCase.ConvertName(text.Reason.ToString())}");
        return text.Reason == SamplingEnd.Cancelled ? ExitCode.Cancelled : ExitCode.Done;
    }
}

/// <summary>A diffused text.</summary>
internal sealed record DiffusionReport(string Prompt, DiffusedText Result);
