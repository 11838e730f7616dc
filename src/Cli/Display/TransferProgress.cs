using HybridGen.Cli.Catalogue;
using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>A progress bar on standard error while a file arrives; it leaves no trace.</summary>
internal static class TransferProgress
{
    public static Task ShowAsync(string name, Func<IProgress<Transferred>?, Task> fetch)
    {
        if (!Terminal.ShowsProgress) return fetch(null);
        return Terminal.Error.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => fetch(new Bar(context.AddTask(Markup.Escape(name)).IsIndeterminate())));
    }

    private sealed class Bar(ProgressTask task) : IProgress<Transferred>
    {
        public void Report(Transferred value)
        {
            task.IsIndeterminate = value.Total is null;
            task.MaxValue = Math.Max(1, value.Total ?? value.Bytes);
            task.Value = value.Bytes;
        }
    }
}
