using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using HybridGen.Cli.Catalogue;
using HybridGen.Cli.Display;
using HybridGen.Cli.Outputs;
using HybridGen.Cli.Texts;
using HybridGen.Drafting;
using HybridGen.Scoring;

namespace HybridGen.Cli;

/// <summary><c>score</c>: how doubtful each word of a text is; changes nothing.</summary>
internal sealed class ScoreCommand
{
    private static readonly Dictionary<string, Func<int, SuspicionScoring>> Scorings = new(StringComparer.Ordinal)
    {
        ["strided"] = strides => new SuspicionScoring.StridedMasking { Strides = strides },
        ["shadow"] = _ => new SuspicionScoring.ShadowMasks(),
        ["visible"] = _ => new SuspicionScoring.VisibleErrors(),
    };

    private readonly Argument<string> _path = new("FILE") { Description = "A UTF-8 text; - reads standard input." };
    private readonly Option<bool> _json = new("--json") { Description = "Write every word with its scores as JSON." };
    private readonly Option<string> _scoring = new Option<string>("--scoring") { Description = "strided masks words in turn (any refiner); shadow scores all in one forward; visible is for refiners that were trained on errors.", HelpName = "NAME", DefaultValueFactory = _ => "strided" }.AcceptOnlyFromAmong([.. Scorings.Keys]);
    private readonly Option<long?> _strides = OptionRules.WholeNumber("--strides", "Words from one masked word to the next. Default: 6.", 2, 64);
    private readonly Option<long?> _top = OptionRules.WholeNumber("--top", "How many of the most doubtful words are shown. Default: 20.", 1, int.MaxValue);
    private readonly Option<string?> _drafter = new("--drafter") { Description = "Let a drafter say how probable it finds each of its tokens, instead of the refiner: a GGUF file or the name of a pulled model.", HelpName = "PATH|NAME" };
    private readonly ModelOptions _models;

    private ScoreCommand(Command command)
    {
        command.Add(_path);
        foreach (var option in new Option[] { _json, _scoring, _strides, _top, _drafter }) command.Add(option);
        _models = new ModelOptions(command, hasDrafter: false);
    }

    public static Command Create()
    {
        var command = new Command("score", "Says how doubtful each word of a text is, and what the refiner would rather read there.");
        command.SetAction(new ScoreCommand(command).RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var source = await Task.Run(() => TextSource.Open(parsed.GetRequiredValue(_path)), cancellationToken).WaitAsync(cancellationToken);
        var text = string.Concat(source.Blocks().Select(block => block.Text));
        if (parsed.GetValue(_drafter) is { } drafter) return await ScoreAsync(parsed, ModelNames.Drafter(drafter), source.Name, text, cancellationToken);
        await using var engine = new HybridGenEngine(_models.Read(parsed));
        await LoadingProgress.ShowAsync("loading the refiner", progress => engine.LoadAsync(drafter: false, progress: progress, cancellationToken: cancellationToken));
        var scoring = Scorings[parsed.GetValue(_scoring)!]((int)(parsed.GetValue(_strides) ?? new SuspicionScoring.StridedMasking().Strides));
        var score = await engine.ScoreAsync(text, scoring, cancellationToken);
        if (parsed.GetValue(_json)) Reports.Print(Report(source.Name, text, score));
        else Show(text, score, (int)(parsed.GetValue(_top) ?? 20));
        return ExitCode.Done;
    }

    private async Task<int> ScoreAsync(ParseResult parsed, string path, string name, string text, CancellationToken cancellationToken)
    {
        var models = _models.Read(parsed);
        await using var engine = new HybridGenEngine(models with { DrafterPath = path });
        await LoadingProgress.ShowAsync("loading the drafter", progress => engine.LoadAsync(refiner: false, progress: progress, cancellationToken: cancellationToken));
        var drafter = (LlamaDrafter)await engine.GetDrafterAsync(cancellationToken);
        var tokens = await drafter.ScoreAsync(text, cancellationToken);
        var least = tokens.Where(token => token.LogProbability is not null).OrderBy(token => token.LogProbability).Take((int)(parsed.GetValue(_top) ?? 20));
        if (parsed.GetValue(_json)) Reports.Print(new DrafterScoreReport(name, drafter.ModelId, [.. tokens.Select(token => token.Id)], [.. tokens.Select(token => token.LogProbability)], [.. tokens.Select(token => token.Span)]));
        else
            foreach (var token in least) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{token.Span.Start}: {token.Span.Of(text)}  log p {token.LogProbability:F1}"));
        Terminal.Summarise($"{Terminal.Count(tokens.Count, "token")}, log p {tokens.Sum(token => token.LogProbability ?? 0):F1}");
        return ExitCode.Done;
    }

    private static void Show(string text, TextScore score, int top)
    {
        foreach (var word in Report("", text, score).Words.OrderByDescending(word => word.Suspicion).Take(top))
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word.Line}:{word.Column}  {word.Text} -> {word.Best}  suspicion {word.Suspicion:F1}, log p {word.LogProbability:F1}"));
        Terminal.Summarise($"{Terminal.Count(score.Words.Count, "word")}, {Terminal.Count(score.Forwards, "row")} through the refiner");
    }

    private static ScoreReport Report(string name, string text, TextScore score) => new(
        name,
        [.. score.Words.Zip(TextPlace.Start.Each(text, score.Words.Select(word => word.Span.Start)), (word, place) =>
            new WordReport(word.Span.Start, word.Span.Length, place.Line, place.Column, word.Text, word.LogProbability, word.Suspicion, word.Entropy, word.Best))],
        score.Forwards);
}

/// <summary>A text's words and their scores.</summary>
internal sealed record ScoreReport(string File, IReadOnlyList<WordReport> Words, int Forwards);

/// <summary>A text's tokens as a drafter sees them; the first may have no log-probability.</summary>
internal sealed record DrafterScoreReport(
    string File,
    string Drafter,
    IReadOnlyList<int> Ids,
    [property: JsonPropertyName("log_probabilities")] IReadOnlyList<float?> LogProbabilities,
    IReadOnlyList<TextSpan> Spans);

/// <summary>A word and its scores, in nats.</summary>
internal sealed record WordReport(int Start, int Length, int Line, int Column, string Text, float LogProbability, float Suspicion, float Entropy, string Best);
