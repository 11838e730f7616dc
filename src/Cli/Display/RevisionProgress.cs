using HybridGen.Editing;
using HybridGen.Revising;
using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>A progress bar on standard error while a text is revised; it leaves no trace.</summary>
internal static class RevisionProgress
{
    public static Task<Revision> ShowAsync(string name, Func<IProgress<ReviseProgress>?, Task<Revision>> revise)
    {
        if (!Terminal.ShowsProgress) return revise(null);
        return Terminal.Error.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(context => revise(new Bar(context.AddTask(Markup.Escape(name)).IsIndeterminate())));
    }

    private sealed class Bar(ProgressTask task) : IProgress<ReviseProgress>
    {
        public void Report(ReviseProgress value)
        {
            task.IsIndeterminate = false;
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
        }
    }
}
