using System.CommandLine;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using HybridGen.Cli.Texts;
using HybridGen.Editing;
using HybridGen.Revising;

namespace HybridGen.Cli;

/// <summary><c>fix</c> and <c>revise</c>: a text that the caller brings, revised by one policy or several.</summary>
internal sealed class TextCommand
{
    private readonly Argument<string[]> _paths = new("FILE")
    {
        Description = "UTF-8 texts; - reads standard input, a line out for a line in.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<bool> _diff = new("--diff") { Description = "Write the changes as a unified diff." };
    private readonly Option<bool> _json = new("--json") { Description = "Write one line of JSON for each text: the text and its edits." };
    private readonly Option<bool> _inPlace = new("--in-place") { Description = "Replace each file in one step; a file without changes is not touched." };
    private readonly RevisionControls _controls;
    private readonly ModelOptions _models;
    private readonly ReviseOptions _revise;

    private TextCommand(Command command, ReviseOptions revise)
    {
        _revise = revise;
        command.Add(_paths);
        foreach (var option in new[] { _diff, _json, _inPlace }) command.Add(option);
        _controls = new RevisionControls(command);
        _models = new ModelOptions(command, hasDrafter: false);
        command.Validators.Add(result =>
        {
            if (new[] { _diff, _json, _inPlace }.Count(result.GetValue) > 1) result.AddError("--diff, --json and --in-place exclude each other.");
            if (result.GetValue(_inPlace) && (result.GetValue(_paths) ?? []).Contains("-")) result.AddError("--in-place needs a file; standard input has none.");
        });
    }

    public static Command Create(string name, string description, ReviseOptions revise)
    {
        var command = new Command(name, description);
        var text = new TextCommand(command, revise);
        command.SetAction(text.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var engine = new HybridGenEngine(_models.Read(parsed));
        await using var stdout = Terminal.OpenOut();
        var options = _controls.Read(parsed, _revise);
        var exitCode = ExitCode.Done;
        foreach (var path in parsed.GetRequiredValue(_paths))
        {
            try
            {
                // Reading standard input cannot be interrupted; waiting for it can.
                using var source = await Task.Run(() => TextSource.Open(path), cancellationToken).WaitAsync(cancellationToken);
                if (source.IsEmpty) Terminal.Complain($"'{source.Name}' is empty; there is nothing to do.");
                await ReviseAsync(engine, options, source, () => Open(parsed, source, stdout), cancellationToken);
            }
            catch (Exception failure) when (failure is InputException or IOException or UnauthorizedAccessException)
            {
                // The other files are not at fault.
                Terminal.Complain(failure.Message);
                exitCode = ExitCode.Input;
            }
            catch (OperationCanceledException)
            {
                Terminal.Complain($"cancelled; '{path}' was left as it is.");
                return ExitCode.Cancelled;
            }
        }

        return exitCode;
    }

    private static async Task ReviseAsync(HybridGenEngine engine, ReviseOptions options, TextSource source, Func<Output> open, CancellationToken cancellationToken)
    {
        if (!source.IsEmpty) await LoadingProgress.ShowAsync("loading the models", progress => engine.LoadAsync(drafter: false, progress: progress, cancellationToken: cancellationToken));
        using var output = open();
        var (words, edits, duration) = (0, 0, TimeSpan.Zero);
        foreach (var block in source.Blocks())
        {
            var revision = await ReviseAsync(engine, options, source.Name, block, cancellationToken);
            output.Write(revision);
            (words, edits, duration) = (words + revision.Words, edits + revision.Edits.Count, duration + revision.Duration);
        }

        output.Finish();
        Terminal.Summarise($"{source.Name}: {Terminal.Count(edits, "change")} in {Terminal.Count(words, "word")}, {duration.TotalSeconds:F1} s");
    }

    private static async Task<Revision> ReviseAsync(HybridGenEngine engine, ReviseOptions options, string name, Block block, CancellationToken cancellationToken)
    {
        if (block.IsCode) return new Revision(block.Text, block.Text, [], 0, 0, TimeSpan.Zero);
        return await RevisionProgress.ShowAsync(name, progress => engine.ReviseAsync(block.Text, options, progress, cancellationToken));
    }

    private Output Open(ParseResult parsed, TextSource source, Stream stdout)
    {
        if (parsed.GetValue(_inPlace)) return new InPlaceOutput(source.Stamp!, source.HasByteOrderMark);
        if (parsed.GetValue(_diff)) return new DiffOutput(stdout, source.Name, source.HasByteOrderMark);
        if (parsed.GetValue(_json)) return new JsonOutput(stdout, source.Name);
        return Terminal.ShowsResults ? new MarkedOutput() : new PlainOutput(stdout, source.HasByteOrderMark);
    }
}
