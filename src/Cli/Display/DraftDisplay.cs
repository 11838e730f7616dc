using System.Diagnostics;
using System.Text;
using HybridGen.Drafting;
using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>Shows on standard error how a draft is written and revised; it leaves no trace.</summary>
internal static class DraftDisplay
{
    // Often enough to look live, seldom enough not to slow the draft.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(80);

    private static readonly Style Dim = new(decoration: Decoration.Dim);

    /// <summary>Runs a generation to its end.</summary>
    /// <param name="updates">The engine's stream.</param>
    /// <param name="draft">Receives the draft's text as it grows, so that it outlives a cancellation.</param>
    public static Task<Generation> ShowAsync(IAsyncEnumerable<GenerationUpdate> updates, StringBuilder draft)
    {
        if (!Terminal.ShowsProgress) return RunAsync(updates, draft, _ => { });
        return Terminal.Error.Live(Status("reading the prompt")).AutoClear(true).Overflow(VerticalOverflow.Ellipsis).Cropping(VerticalOverflowCropping.Top)
            .StartAsync(live =>
            {
                var shown = Stopwatch.StartNew();
                return RunAsync(updates, draft, status =>
                {
                    if (shown.Elapsed < Interval) return;
                    live.UpdateTarget(new Rows(new Text(draft.ToString(), Dim), Status(status)));
                    shown.Restart();
                });
            });
    }

    private static Text Status(string status) => new($"… {status}", new Style(Color.Blue));

    private static async Task<Generation> RunAsync(IAsyncEnumerable<GenerationUpdate> updates, StringBuilder draft, Action<string> show)
    {
        var tokens = 0;
        await foreach (var update in updates)
        {
            switch (update)
            {
                case GenerationUpdate.Drafted drafted:
                    draft.Append(drafted.Token.Text);
                    show($"drafting: {Terminal.Count(++tokens, "token")}");
                    break;
                case GenerationUpdate.Revised { Progress: var progress }:
                    show($"revising: {100L * progress.Done / progress.Total} %, {Terminal.Count(progress.Edits, "change")}");
                    break;
                case GenerationUpdate.Completed completed:
                    return completed.Generation;
            }
        }

        throw new DraftingException("The stream ended without a generation.");
    }
}
