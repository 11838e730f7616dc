using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>Progress bars on standard error while models load; they leave no trace.</summary>
internal static class LoadingProgress
{
    /// <summary>Shows them.</summary>
    /// <param name="status">What is loaded, until a model says how far it is.</param>
    /// <param name="load">Loads.</param>
    public static Task ShowAsync(string status, Func<IProgress<LoadProgress>?, Task> load)
    {
        if (!Terminal.ShowsProgress) return load(null);
        return Terminal.Error.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(context => load(new Bars(context, context.AddTask(Markup.Escape(status)).IsIndeterminate())));
    }

    /// <summary>A bar for each model; the first takes the place of the status.</summary>
    private sealed class Bars(ProgressContext context, ProgressTask status) : IProgress<LoadProgress>
    {
        private readonly Dictionary<string, ProgressTask> _bars = [];

        public void Report(LoadProgress value)
        {
            lock (_bars)
            {
                if (!_bars.TryGetValue(value.Path, out var bar)) _bars.Add(value.Path, bar = Add(Markup.Escape($"loading {Path.GetFileNameWithoutExtension(value.Path)}")));
                bar.Value = 100 * value.Share;
            }
        }

        private ProgressTask Add(string description)
        {
            if (_bars.Count > 0) return context.AddTask(description);
            (status.Description, status.IsIndeterminate) = (description, false);
            return status;
        }
    }
}
