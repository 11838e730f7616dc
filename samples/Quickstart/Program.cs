// dotnet run --project samples/Quickstart ["a prompt"]
// A kernel with the shipped mini pair: the drafter writes, the refiner revises, and the changes are marked.
using HybridGen.Editing;
using HybridGen.Plugin;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Spectre.Console;

var prompt = args is [var first, ..] ? first : "Once upon a time there was a little dog,";

var kernel = Kernel.CreateBuilder().AddHybridGenTextGeneration().Build();
await using var services = (ServiceProvider)kernel.Services; // owns the engine

try
{
    // A high temperature: the mini drafter slips, and there is something to revise.
    var settings = new HybridGenPromptExecutionSettings { MaxTokens = 80, Seed = 32, Temperature = 1.2, TopK = 0, TopP = 0.98, MinP = 0.002 };
    var result = await kernel.InvokePromptAsync(prompt, new KernelArguments(settings));
    Show(result.GetValue<string>()!, (HybridGenMetadata)result.Metadata!);
    return 0;
}
catch (KernelException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

void Show(string text, HybridGenMetadata how)
{
    var console = AnsiConsole.Console;
    if (Console.IsOutputRedirected) console.Profile.Width = int.MaxValue; // piped text is not wrapped
    console.MarkupLineInterpolated($"[bold]Prompt[/]   {prompt}");
    console.MarkupLineInterpolated($"[bold]Draft[/]    {how.Draft}");
    console.MarkupLine($"[bold]Revised[/]  {Marked(how.Draft, how.Edits)}");
    if (Console.IsOutputRedirected) console.MarkupLineInterpolated($"Text     {text}");
    console.MarkupLineInterpolated(
        $"[dim]{how.Usage.OutputTokenCount} tokens drafted in {how.DraftDuration.TotalSeconds:F2} s, revised in {how.ReviseDuration.TotalSeconds:F2} s, {how.Edits.Count} changes[/]");
}

// Each change as -before- +after+ in plain text, struck out and underlined on a terminal.
static string Marked(string draft, IReadOnlyList<Edit> edits)
{
    var (open, close) = Console.IsOutputRedirected ? ("[[-", "-]]") : ("[red strikethrough]", "[/]");
    var (openNew, closeNew) = Console.IsOutputRedirected ? ("{+", "+}") : ("[green underline]", "[/]");
    var (marked, copied) = ("", 0);
    foreach (var edit in edits)
    {
        marked += Markup.Escape(draft[copied..edit.Span.Start]);
        if (edit.Before != "") marked += $"{open}{Markup.Escape(edit.Before)}{close}";
        if (edit.After != "") marked += $"{openNew}{Markup.Escape(edit.After)}{closeNew}";
        copied = edit.Span.End;
    }

    return marked + Markup.Escape(draft[copied..]);
}
