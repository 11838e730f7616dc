// dotnet run --project samples/LiveDenoising ["a text"]
// A text while it is revised, step by step: what is remasked, and what comes back. Plain lines where the output is no terminal.
using System.Text;
using HybridGen;
using HybridGen.Drafting;
using HybridGen.Editing;
using HybridGen.Revising;
using HybridGen.Steering;
using Spectre.Console;

const string Essay = "The director showed me a room full of boxes that nobody had open for thirty years. He have many boxes, and he were happy "
    + "when I came. I was interested on ships. Each objects recieved a number, and I typed the the list into a table. "
    + "In the evening I was tired, but it had not been as boring as I beleived befor.";

var text = args is [var own, ..] ? own : Essay;
await using var engine = new HybridGenEngine();

// First spelling, then grammar. The margin is lower than by default, so that there is more to see; a text of one's own deserves the default.
var options = new ReviseOptions { Policies = [new EditPolicy.Spelling(), new EditPolicy.Fluency { MinGain = 2, Judge = null }], Passes = 3 };
var revision = Console.IsOutputRedirected
    ? await ReviseAsync((title, marked) => Console.WriteLine($"{title}\n  {Markup.Remove(marked)}"))
    : await AnsiConsole.Live(Canvas("Loading", Markup.Escape(text))).StartAsync(live => ReviseAsync((title, marked) => Show(live, title, marked)));

var summary = $"{revision.Edits.Count} changes, {revision.Forwards} windows through the refiner, {engine.Options.Threads} threads";
Console.WriteLine(Console.IsOutputRedirected ? $"{revision.Output}\n{summary}" : summary);

// OnStep is called on the refiner's thread before a step's changes are made: the revision waits while this shows it.
Task<Revision> ReviseAsync(Action<string, string> show) => engine.ReviseAsync(text, options with
{
    OnStep = step =>
    {
        var pass = $"{step.Policy.GetType().Name}, pass {step.Pass}";
        show($"{pass}: {step.Words.Count(word => word.IsRemasked)} words remasked", Marked(step, Masks(step)));
        show($"{pass}: {step.Edits.Count} changed", Marked(step, Changes(step)));
    },
});

static IEnumerable<(TextSpan Span, string Markup)> Masks(RevisionStep step) =>
    step.Words.Where(word => word.IsRemasked).Select(word => (word.Span, $"[yellow]{new string('░', word.Span.Length)}[/]"));

// A remasked word that comes back as it was is kept: the refiner finds nothing that is better by the margin.
static IEnumerable<(TextSpan Span, string Markup)> Changes(RevisionStep step) =>
    step.Edits.Select(edit => (edit.Span, $"[green bold]{Markup.Escape(Console.IsOutputRedirected ? $"{{{edit.Before} -> {edit.After}}}" : edit.After)}[/]"))
        .Concat(step.Words.Where(word => word.IsRemasked && !step.Edits.Any(edit => edit.Span.Start < word.Span.End && edit.Span.End > word.Span.Start))
            .Select(word => (word.Span, $"[blue]{Markup.Escape(word.Text)}[/]")));

static string Marked(RevisionStep step, IEnumerable<(TextSpan Span, string Markup)> places)
{
    var (marked, copied) = (new StringBuilder(), 0);
    foreach (var (span, markup) in places.OrderBy(place => place.Span.Start).ThenBy(place => place.Span.End))
    {
        if (span.Start < copied) continue; // windows overlap, so that a word can be in two
        marked.Append(Markup.Escape(step.Text[copied..span.Start])).Append(markup);
        copied = span.End;
    }

    return marked.Append(Markup.Escape(step.Text[copied..])).ToString();
}

static void Show(LiveDisplayContext live, string title, string marked)
{
    live.UpdateTarget(Canvas(title, marked));
    Thread.Sleep(TimeSpan.FromSeconds(0.8));
}

static Panel Canvas(string title, string marked) =>
    new Panel(new Markup($"{marked}\n\n[yellow]░░░[/] remasked   [green bold]came back changed[/]   [blue]came back as it was[/]")).Header(Markup.Escape(title)).Expand();
