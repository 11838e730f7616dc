using Spectre.Console;

namespace HybridGen.Cli.Display;

/// <summary>Results go to standard output, everything about them to standard error.</summary>
internal static class Terminal
{
    /// <summary>Standard output, for results that a person reads.</summary>
    public static IAnsiConsole Out => AnsiConsole.Console;

    /// <summary>Standard error, for progress and summaries.</summary>
    public static IAnsiConsole Error { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Whether a person reads standard output.</summary>
    public static bool ShowsResults => Out.Profile.Out.IsTerminal;

    /// <summary>Whether a person reads standard error.</summary>
    public static bool ShowsProgress => Error.Profile.Out.IsTerminal;

    /// <summary>Standard output as bytes, for results that a program reads.</summary>
    public static Stream OpenOut() => new BufferedStream(Console.OpenStandardOutput(), 1 << 16);

    /// <summary>Leaves line breaks to the terminal, so that a line stays a line when it is copied or piped.</summary>
    public static void KeepLines() => Out.Profile.Width = int.MaxValue;

    /// <summary>An error or a warning, in one line.</summary>
    public static void Complain(string message) => Console.Error.WriteLine($"hybridgen: {message.ReplaceLineEndings(" ")}");

    /// <summary>What was done, for a person who watches; nothing in a pipe.</summary>
    public static void Summarise(string summary)
    {
        if (ShowsProgress) Error.MarkupLineInterpolated($"[dim]{summary}[/]");
    }

    /// <summary>A count with its noun.</summary>
    public static string Count(int count, string noun) => $"{count:N0} {noun}{(count == 1 ? "" : "s")}";
}
